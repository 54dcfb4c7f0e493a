//! Random violating histories, each explained, and each explanation judged by brute force.
//!
//! `cargo run --release -p xtask --bin violations -- [VIOLATIONS [SEED]]`: how many violating histories (1,000), and the seed
//! (1). Of each counterexample it must hold: every order of it is tried and none fits, also when all that "others" may
//! have done is spelt out; each further step of shrinking makes it linearizable; and its sentence names nobody and no
//! time that is not in it. Its exit code is 1 when one of these does not hold, or when fewer than 95 of 100
//! counterexamples have at most 6 operations.

#[path = "../../../../checker/tests/integration/counterexample/random/judge.rs"]
mod judge;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let mut next = |default: u64| numbers.next().unwrap_or(Ok(default));
    let (Ok(count), Ok(seed)) = (next(1_000), next(1)) else {
        eprintln!("usage: violations [VIOLATIONS [SEED]], each a number");
        return ExitCode::from(2);
    };
    println!("{count} violating histories of 1 to 3 counters, from seed {seed}");
    let tally = match judge::judge(count, seed) {
        Ok(tally) => tally,
        Err(message) => {
            println!("{message}");
            return ExitCode::FAILURE;
        }
    };
    println!("put aside: {} that are linearizable", tally.linearizable);
    println!("kind                 counterexamples   operations of one × how many");
    for (kind, sizes) in &tally.sizes {
        let all: u64 = sizes.values().sum();
        let sizes: Vec<String> = sizes.iter().map(|(size, count)| format!("{size} × {count}")).collect();
        println!("{kind:<20} {all:>15}   {}", sizes.join(", "));
    }
    for (what, had) in &tally.had {
        let shown = tally.shown.get(what).copied().unwrap_or(0);
        println!("{what:<15} in {had:>7} histories, in {shown:>7} counterexamples");
    }
    let small = tally.at_most(6);
    println!("confirmed, minimal, and naming only what they show: {count} of {count}");
    println!("at most 6 operations: {small} of {count}");
    if small * 100 < count * 95 {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
