//! Prints a linearizable history of any length, to be checked while it is made:
//!
//! ```sh
//! cargo run --release -p xtask --bin endless -- stock 100000000 | oversell check --follow -
//! cargo run --release -p xtask --bin endless -- register 10000000 24 | oversell check -
//! cargo run --release -p xtask --bin endless -- kv 10000000 8 4 | oversell check -
//! ```
//!
//! Arguments: what it is of (stock), operations (1,000,000), clients (64), keys (1), seed (1), how many of a million answers are
//! lost (1,000), and the number of the operation from which on the first that can be is told a lie (none): a buy, that it bought where
//! nothing was left; a read or a get, what was there long before.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fmt::Display,
    io::{self, BufWriter, Write},
    str::FromStr,
};

use oversell_checker::history::Spec;
use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};

/// A client's next event: when, whether it asks, takes effect or is told, and whose it is.
type Next = (u64, u8, usize);

/// One operation, with its argument as JSON.
#[derive(Clone, Debug, Default)]
struct Asked {
    key: usize,
    f: &'static str,
    value: String,
}

/// What a key holds at first, as JSON.
const fn initial(spec: Spec) -> &'static str {
    match spec {
        Spec::Stock | Spec::Sales => "100",
        Spec::Register => "0",
        Spec::Kv => r#""""#,
    }
}

/// The next operation. Half of those on registers (of five values) and keys are reads; a tenth compare and set what they find,
/// or put.
fn ask(spec: Spec, random: &mut SmallRng, number: u64, state: &str) -> (&'static str, String) {
    let share = random.random_range(0..100);
    let null = || "null".to_string();
    match (spec, share) {
        (Spec::Stock | Spec::Sales, 0..5) => ("read", null()),
        (Spec::Stock | Spec::Sales, 5..35) => ("restock", "1".to_string()),
        (Spec::Stock | Spec::Sales, _) => ("buy", "1".to_string()),
        (Spec::Register, 0..50) => ("read", null()),
        (Spec::Register, 50..60) => ("cas", format!("[{state},{}]", random.random_range(0..5))),
        (Spec::Register, _) => ("write", random.random_range(0..5).to_string()),
        (Spec::Kv, 0..50) => ("get", null()),
        (Spec::Kv, 50..60) => ("put", format!(r#""{number} ""#)),
        (Spec::Kv, _) => ("append", format!(r#""{number} ""#)),
    }
}

impl Asked {
    /// It takes effect: whether it is `ok` or has failed, and its answer as JSON. If it is to be a `lie` and can be, there need
    /// be no other. Something else was there `before`.
    fn take_effect(&self, state: &mut String, before: &str, lie: &mut bool) -> (&'static str, String) {
        let text = self.value.trim_matches('"');
        let mut answer = "null".to_string();
        match self.f {
            "read" | "get" => {
                let lies = before != state && std::mem::take(lie);
                let told = if lies { before } else { state };
                answer = if self.f == "get" {
                    format!(r#""{told}""#)
                } else {
                    told.to_string()
                };
            }
            "restock" => *state = (stock(state) + 1).to_string(),
            "buy" if stock(state) > 0 || std::mem::take(lie) => {
                *state = stock(state).saturating_sub(1).to_string();
                answer = r#"{"outcome":"bought"}"#.to_string();
            }
            "buy" => answer = r#"{"outcome":"sold-out"}"#.to_string(),
            "write" | "put" => *state = text.to_string(),
            "append" => state.push_str(text),
            _ => {
                let values = self.value.trim_matches(['[', ']']).split_once(',');
                match values {
                    Some((old, new)) if old == state => *state = new.to_string(),
                    _ => return ("fail", answer),
                }
            }
        }
        ("ok", answer)
    }
}

fn stock(state: &str) -> u64 {
    state.parse().unwrap_or(0)
}

/// The next argument, or else this.
fn argument<T: FromStr<Err: Display>>(arguments: &mut impl Iterator<Item = String>, default: T) -> T {
    arguments.next().map_or(default, |value| {
        value.parse().unwrap_or_else(|error| {
            eprintln!("found the argument {value:?}: {error}; xtask/src/bin/endless/main.rs says what is expected");
            std::process::exit(2)
        })
    })
}

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let named = arguments.next().unwrap_or_else(|| "stock".to_string());
    let spec = Spec::ALL.into_iter().find(|spec| spec.name() == named);
    let spec = spec.unwrap_or_else(|| {
        eprintln!("found {named:?}, expected stock, register or kv");
        std::process::exit(2)
    });
    let operations = argument(&mut arguments, 1_000_000);
    let clients = argument(&mut arguments, 64);
    let keys: usize = argument(&mut arguments, 1).max(1);
    let seed = argument(&mut arguments, 1);
    let lost: u32 = argument(&mut arguments, 1_000);
    let lie = argument(&mut arguments, u64::MAX);

    let mut random = SmallRng::seed_from_u64(seed);
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut states = vec![initial(spec).trim_matches('"').to_string(); keys];
    writeln!(
        out,
        r#"{{"format":"oversell-history","version":1,"spec":"{}","initial":{},"clients":{clients},"seed":{seed}}}"#,
        spec.name(),
        initial(spec),
    )?;
    let mut events: BinaryHeap<Reverse<Next>> = (0..clients)
        .map(|client| Reverse((client as u64 * 37, 0, client)))
        .collect();
    let mut processes: Vec<usize> = (0..clients).collect();
    let mut next_process = clients;
    let mut asked = vec![Asked::default(); clients];
    let mut answers = vec![("", String::new()); clients];
    // What was on each key a while ago, for a lie.
    let mut before = states.clone();
    let (mut invoked, mut lies) = (0, false);
    while let Some(Reverse((time, what, client))) = events.pop() {
        let process = processes[client];
        match what {
            0 if invoked == operations => {}
            0 => {
                invoked += 1;
                let key = random.random_range(0..keys);
                let (f, value) = ask(spec, &mut random, invoked, &states[key]);
                write_event(&mut out, time, process, "invoke", f, key, &value)?;
                asked[client] = Asked { key, f, value };
                lies |= invoked == lie;
                if invoked % (8 * clients as u64) == 0 {
                    before.clone_from(&states);
                }
                events.push(Reverse((time + random.random_range(1..100_000), 1, client)));
            }
            1 => {
                let asked = &asked[client];
                answers[client] = asked.take_effect(&mut states[asked.key], &before[asked.key], &mut lies);
                events.push(Reverse((time + random.random_range(1..100_000), 2, client)));
            }
            _ => {
                let Asked { key, f, .. } = asked[client];
                let (kind, answer) = &answers[client];
                if random.random_range(0..1_000_000) < lost {
                    write_event(&mut out, time, process, "info", f, key, r#""timed out""#)?;
                    processes[client] = next_process;
                    next_process += 1;
                } else {
                    write_event(&mut out, time, process, kind, f, key, answer)?;
                }
                events.push(Reverse((time + random.random_range(1..2_000), 0, client)));
            }
        }
    }
    out.flush()
}

fn write_event(
    out: &mut impl Write,
    time: u64,
    process: usize,
    kind: &str,
    f: &str,
    key: usize,
    value: &str,
) -> io::Result<()> {
    writeln!(
        out,
        r#"{{"time":{time},"process":{process},"type":"{kind}","f":"{f}","key":"k{key}","value":{value}}}"#
    )
}
