//! Prints a linearizable history of any length, to be checked while it is made:
//!
//! ```sh
//! cargo run --release --example endless -- 100000000 | oversell check --follow -
//! ```
//!
//! Arguments: operations (1,000,000), clients (64), seed (1), and the number of an operation that is told a lie: it is told
//! that it bought where nothing was left (none).

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    io::{self, BufWriter, Write as _},
};

use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};

/// A client's next event: when, whether it asks, takes effect or is told, and whose it is.
type Next = (u64, u8, u64);

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: u64| {
        arguments
            .next()
            .map_or(default, |value| value.parse().expect("the arguments are numbers"))
    };
    let (operations, clients, seed, lie) = (number(1_000_000), number(64), number(1), number(u64::MAX));
    let mut random = SmallRng::seed_from_u64(seed);
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut stock: u64 = 100;
    writeln!(
        out,
        r#"{{"format":"oversell-history","version":1,"spec":"stock","initial":{stock},"clients":{clients},"seed":{seed}}}"#
    )?;
    let mut events: BinaryHeap<Reverse<Next>> = (0..clients).map(|client| Reverse((client * 37, 0, client))).collect();
    let mut processes: Vec<u64> = (0..clients).collect();
    let mut next_process = clients;
    // What each client asks, and what it will be told: nothing when the answer is lost.
    let mut asked = vec![("buy", String::new()); clients as usize];
    let mut invoked = 0;
    while let Some(Reverse((time, what, client))) = events.pop() {
        let place = client as usize;
        let process = processes[place];
        match what {
            0 if invoked == operations => {}
            0 => {
                invoked += 1;
                let f = match random.random_range(0..100) {
                    0..5 => "read",
                    5..35 => "restock",
                    _ => "buy",
                };
                let value = if f == "read" { "null" } else { "1" };
                asked[place] = (
                    f,
                    if invoked == lie {
                        "lie".to_string()
                    } else {
                        String::new()
                    },
                );
                writeln!(
                    out,
                    r#"{{"time":{time},"process":{process},"type":"invoke","f":"{f}","value":{value}}}"#
                )?;
                events.push(Reverse((time + random.random_range(1..100_000), 1, client)));
            }
            1 => {
                let (f, answer) = &mut asked[place];
                let lies = answer == "lie";
                *answer = match *f {
                    "read" => stock.to_string(),
                    "restock" => {
                        stock += 1;
                        "null".to_string()
                    }
                    _ if stock > 0 || lies => {
                        stock = stock.saturating_sub(1);
                        r#"{"outcome":"bought"}"#.to_string()
                    }
                    _ => r#"{"outcome":"sold-out"}"#.to_string(),
                };
                events.push(Reverse((time + random.random_range(1..100_000), 2, client)));
            }
            _ => {
                let (f, answer) = &asked[place];
                if random.random_bool(0.001) {
                    writeln!(
                        out,
                        r#"{{"time":{time},"process":{process},"type":"info","f":"{f}","value":"timed out"}}"#
                    )?;
                    processes[place] = next_process;
                    next_process += 1;
                } else {
                    writeln!(
                        out,
                        r#"{{"time":{time},"process":{process},"type":"ok","f":"{f}","value":{answer}}}"#
                    )?;
                }
                events.push(Reverse((time + random.random_range(1..2_000), 0, client)));
            }
        }
    }
    out.flush()
}
