//! Every engine, search and monitor, and the certificates, against brute force, for as many random small histories as you have
//! time for.
//!
//! `cargo run --release -p xtask --bin agreement -- [HISTORIES [SEED [OPERATIONS]]]`: how many histories (10,000,000), the
//! first seed (1), and the most operations of one (9). Of four histories, two are of counters (buys, reads and restocks, of one
//! unit or several, told what is left or not, with and without named units, answers lost), one of a register and one of a key.
//!
//! They come in batches of 10,000; batch b uses the seed SEED + b, so that a disagreement can be found again by its seed alone,
//! and a run that was ended goes on from the seed that it printed last. All cores take part; `RAYON_NUM_THREADS=1`: one. The exit
//! code is 1 when there was a disagreement.
//!
//! "Not followed" are those of which a monitor reached its limit of pasts and said so: it is not held against the others there.
//!
//! `RUSTFLAGS="--cfg fuzzing"` makes the engines work in such short pieces that small histories go through several.

mod certified;
mod counters;
mod values;

use std::{
    collections::BTreeMap,
    process::ExitCode,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use oversell_checker::engines::families::{small, small_values, truth};
use rand::{RngExt, SeedableRng, rngs::SmallRng};

/// Histories of one seed.
const BATCH: u64 = 10_000;
/// How often it is told how far it is.
const PROGRESS: Duration = Duration::from_secs(10);

/// Linearizable and violating histories, by what decided them.
type Tally = BTreeMap<String, [u64; 2]>;

struct Progress {
    tally: Tally,
    histories: u64,
    /// Batches that are being worked on, by seed.
    begun: Vec<u64>,
    told: Instant,
}

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let mut next = |default: u64| numbers.next().unwrap_or(Ok(default));
    let (Ok(histories), Ok(seed), Ok(most @ 1..=20)) = (next(10_000_000), next(1), next(9)) else {
        eprintln!("usage: agreement [HISTORIES [SEED [OPERATIONS]]], each a number, OPERATIONS from 1 to 20");
        return ExitCode::from(2);
    };
    println!("{histories} histories of 1 to {most} operations, from seed {seed} on");
    let batches = histories.div_ceil(BATCH);
    let started = Instant::now();
    let (taken, failed) = (AtomicU64::new(0), AtomicBool::new(false));
    let progress = Mutex::new(Progress {
        tally: Tally::new(),
        histories: 0,
        begun: Vec::new(),
        told: started,
    });
    let work = || -> Result<(), String> {
        loop {
            let number = {
                let mut progress = progress.lock().expect("no batch panics while it holds the lock");
                let number = taken.fetch_add(1, Ordering::Relaxed);
                if number >= batches || failed.load(Ordering::Relaxed) {
                    return Ok(());
                }
                progress.begun.push(seed + number);
                number
            };
            let count = BATCH.min(histories - number * BATCH);
            let tally =
                batch(seed + number, count, most as usize).inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
            let mut progress = progress.lock().expect("no batch panics while it holds the lock");
            for (engine, seen) in tally {
                let sum = progress.tally.entry(engine).or_default();
                (sum[0], sum[1]) = (sum[0] + seen[0], sum[1] + seen[1]);
            }
            progress.histories += count;
            progress.begun.retain(|&begun| begun != seed + number);
            if progress.told.elapsed() > PROGRESS {
                progress.told = Instant::now();
                let next = progress.begun.iter().copied().min();
                let next = next.unwrap_or(seed + taken.load(Ordering::Relaxed));
                let left = histories.saturating_sub((next - seed) * BATCH);
                eprintln!(
                    "{} of {histories}, {}; to go on later: {left} {next} {most}",
                    progress.histories,
                    rate(progress.histories, started)
                );
            }
        }
    };
    let threads = rayon::current_num_threads();
    let disagreements: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let results = threads.into_iter().map(|thread| match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        results.filter_map(Result::err).collect()
    });
    for disagreement in &disagreements {
        println!("{disagreement}");
    }
    let progress = progress.into_inner().expect("no batch panicked");
    println!("{:24} {:>12} {:>12}", "", "linearizable", "violation");
    for (what, [linearizable, violation]) in progress.tally {
        println!("{what:24} {linearizable:>12} {violation:>12}");
    }
    println!(
        "{} histories, {}",
        progress.histories,
        rate(progress.histories, started)
    );
    if disagreements.is_empty() {
        println!("no disagreement");
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn rate(histories: u64, started: Instant) -> String {
    let seconds = started.elapsed().as_secs_f64();
    format!("{:.0} a second, after {seconds:.0} s", histories as f64 / seconds)
}

fn batch(seed: u64, count: u64, most: usize) -> Result<Tally, String> {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut tally = Tally::new();
    for number in 0..count {
        let error = |what, history| format!("seed {seed}, history {number}: {what}\n{history}");
        let chance: u64 = random.random();
        let (what, linearizable) = match number % 4 {
            0 | 1 => {
                let (initial, mut operations) = small::random(&mut random, most);
                sort(&mut operations, chance, |operation| operation.invoked);
                let compared = counters::compare(initial, &operations, chance);
                let (engine, linearizable) =
                    compared.map_err(|what| error(what, format!("{initial} units\n{}", truth::told(&operations))))?;
                (format!("stock {engine}"), linearizable)
            }
            2 => {
                let mut operations = small_values::register(&small_values::random(&mut random, most));
                sort(&mut operations, chance, |operation| operation.invoked);
                let compared = values::compare_register(&operations, chance);
                let compared = compared.map_err(|what| error(what, truth::told(&operations)))?;
                let followed = if compared.followed { "" } else { ", not followed" };
                (format!("register{followed}"), compared.linearizable)
            }
            _ => {
                let mut operations = small_values::kv(&small_values::random(&mut random, most));
                sort(&mut operations, chance, |operation| operation.invoked);
                let compared = values::compare_kv(&operations, chance);
                let compared = compared.map_err(|what| error(what, truth::told(&operations)))?;
                let followed = if compared.followed { "" } else { ", not followed" };
                (format!("kv{followed}"), compared.linearizable)
            }
        };
        tally.entry(what).or_default()[usize::from(!linearizable)] += 1;
    }
    Ok(tally)
}

/// Half of the histories stand in the order of their invocations, as those that are read from files do.
fn sort<T>(operations: &mut [T], chance: u64, invoked: impl Fn(&T) -> u64) {
    if chance.is_multiple_of(2) {
        operations.sort_by_key(invoked);
    }
}
