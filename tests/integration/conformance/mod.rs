//! The model of Redis answers as real servers do: random sequences of commands, reply by reply.
//!
//! More than the usual number: `OVERSELL_CONFORMANCE=100000 cargo test --test integration conformance -- --nocapture`,
//! with `OVERSELL_REDIS_SERVER` for another server and `OVERSELL_SEED` for another seed.

mod dialogue;
mod generate;
mod scripts;
mod templates;
mod values;
mod wire;

use std::{env, time::Instant};

use oversell::server::Server;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use dialogue::Both;

/// Sequences in an ordinary run.
const SEQUENCES: u32 = 2_000;
const SEED: u64 = 20_261_123;

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok()?.parse().ok()
}

#[test]
fn the_model_answers_as_the_server_does() {
    let asked = number("OVERSELL_CONFORMANCE");
    let sequences = asked.map_or(SEQUENCES, |count| u32::try_from(count).unwrap_or(u32::MAX));
    let seed = number("OVERSELL_SEED").unwrap_or(SEED);
    let server = Server::start().unwrap();
    let mut both = Both::new(&server);
    let steps = generate::steps(both.server());
    let config = Config {
        cases: sequences,
        max_shrink_iters: 20_000,
        failure_persistence: None,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let (both, start) = (std::cell::RefCell::new(&mut both), Instant::now());
    let progress = std::cell::Cell::new(0_u32);
    let outcome = runner.run(&steps, |steps| {
        progress.set(progress.get() + 1);
        if asked.is_some() && progress.get().is_multiple_of(10_000) {
            eprintln!("{} sequences, {:?}", progress.get(), start.elapsed());
        }
        both.borrow_mut().compare(&steps).map_err(TestCaseError::fail)
    });
    let both = both.into_inner();
    if asked.is_some() {
        eprintln!(
            "{sequences} sequences, {} commands on {}, seed {seed}, {:?}: {}",
            both.commands(),
            both.server(),
            start.elapsed(),
            if outcome.is_ok() { "equal" } else { "a difference" }
        );
    }
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(reason, steps)) => {
            panic!(
                "on {}, seed {seed}: {reason}\n{}",
                both.server(),
                dialogue::tell(&steps)
            )
        }
        Err(TestError::Abort(reason)) => panic!("gave up: {reason}"),
    }
}

#[test]
fn a_watched_key_that_runs_out_aborts_in_both() {
    let server = Server::start().unwrap();
    let mut both = Both::new(&server);
    both.both("SET lock me PX 20", "OK");
    both.both("WATCH lock", "OK");
    std::thread::sleep(std::time::Duration::from_millis(60));
    both.model().expire(b"lock");
    both.both("MULTI", "OK");
    both.both("EXEC", "nil");
    both.both("EXISTS lock", "0");
}
