//! Random violations of every kind.

mod judge;

use std::collections::BTreeMap;

use oversell_checker::{
    counterexample::{
        Confirmation, Kind, Others, StockFinding, Words, confirm, count_stock, explain_stock, is_minimal, shrink_stock,
    },
    engines::{Limits, Verdict, brute_force, families::small},
    history::{Clock, StockHistory, Texts},
};
use oversell_spec::Stock;

use super::{check, history, lines, told};
use rand::{SeedableRng, rngs::SmallRng};

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .map_or(default, |value| value.parse().expect("a number"))
}

/// What must hold of everything found.
fn assert_sound(history: &StockHistory, finding: &StockFinding) {
    let counterexample = &finding.counterexample;
    assert_eq!(
        finding.confirmation,
        Confirmation::Confirmed,
        "{} of {}",
        told(finding),
        lines(history)
    );
    assert_eq!(confirm(counterexample), Confirmation::Confirmed);
    assert!(
        is_minimal(counterexample),
        "not minimal: {} of {}",
        told(finding),
        lines(history)
    );
    for shown in &counterexample.operations {
        assert_eq!(shown.original, history.operations[shown.index]);
    }
    if counterexample.others == Others::NONE {
        let relaxed: Vec<_> = counterexample.operations.iter().map(|shown| shown.relaxed).collect();
        assert!(matches!(
            brute_force(&Stock::new(counterexample.initial), &relaxed),
            Verdict::Violation(_)
        ));
    }
}

#[test]
fn random_violations_are_explained() {
    let texts = Texts::new();
    let words = Words {
        clock: Clock::Lines,
        units: &texts,
    };
    let (count, seed) = (setting("COUNTEREXAMPLES", 3_000), setting("COUNTEREXAMPLES_SEED", 1));
    let mut random = SmallRng::seed_from_u64(seed);
    let mut kinds: BTreeMap<Kind, BTreeMap<usize, u64>> = BTreeMap::new();
    let mut by_shrinking: BTreeMap<usize, u64> = BTreeMap::new();
    for _ in 0..count {
        let (initial, operations) = small::random(&mut random, 10);
        let history = history(initial, operations);
        match check(initial, &history.operations) {
            Verdict::Violation(violation) => {
                let finding = explain_stock(&history, &words, &violation, &Limits::default());
                assert_sound(&history, &finding);
                let sizes = kinds.entry(finding.kind).or_default();
                *sizes.entry(finding.counterexample.operations.len()).or_default() += 1;
                let shrunk = shrink_stock(&history, &words, &violation, &Limits::default());
                assert_sound(&history, &shrunk);
                *by_shrinking.entry(shrunk.counterexample.operations.len()).or_default() += 1;
            }
            Verdict::Linearizable(_) => assert_eq!(count_stock(&history), [], "{}", lines(&history)),
            Verdict::Undecided(limit) => panic!("{limit}"),
        }
    }
    println!("seed {seed}: sizes by kind: {kinds:?}; by shrinking alone: {by_shrinking:?}");
}

/// `cargo run --release --example violations -- 1000` is the same for more of them.
#[test]
fn two_hundred_violations_are_told_by_what_they_show_and_are_small() {
    let (count, seed) = (setting("VIOLATIONS", 200), setting("VIOLATIONS_SEED", 1));
    let tally = judge::judge(count, seed).unwrap_or_else(|message| panic!("seed {seed}: {message}"));
    println!("seed {seed}: {tally:#?}");
    assert!(tally.linearizable > 0);
    // Of all the kinds of a stock counter, and with everything that an operation can be.
    let others = [Kind::NotLinearizable, Kind::TooManyForOneBuyer, Kind::AlreadyUntrue];
    for kind in Kind::ALL.into_iter().filter(|kind| !others.contains(kind)) {
        assert!(
            tally.sizes.contains_key(&kind),
            "seed {seed}: none is {kind}: {tally:#?}"
        );
    }
    let seen = [
        "a named unit",
        "a quantity",
        "a read",
        "a restock",
        "a sold-out",
        "no answer",
    ];
    assert!(seen.iter().all(|what| tally.shown.contains_key(what)), "{tally:#?}");
    assert!(tally.at_most(6) * 100 >= count * 95, "seed {seed}: {tally:#?}");
}
