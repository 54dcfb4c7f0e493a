//! What is decided without all pasts, against brute force. Under test so few pasts are kept, and the windows are so short, that
//! small histories are enough for it.

use std::fmt::Debug;

use oversell_spec::{
    Kv, Register,
    kv::{KvOp, KvRet},
    register::{RegisterOp, RegisterRet},
};
use rand::{RngExt, SeedableRng, rngs::SmallRng};

use super::{Followed, Monitor, Way};
use crate::{
    engines::{Limits, Verdict, Watched, brute_force},
    history::{Operation, Response},
};

type Texts = Vec<Operation<RegisterOp<String>, RegisterRet<String>>>;

/// Operations that take effect one after the other, each open around that; some lose their answer, some are told something else.
fn history<S: Followed>(
    random: &mut SmallRng,
    mut state: S,
    op: impl Fn(&mut SmallRng, usize) -> S::Op,
    spoilt: impl Fn(&mut SmallRng, &S::Op, S::Ret) -> S::Ret,
) -> Vec<Operation<S::Op, S::Ret>> {
    let operations = random.random_range(4..13);
    let apart = random.random_range(1..5);
    let width = random.random_range(2..12);
    let lost = [0.0, 0.1, 0.3][random.random_range(0..3)];
    let lies = [0.0, 0.1, 0.2][random.random_range(0..3)];
    let mut instant = 20;
    (0..operations)
        .map(|number| {
            instant += random.random_range(0..apart);
            let op = op(random, number);
            let takes_effect = !random.random_bool(lost / 2.0);
            let mut ret = takes_effect.then(|| state.invoke(&op));
            if let Some(told) = ret.take_if(|_| random.random_bool(lies)) {
                ret = Some(spoilt(random, &op, told));
            }
            Operation {
                process: number as i64,
                invoked: instant - random.random_range(0..width),
                op,
                response: ret.filter(|_| !random.random_bool(lost)).map(|ret| Response {
                    at: instant + random.random_range(0..width),
                    ret,
                }),
            }
        })
        .collect()
}

fn register(random: &mut SmallRng) -> Texts {
    let values = random.random_range(2..12);
    let cas = [0.0, 0.0, 0.4][random.random_range(0..3)];
    let value = |random: &mut SmallRng| random.random_range(0..values).to_string();
    let op = |random: &mut SmallRng, number: usize| match random.random::<f64>() {
        kind if kind < 0.4 => RegisterOp::Read,
        kind if kind < 0.4 + cas => RegisterOp::Cas(value(random), value(random)),
        _ if values > 8 => RegisterOp::Write(number.to_string()),
        _ => RegisterOp::Write(value(random)),
    };
    let spoilt = |random: &mut SmallRng, op: &RegisterOp<String>, ret| match (op, ret) {
        (_, RegisterRet::Value(_)) => RegisterRet::Value(value(random)),
        (RegisterOp::Cas(..), RegisterRet::Done) => RegisterRet::Mismatch,
        (RegisterOp::Cas(..), _) => RegisterRet::Done,
        (_, ret) => ret,
    };
    history(random, Register("0".to_string()), op, spoilt)
}

fn key(random: &mut SmallRng) -> Vec<Operation<KvOp, KvRet>> {
    let few = random.random_bool(0.5);
    let puts = [0.0, 0.2, 0.6][random.random_range(0..3)];
    let text = |random: &mut SmallRng, number: usize| {
        if few {
            ["a", "b", "ab", ""][random.random_range(0..4)].to_string()
        } else {
            format!("{number} ")
        }
    };
    let op = |random: &mut SmallRng, number: usize| match random.random::<f64>() {
        kind if kind < 0.4 => KvOp::Get,
        kind if kind < 0.4 + puts * 0.6 => KvOp::Put(text(random, number)),
        _ => KvOp::Append(text(random, number)),
    };
    let spoilt = |random: &mut SmallRng, _: &KvOp, ret| match ret {
        KvRet::Value(value) if value.is_empty() || random.random_bool(0.5) => KvRet::Value(value + "a"),
        KvRet::Value(value) => KvRet::Value(value[..value.len() / 2].to_string()),
        KvRet::Done => KvRet::Done,
    };
    history(random, Kv::default(), op, spoilt)
}

/// What was known after the responses up to this one.
fn prefix<Op: Clone, Ret: Clone>(operations: &[Operation<Op, Ret>], last: (u64, usize)) -> Vec<Operation<Op, Ret>> {
    let begun = operations.iter().enumerate();
    let begun = begun.filter(|(_, operation)| operation.invoked <= last.0);
    begun
        .map(|(index, operation)| Operation {
            response: operation
                .response
                .clone()
                .filter(|response| (response.at, index) <= last),
            ..operation.clone()
        })
        .collect()
}

/// How a history was decided.
#[derive(Debug, Default)]
struct Count {
    /// Without all pasts: these passed, these were violations, these were not decided.
    passed: u32,
    violations: u32,
    undecided: u32,
    /// These were violations with the very answer that makes them one.
    at_once: u32,
}

/// Feeds it event by event and holds what is known after each answer, and in the end, against brute force.
fn compare<S: Followed + Debug + Eq>(
    initial: &S,
    operations: &[Operation<S::Op, S::Ret>],
    random: &mut SmallRng,
    count: &mut Count,
) where
    S::Op: Debug,
    S::Ret: Debug,
{
    let mut events: Vec<(u64, bool, usize)> = Vec::new();
    for (index, operation) in operations.iter().enumerate() {
        events.push((operation.invoked, false, index));
        if let Some(response) = &operation.response {
            events.push((response.at, true, index));
        }
    }
    events.sort_unstable();
    let glances = random.random_bool(0.7);
    let mut monitor = Monitor::new(initial, Limits::default());
    let mut numbers = vec![0; operations.len()];
    let (mut certain, mut found) = (None, None);
    for (place, (at, responds, index)) in events.into_iter().enumerate() {
        let operation = &operations[index];
        if !responds {
            numbers[index] = monitor.invoke(at, operation.op.clone());
            if operation.response.is_none() && random.random_bool(0.7) {
                monitor.lose(numbers[index]);
            }
            continue;
        }
        let Some(response) = &operation.response else { continue };
        monitor.respond(numbers[index], at, response.ret.clone());
        if random.random_bool(0.3) {
            monitor.advance();
        }
        if random.random_bool(0.1)
            && let Some(resting) = monitor.rest()
        {
            monitor = Monitor::resume(&resting, Limits::default());
        }
        if glances {
            monitor.glance();
        }
        let violates = matches!(monitor.watched(), Watched::Violation(_));
        if violates && found.is_none() {
            found = Some(place);
        }
        if certain.is_none() && (violates || glances) {
            let truth = brute_force(initial, &prefix(operations, (at, index)));
            if matches!(truth, Verdict::Violation(_)) {
                certain = Some(place);
            }
            assert!(certain.is_some() || !violates, "after {index}: {operations:#?}");
        }
    }
    let without_all = matches!(monitor.way, Way::Windows(_));
    let watched = monitor.finish();
    let truth = brute_force(initial, operations);
    match (&watched, &truth) {
        (Watched::Linearizable, Verdict::Linearizable(_)) => count.passed += u32::from(without_all),
        (Watched::Violation(_), Verdict::Violation(_)) => {
            count.violations += u32::from(without_all);
            count.at_once += u32::from(without_all && glances && certain == found);
        }
        (Watched::Undecided(_), _) => count.undecided += 1,
        _ => panic!("{watched:?}, brute force {truth:?}: {operations:#?} from {initial:?} on"),
    }
}

/// So many histories of each kind.
fn compared(cases: u32, seed: u64) -> [Count; 2] {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut counts = [Count::default(), Count::default()];
    for _ in 0..cases {
        let operations = register(&mut random);
        compare(&Register("0".to_string()), &operations, &mut random, &mut counts[0]);
        let operations = key(&mut random);
        compare(&Kv::default(), &operations, &mut random, &mut counts[1]);
    }
    counts
}

#[test]
fn what_is_decided_without_all_pasts_agrees_with_brute_force() {
    let counts = compared(1_500, 43);
    for count in &counts {
        let decided = count.passed + count.violations;
        assert!(count.passed > 200 && count.violations > 50, "{counts:?}");
        assert!(count.undecided * 10 < decided, "{counts:?}");
        assert!(count.at_once * 4 > count.violations, "{counts:?}");
    }
}
