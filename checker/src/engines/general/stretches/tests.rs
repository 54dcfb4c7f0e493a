//! Against brute force, on histories small enough for it; under test few pasts are kept at first, and places lie close together,
//! so that they make the search go back as long ones do.

use std::{fmt::Debug, hash::Hash};

use oversell_spec::SequentialSpec;
use oversell_spec::{
    Kv, Register,
    kv::{KvOp, KvRet},
    register::{RegisterOp, RegisterRet},
};
use rand::{RngExt, SeedableRng, rngs::SmallRng};

use super::super::{Foresee, appended::as_register, check_in_stretches, timeline::Prefix};
use crate::{
    engines::{Limits, Verdict, brute_force, families::values::Values, witness},
    history::Operation,
};

/// A small history of a register or a key, of which some answers may be wrong.
fn values(random: &mut SmallRng) -> Values {
    Values {
        clients: random.random_range(1..7),
        operations: random.random_range(2..11),
        reads: f64::from(random.random_range(0..7)) / 10.0,
        second: f64::from(random.random_range(0..5)) / 10.0,
        values: random.random_bool(0.7).then(|| random.random_range(2..6)),
        lost: [0.0, 0.1, 0.3][random.random_range(0..3)],
        lie: false,
    }
}

type RegisterHistory = Vec<Operation<RegisterOp<u32>, RegisterRet<u32>>>;

fn register(random: &mut SmallRng) -> RegisterHistory {
    let history = values(random).register(random);
    spoilt(history, 0.12, random)
}

/// Such a share of the answers is made up.
fn spoilt(mut history: RegisterHistory, share: f64, random: &mut SmallRng) -> RegisterHistory {
    for operation in &mut history {
        let Some(response) = &mut operation.response else {
            continue;
        };
        if random.random_bool(share) {
            response.ret = match response.ret {
                RegisterRet::Value(_) => RegisterRet::Value(random.random_range(0..6)),
                RegisterRet::Mismatch => RegisterRet::Done,
                RegisterRet::Done if matches!(operation.op, RegisterOp::Cas(..)) => RegisterRet::Mismatch,
                RegisterRet::Done => RegisterRet::Done,
            };
        }
    }
    history
}

/// Texts are single letters in half of the histories, so that a value can be cut up in several ways.
fn kv(random: &mut SmallRng) -> Vec<Operation<KvOp, KvRet>> {
    let mut history = values(random).kv(random);
    let got: Vec<KvRet> = history
        .iter()
        .filter_map(|operation| match &operation.response {
            Some(response) if matches!(response.ret, KvRet::Value(_)) => Some(response.ret.clone()),
            _ => None,
        })
        .collect();
    for operation in &mut history {
        if let Some(response) = &mut operation.response
            && matches!(response.ret, KvRet::Value(_))
            && random.random_bool(0.3)
        {
            response.ret = got[random.random_range(0..got.len())].clone();
        }
    }
    if random.random_bool(0.5) {
        let letters = ["a", "b", "ab", "c", "d", "ba", "e", "f", "g", "h"];
        let put = |text: &mut String| {
            let numbers = text
                .split_whitespace()
                .map(|number| number.parse::<usize>().expect("a number"));
            *text = numbers.map(|number| letters[number % letters.len()]).collect();
        };
        for operation in &mut history {
            if let KvOp::Put(text) | KvOp::Append(text) = &mut operation.op {
                put(text);
            }
            if let Some(response) = &mut operation.response
                && let KvRet::Value(text) = &mut response.ret
            {
                put(text);
            }
        }
    }
    history
}

/// The search's verdict is that of brute force, and its order is one.
fn is_linearizable<S>(initial: &S, operations: &[Operation<S::Op, S::Ret>]) -> bool
where
    S: Foresee + SequentialSpec<Op: PartialEq + Hash + Debug, Ret: PartialEq + Hash + Debug> + Clone + Eq + Hash,
{
    let found = check_in_stretches(initial, operations, &Limits::default());
    let truth = brute_force(initial, operations);
    match (&found, &truth) {
        (Verdict::Linearizable(order), Verdict::Linearizable(_)) => {
            let verified = witness::verify(initial.clone(), operations, order);
            assert_eq!(verified, Ok(()), "{order:?} of {operations:#?}");
            true
        }
        (Verdict::Violation(_), Verdict::Violation(_)) => false,
        _ => panic!("{found:?}, brute force {truth:?}: {operations:#?}"),
    }
}

#[test]
fn registers_and_keys_agree_with_brute_force() {
    let mut random = SmallRng::seed_from_u64(41);
    let mut verdicts = [[0; 2]; 2];
    for _ in 0..6_000 {
        let linearizable = is_linearizable(&Register(0), &register(&mut random));
        verdicts[0][usize::from(linearizable)] += 1;
        let linearizable = is_linearizable(&Kv::default(), &kv(&mut random));
        verdicts[1][usize::from(linearizable)] += 1;
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

/// Operations of processes of their own: when each is invoked, when it returns, what it is and what it is told.
fn answered<Op, Ret>(operations: impl IntoIterator<Item = (u64, u64, (Op, Ret))>) -> Vec<Operation<Op, Ret>> {
    let operations = (0..).zip(operations);
    operations
        .map(|(process, (invoked, at, (op, ret)))| Operation {
            process,
            invoked,
            op,
            response: Some(crate::history::Response { at, ret }),
        })
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
        let history = kv(&mut random);
        let Some((first, operations)) = as_register(&Kv::default(), Prefix::whole(&history)) else {
            unclear += 1;
            continue;
        };
        clear += 1;
        let truth = brute_force(&Kv::default(), &history);
        match (brute_force(&first, &operations), &truth) {
            (Verdict::Linearizable(order), Verdict::Linearizable(_)) => {
                let verified = witness::verify(Kv::default(), &history, &order);
                assert_eq!(verified, Ok(()), "{order:?} of {history:#?}");
            }
            (Verdict::Violation(_), Verdict::Violation(_)) => violations += 1,
            (register, _) => panic!("{register:?} of {operations:#?}, {truth:?} of {history:#?}"),
        }
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
