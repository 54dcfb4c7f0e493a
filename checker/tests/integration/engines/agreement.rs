//! Every engine, search and monitor, and the certificates, against brute force, on random small histories of every kind. How they are
//! compared is that of `cargo run --release -p xtask --bin agreement`, which does so for as long as one likes.

#[path = "../../../../xtask/src/bin/agreement/certified.rs"]
mod certified;
#[path = "../../../../xtask/src/bin/agreement/counters.rs"]
mod counters;
#[path = "../../../../xtask/src/bin/agreement/values.rs"]
mod values;

use std::{collections::BTreeMap, fmt::Debug};

use oversell_checker::{
    engines::{
        Engine,
        families::{
            small, small_values,
            truth::{Disagreement, told},
        },
    },
    history::Operation,
};
use rand::{SeedableRng, rngs::SmallRng};

/// Half of them stand in the order of their invocations, as those that are read from files do.
fn sorted<Op, Ret>(mut operations: Vec<Operation<Op, Ret>>, seed: u64) -> Vec<Operation<Op, Ret>> {
    if seed.is_multiple_of(2) {
        operations.sort_by_key(|operation| operation.invoked);
    }
    operations
}

#[test]
fn counters_agree_with_brute_force() {
    let mut random = SmallRng::seed_from_u64(1);
    let mut seen: BTreeMap<Engine, [u32; 2]> = BTreeMap::new();
    for seed in 0..4_000 {
        let (initial, operations) = small::random(&mut random, 9);
        let operations = sorted(operations, seed);
        match counters::compare(initial, &operations, seed) {
            Ok((engine, linearizable)) => seen.entry(engine).or_default()[usize::from(linearizable)] += 1,
            Err(what) => panic!("{what}\n{initial} units\n{}", told(&operations)),
        }
    }
    for engine in [
        Engine::Counting,
        Engine::Tiling,
        Engine::Sweep,
        Engine::Eager,
        Engine::Frontier,
    ] {
        assert!(seen[&engine].iter().all(|&seen| seen > 0), "{engine}: {seen:?}");
    }
    assert!(seen[&Engine::Answers][0] > 0, "{seen:?}");
}

/// Histories of one kind, and how they are compared.
fn values_agree<Op: Debug, Ret: Debug>(
    history: impl Fn(&[small_values::Draft]) -> Vec<Operation<Op, Ret>>,
    compare: impl Fn(&[Operation<Op, Ret>], u64) -> Result<values::Compared, Disagreement>,
) {
    let mut random = SmallRng::seed_from_u64(41);
    let (mut seen, mut followed) = ([0; 2], 0);
    for seed in 0..8_000 {
        let operations = sorted(history(&small_values::random(&mut random, 9)), seed);
        match compare(&operations, seed) {
            Ok(compared) => {
                seen[usize::from(compared.linearizable)] += 1;
                followed += usize::from(compared.followed);
            }
            Err(what) => panic!("{what}\n{}", told(&operations)),
        }
    }
    assert!(seen.iter().all(|&seen| seen > 800), "{seen:?}");
    assert!(followed > 7_900, "{followed}");
}

#[test]
fn registers_agree_with_brute_force() {
    values_agree(small_values::register, values::compare_register);
}

#[test]
fn keys_agree_with_brute_force() {
    values_agree(small_values::kv, values::compare_kv);
}
