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
        Engine, Limits, Verdict, check_stock,
        families::{
            small, small_values,
            truth::{Disagreement, told},
        },
    },
    history::Operation,
};
use oversell_spec::stock::{StockOp, StockRet};
use proptest::prelude::*;
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

/// When it takes effect, how long before it was invoked and how long after it returned.
fn interval() -> impl Strategy<Value = (u8, u8, u8)> {
    (0..20_u8, 0..8_u8, 0..8_u8)
}

fn lost() -> impl Strategy<Value = Option<bool>> {
    prop_oneof![6 => Just(None), 1 => any::<bool>().prop_map(Some)]
}

prop_compose! {
    fn counter_draft()(
        (instant, before, after) in interval(),
        op in prop_oneof![
            5 => (1..=3_u64).prop_map(|quantity| StockOp::Buy { quantity }),
            1 => Just(StockOp::Read),
            1 => (1..=3_u64).prop_map(|quantity| StockOp::Restock { quantity }),
        ],
        told: bool,
        lost in lost(),
        twist in prop_oneof![
            12 => Just(small::Twist::None),
            1 => Just(small::Twist::Higher),
            1 => Just(small::Twist::Lower),
            1 => Just(small::Twist::Opposite),
            1 => Just(small::Twist::Oversell),
            1 => (1..12_u8).prop_map(small::Twist::Later),
        ],
    ) -> small::Draft {
        small::Draft { instant, before, after, op, told, named: false, lost, twist }
    }
}

prop_compose! {
    fn value_draft()(
        (instant, before, after) in interval(),
        ask in prop_oneof![Just(small_values::Ask::Look), Just(small_values::Ask::Set), Just(small_values::Ask::Change)],
        (value, expected) in (0..4_u8, 0..4_u8),
        lost in lost(),
        twist in prop_oneof![
            8 => Just(small_values::Twist::None),
            1 => (0..4_u8).prop_map(small_values::Twist::Other),
            1 => Just(small_values::Twist::Stale),
            1 => Just(small_values::Twist::Void),
            1 => (1..12_u8).prop_map(small_values::Twist::Later),
        ],
    ) -> small_values::Draft {
        small_values::Draft { instant, before, after, ask, value, expected, lost, twist }
    }
}

// The same with shrinking, for a short answer when something is wrong.
proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_counter_is_judged_as_by_brute_force(
        initial in 0..5_u64,
        drafts in prop::collection::vec(counter_draft(), 1..8),
        seed: u64,
    ) {
        let compared = counters::compare(initial, &small::history(initial, &drafts), seed);
        prop_assert_eq!(compared.err(), None);
    }

    #[test]
    fn a_register_and_a_key_are_judged_as_by_brute_force(
        drafts in prop::collection::vec(value_draft(), 1..8),
        seed: u64,
    ) {
        let register = values::compare_register(&small_values::register(&drafts), seed);
        let key = values::compare_kv(&small_values::kv(&drafts), seed);
        for compared in [register, key] {
            prop_assert_eq!(compared.err(), None);
        }
    }

    /// What makes no difference to linearizability makes none to the verdict.
    #[test]
    fn the_order_of_operations_makes_no_difference(
        initial in 0..5_u64,
        drafts in prop::collection::vec(counter_draft(), 1..12),
    ) {
        let operations = small::history(initial, &drafts);
        let reversed: Vec<_> = operations.iter().rev().copied().collect();
        let is_right = |operations| matches!(check_stock(initial, operations, &Limits::default()), Verdict::Linearizable(_));
        prop_assert_eq!(is_right(&operations), is_right(&reversed));
    }

    /// Whoever forgets an answer cannot turn a pass into a violation.
    #[test]
    fn forgetting_an_answer_keeps_a_pass(
        initial in 0..5_u64,
        drafts in prop::collection::vec(counter_draft(), 1..12),
        which in any::<prop::sample::Index>(),
    ) {
        let mut operations = small::history(initial, &drafts);
        let limits = Limits::default();
        prop_assume!(matches!(check_stock(initial, &operations, &limits), Verdict::Linearizable(_)));
        let operation = which.index(operations.len());
        match operations[operation].response.as_mut().map(|response| &mut response.ret) {
            Some(StockRet::Bought { remaining, .. }) => *remaining = None,
            _ => operations[operation].response = None,
        }
        prop_assert!(matches!(check_stock(initial, &operations, &limits), Verdict::Linearizable(_)));
    }
}
