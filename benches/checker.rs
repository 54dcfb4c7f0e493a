//! How fast the checker is, by family of histories, size and number of clients.
//!
//! `cargo bench --bench checker -- [PART OF A NAME]`; `BENCH_OPERATIONS` (100,000) and `BENCH_CLIENTS` (64) set the size.
//! For a violation, `+` is the time from the verdict to the finished counterexample, once.

use std::time::{Duration, Instant};

use oversell_checker::{
    counterexample::{Words, explain_stock},
    engines::{
        Limits, Verdict, check_stock_with_engine,
        families::stress::{Lie, Stress, lie},
    },
    history::{Clock, StockHistory, Texts},
};
use rand::{SeedableRng, rngs::SmallRng};

/// The median of so many runs counts, or of fewer when they take this long.
const RUNS: usize = 7;
const ENOUGH: Duration = Duration::from_secs(5);

fn main() {
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let size = |name: &str, default: usize| {
        std::env::var(name)
            .ok()
            .map_or(default, |value| value.parse().expect("a number"))
    };
    let n = size("BENCH_OPERATIONS", 100_000);
    let clients = size("BENCH_CLIENTS", 64);
    let base = Stress {
        operations: n,
        clients,
        initial: n as u64 * 7 / 10,
        ..Stress::default()
    };
    let families = [
        ("unvalued", base),
        ("valued", Stress { told: 1.0, ..base }),
        ("half valued", Stress { told: 0.5, ..base }),
        ("20% reads", Stress { reads: 0.2, ..base }),
        (
            "20% reads valued",
            Stress {
                reads: 0.2,
                told: 1.0,
                ..base
            },
        ),
        ("2% lost", Stress { lost: 0.02, ..base }),
        (
            "2% lost 20% reads",
            Stress {
                lost: 0.02,
                reads: 0.2,
                ..base
            },
        ),
        (
            "2% lost valued",
            Stress {
                lost: 0.02,
                told: 1.0,
                ..base
            },
        ),
        (
            "quantities valued",
            Stress {
                told: 1.0,
                most_quantity: 3,
                initial: n as u64,
                ..base
            },
        ),
        ("restocks only", Stress { restocks: 0.5, ..base }),
        (
            "restocks 5 reads 5 lost 0.1, q1",
            Stress {
                restocks: 0.05,
                reads: 0.05,
                lost: 0.001,
                initial: 1000,
                ..base
            },
        ),
        (
            "restocks 5 reads 5 lost 0.1, q35",
            Stress {
                restocks: 0.05,
                reads: 0.05,
                lost: 0.001,
                initial: 1000,
                most_restocked: 35,
                ..base
            },
        ),
        (
            "valued + 30% restocks, 20 clients",
            Stress {
                told: 1.0,
                restocks: 0.3,
                clients: 20,
                operations: n / 10,
                initial: 3000,
                ..base
            },
        ),
        (
            "valued + 50% restocks, 20 clients",
            Stress {
                told: 1.0,
                restocks: 0.5,
                clients: 20,
                operations: n / 10,
                initial: 3000,
                ..base
            },
        ),
        (
            "quantities 10% reads",
            Stress {
                reads: 0.1,
                most_quantity: 3,
                initial: n as u64,
                ..base
            },
        ),
        (
            "10k 50% restocks 10% reads 20 clients",
            Stress {
                restocks: 0.5,
                reads: 0.1,
                clients: 20,
                operations: n / 10,
                initial: 1000,
                ..base
            },
        ),
        (
            "100 clients restocks sold-outs 0.5% lost",
            Stress {
                restocks: 0.3,
                lost: 0.005,
                clients: 100,
                operations: n / 10,
                initial: 100,
                ..base
            },
        ),
    ];
    for (name, family) in families {
        if only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            continue;
        }
        let legal = family.history(&mut SmallRng::seed_from_u64(1));
        let variants = [
            ("legal", Some(legal.clone())),
            ("oversold", lie(legal.clone(), Lie::Oversold)),
            ("false sold-out", lie(legal.clone(), Lie::FalseSoldOut)),
            ("wrong level", lie(legal, Lie::WrongLevel)),
        ];
        for (variant, history) in variants {
            let Some(operations) = history else { continue };
            let mut history = StockHistory::new("stock", family.initial);
            history.operations = operations;
            let limits = Limits {
                time: Duration::from_secs(20),
                ..Limits::default()
            };
            let mut times = Vec::new();
            let (verdict, engine) = loop {
                let started = Instant::now();
                let result = check_stock_with_engine(family.initial, &history.operations, &limits);
                times.push(started.elapsed());
                if times.len() >= RUNS || times.iter().sum::<Duration>() > ENOUGH {
                    break result;
                }
            };
            times.sort_unstable();
            let took = times[times.len() / 2];
            let verdict = match verdict {
                Verdict::Linearizable(_) => "linearizable".to_owned(),
                Verdict::Violation(violation) => {
                    let units = Texts::new();
                    let words = Words {
                        clock: Clock::Nanoseconds,
                        units: &units,
                    };
                    let started = Instant::now();
                    let finding = explain_stock(&history, &words, &violation, &limits);
                    let shown = finding.counterexample.operations.len();
                    let took = started.elapsed().as_secs_f64() * 1e3;
                    format!(
                        "violation {:?} + {took:.1} ms for {shown} operations",
                        violation.certain_at
                    )
                }
                Verdict::Undecided(limit) => format!("undecided: {limit}"),
            };
            println!(
                "{name:42} {variant:15} {engine:9} {:>9.1} ms {:>8.2} M/s  {verdict}",
                took.as_secs_f64() * 1e3,
                history.operations.len() as f64 / took.as_secs_f64() / 1e6
            );
        }
    }
}
