//! Against brute force, on histories small enough for it; under test few pasts are kept at first, and places lie close together,
//! so that they make the search go back as long ones do.

use std::{fmt::Debug, hash::Hash};

use oversell_spec::{
    Kv, Register,
    kv::{KvOp, KvRet},
    register::{RegisterOp, RegisterRet},
};
use rand::{RngExt, SeedableRng, rngs::SmallRng};

use super::super::{Foresee, appended::as_register, check_in_stretches, timeline::Prefix};
use crate::{
    engines::{
        Limits, brute_force,
        families::{
            operation, small_values,
            truth::Truth,
            values::{Values, spoilt},
        },
    },
    history::Operation,
};

/// The search's verdict is that of brute force, and its order is one.
fn is_linearizable<S>(initial: &S, operations: &[Operation<S::Op, S::Ret>]) -> bool
where
    S: Foresee<Op: Clone + PartialEq + Hash + Debug, Ret: Clone + PartialEq + Hash + Debug> + Clone + Eq + Hash,
{
    let truth = Truth::of(initial, operations);
    let found = check_in_stretches(initial, operations, &Limits::default());
    assert_eq!(truth.confirm("the search", &found), Ok(()), "{operations:#?}");
    truth.is_linearizable()
}

#[test]
fn registers_and_keys_agree_with_brute_force() {
    let mut random = SmallRng::seed_from_u64(41);
    let mut verdicts = [[0; 2]; 2];
    for _ in 0..6_000 {
        let drafts = small_values::random(&mut random, 10);
        let register = is_linearizable(&Register("0".to_string()), &small_values::register(&drafts));
        let key = is_linearizable(&Kv::default(), &small_values::kv(&drafts));
        verdicts[0][usize::from(register)] += 1;
        verdicts[1][usize::from(key)] += 1;
    }
    assert!(verdicts.as_flattened().iter().all(|&count| count > 300), "{verdicts:?}");
}

/// Chains with loops, and values that are left as often as they can be.
#[test]
fn registers_that_are_compared_and_set_agree_with_brute_force() {
    let mut random = SmallRng::seed_from_u64(44);
    let mut verdicts = [0; 2];
    for _ in 0..12_000 {
        let values = Values {
            clients: random.random_range(2..8),
            operations: random.random_range(4..11),
            reads: f64::from(random.random_range(0..3)) / 10.0,
            second: f64::from(random.random_range(5..10)) / 10.0,
            values: Some(random.random_range(2..5)),
            lost: [0.0, 0.0, 0.1, 0.3][random.random_range(0..4)],
            lie: false,
        };
        let wrong = [0.0, 0.05, 0.15][random.random_range(0..3)];
        let history = spoilt(values.register(&mut random), wrong, &mut random);
        verdicts[usize::from(is_linearizable(&Register(0), &history))] += 1;
    }
    assert!(verdicts.iter().all(|&count| count > 1_000), "{verdicts:?}");
}

/// Operations: when each is invoked, when it returns, what it is and what it is told.
fn answered<Op, Ret>(operations: impl IntoIterator<Item = (u64, u64, (Op, Ret))>) -> Vec<Operation<Op, Ret>> {
    let operations = operations.into_iter();
    operations
        .map(|(invoked, at, (op, ret))| operation(invoked, op, Some((at, ret))))
        .collect()
}

/// What comes in last is a loop in front of what has long returned: 0 → 1 → 0.
#[test]
fn a_loop_comes_in_where_its_state_was_left() {
    let cas = |from, to| (RegisterOp::Cas(from, to), RegisterRet::Done);
    let operations = [
        (0, 10, cas(0, 2)),
        (11, 20, cas(2, 3)),
        (1, 90, cas(0, 1)),
        (2, 91, cas(1, 0)),
        (21, 80, (RegisterOp::Read, RegisterRet::Value(3))),
    ];
    let operations = answered(operations);
    assert!(is_linearizable(&Register(0), &operations));
    // Too late for the only visit of 0.
    let mut late = operations;
    late[3].invoked = 11;
    assert!(!is_linearizable(&Register(0), &late));
}

#[test]
fn a_key_that_is_appended_to_is_linearizable_exactly_when_its_register_is() {
    let mut random = SmallRng::seed_from_u64(42);
    let (mut clear, mut unclear, mut violations) = (0, 0, 0);
    for _ in 0..8_000 {
        let history = small_values::kv(&small_values::random(&mut random, 10));
        let Some((first, operations)) = as_register(&Kv::default(), Prefix::whole(&history)) else {
            unclear += 1;
            continue;
        };
        clear += 1;
        let key = Kv::default();
        let truth = Truth::of(&key, &history);
        let confirmed = truth.confirm("the register", &brute_force(&first, &operations));
        assert_eq!(confirmed, Ok(()), "{operations:#?} for {history:#?}");
        violations += u32::from(!truth.is_linearizable());
    }
    assert!(
        clear > 3_000 && unclear > 200 && violations > 200,
        "{clear} {unclear} {violations}"
    );
}

/// Two operations append the same text, one before the put that everybody sees.
#[test]
fn what_was_appended_before_a_put_leaves_the_same_text_to_another() {
    let append = || KvOp::Append("b".to_string());
    let get = || (KvOp::Get, KvRet::Value("ab".to_string()));
    let operations = [
        (0, 9, (KvOp::Put("a".to_string()), KvRet::Done)),
        (5, 20, (append(), KvRet::Done)),
        (5, 15, get()),
        (13, 20, (append(), KvRet::Done)),
        (14, 28, get()),
        (14, 21, get()),
        (19, 27, get()),
        (21, 39, get()),
        (22, 41, get()),
    ];
    let operations = answered(operations);
    assert!(is_linearizable(&Kv::default(), &operations));
}
