//! Every engine against brute force, for as many random small histories as you have time for.
//!
//! `cargo run --release --example agreement -- [HISTORIES [SEED [OPERATIONS]]]`: how many histories (10,000,000), the
//! first seed (1), and the most operations of one (9). They come in batches of 10,000; batch b uses the seed SEED + b, so
//! that a disagreement can be found again by its seed alone. Its exit code is 1 when there was one.

use std::{
    collections::BTreeMap,
    process::ExitCode,
    sync::Mutex,
    time::{Duration, Instant},
};

use oversell::{
    checker::{Engine, Limits, Verdict, brute_force, check_stock_with_engine, families::small, general, witness},
    history::StockOperation,
};
use oversell_models::spec::Stock;
use rand::{SeedableRng, rngs::SmallRng};
use rayon::prelude::*;

/// Histories of one seed.
const BATCH: u64 = 10_000;

/// Linearizable and violating histories, by the engine that decided them.
type Tally = BTreeMap<Engine, [u64; 2]>;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let mut next = |default: u64| numbers.next().unwrap_or(Ok(default));
    let (Ok(histories), Ok(seed), Ok(most)) = (next(10_000_000), next(1), next(9)) else {
        eprintln!("usage: agreement [HISTORIES [SEED [OPERATIONS]]], each a number");
        return ExitCode::from(2);
    };
    println!("{histories} histories of 1 to {most} operations, from seed {seed} on");
    let batches = histories.div_ceil(BATCH);
    let started = Instant::now();
    let progress = Mutex::new((Tally::new(), 0_u64, Instant::now()));
    let disagreement = (0..batches).into_par_iter().find_map_any(|number| {
        let count = BATCH.min(histories - number * BATCH);
        match batch(seed + number, count, most as usize) {
            Ok(tally) => {
                let mut progress = progress.lock().expect("no batch panics while it holds the lock");
                for (engine, seen) in tally {
                    let sum = progress.0.entry(engine).or_default();
                    (sum[0], sum[1]) = (sum[0] + seen[0], sum[1] + seen[1]);
                }
                progress.1 += count;
                if progress.2.elapsed() > Duration::from_secs(10) {
                    progress.2 = Instant::now();
                    eprintln!("{} of {histories} after {:.0?}", progress.1, started.elapsed());
                }
                None
            }
            Err(message) => Some(message),
        }
    });
    if let Some(message) = disagreement {
        println!("{message}");
        return ExitCode::FAILURE;
    }
    let (tally, ..) = progress.into_inner().expect("no batch panicked");
    println!("{:10} {:>12} {:>12}", "engine", "linearizable", "violation");
    for (engine, [linearizable, violation]) in tally {
        println!("{engine:10} {linearizable:>12} {violation:>12}");
    }
    println!("no disagreement; {:.0?}", started.elapsed());
    ExitCode::SUCCESS
}

fn batch(seed: u64, count: u64, most: usize) -> Result<Tally, String> {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut tally = Tally::new();
    for number in 0..count {
        let (initial, operations) = small::random(&mut random, most);
        match compare(initial, &operations) {
            Ok((engine, linearizable)) => tally.entry(engine).or_default()[usize::from(!linearizable)] += 1,
            Err(what) => {
                return Err(format!(
                    "seed {seed}, history {number}: {what}\n{initial} units, {operations:#?}"
                ));
            }
        }
    }
    Ok(tally)
}

/// The engine that decided, and whether the history is linearizable; or what does not fit together.
fn compare(initial: u64, operations: &[StockOperation]) -> Result<(Engine, bool), String> {
    let truth = brute_force(&Stock::new(initial), operations);
    let linearizable = matches!(truth, Verdict::Linearizable(_));
    let (engines, engine) = check_stock_with_engine(initial, operations, &Limits::default());
    let general = general::check(&Stock::new(initial), operations, &Limits::default());
    for (who, verdict) in [
        ("brute force", &truth),
        ("the engine", &engines),
        ("the general search", &general),
    ] {
        match verdict {
            Verdict::Linearizable(order) if linearizable => witness::verify(Stock::new(initial), operations, order)
                .map_err(|error| format!("{who} ({engine}) gives a wrong witness {order:?}: {error}"))?,
            Verdict::Violation(_) if !linearizable => {}
            _ => return Err(format!("{who} ({engine}) says {verdict:?}, brute force {truth:?}")),
        }
    }
    if let (Verdict::Violation(one), Verdict::Violation(other)) = (&engines, &general) {
        let truth = certain_at(initial, operations);
        if one.certain_at != truth || other.certain_at != truth {
            return Err(format!(
                "{engine}: certain at {:?}, the general search: at {:?}; brute force: at {truth:?}",
                one.certain_at, other.certain_at
            ));
        }
    }
    Ok((engine, linearizable))
}

/// The first response with which brute force, told the history up to there, finds a violation.
fn certain_at(initial: u64, operations: &[StockOperation]) -> Option<usize> {
    let rank = |index: usize| (operations[index].returned(), index);
    let mut responses: Vec<usize> = (0..operations.len())
        .filter(|&index| operations[index].response.is_some())
        .collect();
    responses.sort_by_key(|&index| rank(index));
    responses.into_iter().find(|&last| {
        let prefix: Vec<StockOperation> = (0..operations.len())
            .filter(|&index| operations[index].invoked <= rank(last).0)
            .map(|index| StockOperation {
                response: operations[index].response.filter(|_| rank(index) <= rank(last)),
                ..operations[index]
            })
            .collect();
        matches!(brute_force(&Stock::new(initial), &prefix), Verdict::Violation(_))
    })
}
