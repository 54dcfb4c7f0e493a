//! From a file to a verdict, beside the time that typed parsing of the same lines takes with serde_json.
//!
//! `cargo bench --bench reading`; `BENCH_OPERATIONS` (1,000,000) sets the size. The file is in the page cache. Both are
//! measured in turns.

use std::{
    fs::{self, File},
    io::BufReader,
    time::{Duration, Instant},
};

use oversell_checker::{
    engines::{Limits, families::stress::Stress},
    examine::{Conclusion, examine},
    history::{self, Body, Command, Header, History, Spec, StockHistory, Texts},
};
use rand::{SeedableRng, rngs::SmallRng};
use serde::Deserialize;

const RUNS: usize = 5;

fn main() {
    let operations = std::env::var("BENCH_OPERATIONS").map_or(1_000_000, |value| value.parse().expect("a number"));
    let stress = Stress {
        operations,
        initial: operations as u64 * 7 / 10,
        reads: 0.2,
        told: 1.0,
        ..Stress::default()
    };
    let folder = tempfile::tempdir().expect("a folder");
    for commands in [false, true] {
        let mut key = StockHistory::new("stock", stress.initial);
        key.operations = stress.history(&mut SmallRng::seed_from_u64(1));
        for (index, operation) in key.operations.iter().enumerate().filter(|_| commands) {
            let at = operation.invoked;
            key.commands
                .push(index, &Command::new(at, at + 9_000, "GET stock", "41"));
            key.commands
                .push(index, &Command::new(at + 9_500, at + 15_000, "DECR stock", "40"));
        }
        let history = History::stock(Header::new(Spec::Stock, stress.initial), vec![key], Texts::new());
        let path = history::write_new(folder.path(), "bench", &history).expect("it can be written");
        drop(history);
        let size = fs::metadata(&path).expect("it is there").len();
        let name = path.display().to_string();
        let (mut reads, mut verdicts, mut parses) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..RUNS {
            parses.push(time(|| assert_eq!(parse(&path), operations * 2)));
            let started = Instant::now();
            let file = BufReader::with_capacity(1 << 18, File::open(&path).expect("it is there"));
            let (history, _) = history::read(&name, file).expect("our own file");
            reads.push(started.elapsed());
            assert!(matches!(history.body, Body::Stock(_)));
            assert_eq!(
                examine(&history, &Limits::default()).conclusion,
                Conclusion::Linearizable
            );
            verdicts.push(started.elapsed());
        }
        let [reads, verdicts, parses] = [reads, verdicts, parses].map(median);
        println!(
            "{:16} {:>5} MB  typed parsing alone {:>7.1} ms   read {:>7.1} ms   file to verdict {:>7.1} ms = {:.2} times, {:.2} M operations/s",
            if commands { "with commands" } else { "without commands" },
            size >> 20,
            parses.as_secs_f64() * 1e3,
            reads.as_secs_f64() * 1e3,
            verdicts.as_secs_f64() * 1e3,
            verdicts.as_secs_f64() / parses.as_secs_f64(),
            operations as f64 / verdicts.as_secs_f64() / 1e6
        );
    }
}

fn time(what: impl FnOnce()) -> Duration {
    let started = Instant::now();
    what();
    started.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// An event as a plain program would declare it.
#[derive(Deserialize)]
#[allow(dead_code, reason = "it is only parsed")]
struct Event<'a> {
    time: u64,
    process: i64,
    r#type: Type,
    f: F,
    key: Option<&'a str>,
    #[serde(borrow)]
    value: Option<&'a serde_json::value::RawValue>,
    #[serde(borrow, default)]
    commands: Vec<Sent<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Type {
    Invoke,
    Ok,
    Fail,
    Info,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum F {
    Buy,
    Read,
    Restock,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "it is only parsed")]
struct Sent<'a> {
    sent: u64,
    received: Option<u64>,
    command: &'a str,
    reply: Option<&'a str>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "it is only parsed")]
struct Outcome<'a> {
    outcome: &'a str,
    remaining: Option<i64>,
    unit: Option<&'a str>,
}

/// Reads the file and parses every line but the header, on one core. Answers are parsed as what they are for: the outcome of
/// a purchase, or a number.
fn parse(path: &std::path::Path) -> usize {
    let bytes = fs::read(path).expect("it is there");
    let mut events = Vec::new();
    for line in bytes
        .split(|&byte| byte == b'\n')
        .skip(1)
        .filter(|line| !line.is_empty())
    {
        let event: Event<'_> = serde_json::from_slice(line).expect("our own line");
        let value = event.value.map(serde_json::value::RawValue::get);
        match (&event.r#type, &event.f) {
            (Type::Ok, F::Buy) => {
                let outcome: Outcome<'_> = serde_json::from_str(value.expect("an answer")).expect("an outcome");
                std::hint::black_box(outcome);
            }
            _ => {
                let number: Option<i64> = value.map(|value| serde_json::from_str(value).expect("a number"));
                std::hint::black_box(number);
            }
        }
        events.push(event);
    }
    std::hint::black_box(&events).len()
}
