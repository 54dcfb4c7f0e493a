//! Every engine against brute force, on random small histories of every kind.
//!
//! `ORACLE_HISTORIES` and `ORACLE_SEED` set how many and which; ten million of them take minutes in release:
//! `ORACLE_HISTORIES=10000000 cargo test --release --test integration checker::agreement -- --nocapture`

use std::collections::BTreeMap;

use oversell_checker::{
    engines::{
        Engine, Limits, Verdict, brute_force, check_stock, check_stock_with_engine, families::small, general, witness,
    },
    history::StockOperation,
};
use oversell_spec::{
    Stock,
    stock::{StockOp, StockRet},
};
use proptest::prelude::*;
use rand::{SeedableRng, rngs::SmallRng};

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .map_or(default, |value| value.parse().expect("a number"))
}

/// The history up to and with the response of one operation, as the definition has it.
fn prefix(operations: &[StockOperation], last: usize) -> Vec<StockOperation> {
    let rank = |index: usize| (operations[index].returned(), index);
    let known = |index: usize| operations[index].response.is_some() && rank(index) <= rank(last);
    let visible = (0..operations.len()).filter(|&index| operations[index].invoked <= rank(last).0);
    visible
        .map(|index| StockOperation {
            response: operations[index].response.filter(|_| known(index)),
            ..operations[index]
        })
        .collect()
}

fn certain_at(initial: u64, operations: &[StockOperation]) -> Option<usize> {
    let mut responses: Vec<usize> = (0..operations.len())
        .filter(|&i| operations[i].response.is_some())
        .collect();
    responses.sort_by_key(|&index| (operations[index].returned(), index));
    responses.into_iter().find(|&last| {
        matches!(
            brute_force(&Stock::new(initial), &prefix(operations, last)),
            Verdict::Violation(_)
        )
    })
}

/// The engines' verdict, after it has been held against brute force.
fn agreed(initial: u64, operations: &[StockOperation]) -> (Verdict, Engine) {
    let truth = brute_force(&Stock::new(initial), operations);
    let (verdict, engine) = check_stock_with_engine(initial, operations, &Limits::default());
    let general = general::check(&Stock::new(initial), operations, &Limits::default());
    for verdict in [&truth, &verdict, &general] {
        match (&truth, verdict) {
            (Verdict::Linearizable(_), Verdict::Linearizable(order)) => {
                assert_eq!(
                    witness::verify(Stock::new(initial), operations, order),
                    Ok(()),
                    "{engine}, {initial} units: {order:?} of {operations:#?}"
                );
            }
            (Verdict::Violation(_), Verdict::Violation(_)) => {}
            _ => panic!(
                "{engine} or the general search: {verdict:?} where brute force has {truth:?}, {initial} units: {operations:#?}"
            ),
        }
    }
    if let Verdict::Violation(found) = &verdict {
        let certain = certain_at(initial, operations);
        assert_eq!(found.certain_at, certain, "{engine}, {initial} units: {operations:#?}");
        assert_eq!(general, verdict);
    }
    (verdict, engine)
}

#[test]
fn engines_agree_with_brute_force_on_random_histories() {
    let (count, seed) = (setting("ORACLE_HISTORIES", 4_000), setting("ORACLE_SEED", 1));
    let mut random = SmallRng::seed_from_u64(seed);
    let mut verdicts: BTreeMap<Engine, [u64; 2]> = BTreeMap::new();
    for _ in 0..count {
        let (initial, operations) = small::random(&mut random, 9);
        let (verdict, engine) = agreed(initial, &operations);
        verdicts.entry(engine).or_default()[usize::from(matches!(verdict, Verdict::Violation(_)))] += 1;
    }
    println!("seed {seed}: linearizable and violating histories by engine: {verdicts:?}");
    for engine in [
        Engine::Counting,
        Engine::Tiling,
        Engine::Sweep,
        Engine::Eager,
        Engine::Frontier,
    ] {
        let seen = verdicts.get(&engine).copied().unwrap_or_default();
        assert!(
            seen.iter().all(|&seen| seen > 0),
            "{engine} was hardly tried: {verdicts:?}"
        );
    }
    assert!(verdicts[&Engine::Answers][1] > 0);
}

fn draft() -> impl Strategy<Value = small::Draft> {
    let op = prop_oneof![
        5 => (1..=3u64).prop_map(|quantity| StockOp::Buy { quantity }),
        1 => Just(StockOp::Read),
        1 => (1..=3u64).prop_map(|quantity| StockOp::Restock { quantity }),
    ];
    let twist = prop_oneof![
        12 => Just(small::Twist::None),
        1 => Just(small::Twist::Higher),
        1 => Just(small::Twist::Lower),
        1 => Just(small::Twist::Opposite),
        1 => Just(small::Twist::Oversell),
        1 => (1..12u8).prop_map(small::Twist::Later),
    ];
    let lost = prop_oneof![6 => Just(None), 1 => any::<bool>().prop_map(Some)];
    (0..20u8, 0..8u8, 0..8u8, op, any::<bool>(), lost, twist).prop_map(
        |(instant, before, after, op, told, lost, twist)| small::Draft {
            instant,
            before,
            after,
            op,
            told,
            named: false,
            lost,
            twist,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// The same with shrinking, for a short answer when something is wrong.
    #[test]
    fn engines_agree_with_brute_force(initial in 0..5u64, drafts in prop::collection::vec(draft(), 1..8)) {
        agreed(initial, &small::history(initial, &drafts));
    }

    /// What makes no difference to linearizability makes none to the verdict.
    #[test]
    fn verdict_does_not_depend_on_the_order_of_operations(
        initial in 0..5u64,
        drafts in prop::collection::vec(draft(), 1..12),
    ) {
        let operations = small::history(initial, &drafts);
        let mut reversed = operations.clone();
        reversed.reverse();
        let limits = Limits::default();
        let verdicts = [&operations, &reversed].map(|operations| check_stock(initial, operations, &limits));
        prop_assert_eq!(
            matches!(verdicts[0], Verdict::Linearizable(_)),
            matches!(verdicts[1], Verdict::Linearizable(_))
        );
    }

    /// Whoever forgets an answer cannot turn a pass into a violation.
    #[test]
    fn forgetting_an_answer_keeps_a_pass(
        initial in 0..5u64,
        drafts in prop::collection::vec(draft(), 1..12),
        which in any::<prop::sample::Index>(),
    ) {
        let mut operations = small::history(initial, &drafts);
        let limits = Limits::default();
        if let Verdict::Linearizable(_) = check_stock(initial, &operations, &limits) {
            let operation = which.index(operations.len());
            match &mut operations[operation].response {
                Some(response) => match &mut response.ret {
                    StockRet::Bought { remaining, .. } => *remaining = None,
                    _ => operations[operation].response = None,
                },
                None => operations[operation].invoked = 0,
            }
            prop_assert!(matches!(check_stock(initial, &operations, &limits), Verdict::Linearizable(_)));
        }
    }
}
