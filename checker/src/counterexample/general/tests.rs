//! The steps and what they lead to, on random registers and stores.

use oversell_spec::{
    Kv, Register,
    kv::{KvOp, KvRet},
    register::{RegisterOp, RegisterRet},
};
use rand::{RngExt, SeedableRng, rngs::SmallRng};

use super::*;
use crate::{
    counterexample::{confirm::Confirmation, shrink::prefix},
    history::Response,
};

fn is_violation<S: Explainable>(start: &S, operations: &[Operation<S::Op, S::Ret>]) -> bool {
    match brute_force(start, operations) {
        Verdict::Violation(_) => true,
        Verdict::Linearizable(_) => false,
        Verdict::Undecided(limit) => panic!("{limit}"),
    }
}

/// A random history: the specification answers in the order of instants, now and then something else is said.
fn random<S: Explainable>(
    start: &S,
    random: &mut SmallRng,
    op: impl Fn(&mut SmallRng) -> S::Op,
    lie: impl Fn(&mut SmallRng, S::Ret) -> S::Ret,
) -> Vec<Operation<S::Op, S::Ret>> {
    let mut state = start.clone();
    let lies = random.random_range(0..3) == 0;
    (0..random.random_range(1..9))
        .map(|process| {
            let at = 10 * process as u64 + 20;
            let op = op(random);
            let lost = random.random_range(0..6) == 0;
            let mut ret = (!lost || random.random_range(0..2) == 0).then(|| state.invoke(&op));
            if lies && random.random_range(0..4) == 0 {
                ret = ret.map(|ret| lie(random, ret));
            }
            Operation {
                process,
                invoked: at - random.random_range(0..20),
                op,
                response: ret.filter(|_| !lost).map(|ret| Response {
                    at: at + random.random_range(0..20),
                    ret,
                }),
            }
        })
        .collect()
}

fn explains_what_is_wrong_and_keeps_what_is_right<S>(
    start: &S,
    op: impl Fn(&mut SmallRng) -> S::Op,
    lie: impl Fn(&mut SmallRng, S::Ret) -> S::Ret,
    restore: impl Fn(String) -> S,
) where
    S: Explainable + std::fmt::Debug,
    S::Op: std::fmt::Debug,
    S::Ret: std::fmt::Debug,
{
    let units = crate::history::Texts::new();
    let words = Words {
        clock: crate::history::Clock::Lines,
        units: &units,
    };
    let mut rng = SmallRng::seed_from_u64(3);
    let (mut violations, mut smaller, mut windows, mut near) = (0, 0, 0, 0);
    for _ in 0..3_000 {
        let history = random(start, &mut rng, &op, &lie);
        let all = items(&history);
        if !is_violation(start, &history) {
            // The steps, on any part of it, keep it right.
            let any = |_: &[Operation<S::Op, S::Ret>]| true;
            let bits = rng.random_range(0..256);
            let (some, kept): (Items<S>, Items<S>) =
                all.iter().cloned().partition(|item| bits & (1 << item.index) != 0);
            let mut shrinker = Shrinker::new(some, &any, &|| true);
            shrinker.apply(|item| {
                (item.relaxed.response.is_none() && S::is_unseen(&item.relaxed.op, &history)).then_some(Step::Remove)
            });
            shrinker.apply(|item| {
                let ret = item.relaxed.response.as_ref().map(|response| &response.ret);
                S::only_looks(&item.relaxed.op, ret).then_some(Step::Remove)
            });
            let operations = relaxed(&[kept, shrinker.items].concat());
            assert!(!is_violation(start, &operations), "{history:#?} to {operations:#?}");
            smaller += usize::from(operations.len() < history.len());
            for (time, value) in quiet::<S>(&all) {
                let later: Vec<_> = history
                    .iter()
                    .filter(|operation| operation.response.is_none() || operation.invoked > time)
                    .cloned()
                    .collect();
                assert!(!is_violation(&value, &later), "after {time}: {history:#?}");
            }
            for (from, end) in history
                .iter()
                .flat_map(|from| history.iter().map(move |end| (from, end)))
            {
                let (from, end) = (from.invoked, end.returned());
                let begun: Vec<usize> = (0..history.len())
                    .filter(|&index| history[index].invoked <= end)
                    .collect();
                let told_of = window::told_of::<S>(&history, &begun, from, end, &|| true);
                let from_any = window::from_any_value::<S>(&history, &begun, from, end, &|| true);
                windows += usize::from(from_any.as_ref().is_some_and(|items| items.len() < begun.len()));
                for items in [told_of, from_any].into_iter().flatten() {
                    assert!(!is_violation(start, &relaxed(&items)), "{from} to {end}: {history:#?}");
                }
            }
            continue;
        }
        violations += 1;
        let check = |start: &S, operations: &[_], _: &Limits| brute_force(start, operations);
        let mut certain_at: Vec<usize> = (0..history.len())
            .filter(|&at| history[at].response.is_some())
            .collect();
        certain_at.sort_by_key(|&at| history[at].returned());
        let certain_at = certain_at.into_iter().find(|&at| {
            let known: Items<S> = prefix(&all, history[at].returned()).collect();
            is_violation(start, &relaxed(&known))
        });
        let wrong = |operations: &[_]| is_violation(start, operations);
        near += usize::from(window::near_the_end::<S>(&history, certain_at, wrong, &|| true).is_some());
        let violation = Violation { certain_at };
        let finding = explain(start, &history, &words, &violation, &Limits::default(), check);
        assert_eq!(finding.confirmation, Confirmation::Confirmed, "{finding:#?}");
        let shown = &finding.counterexample.operations;
        let relaxed: Vec<_> = shown.iter().map(|shown| shown.relaxed.clone()).collect();
        assert!(
            is_minimal(&restore(finding.counterexample.initial.clone()), &relaxed),
            "{finding:#?}"
        );
    }
    assert!(
        violations > 100 && smaller > 200 && windows > 1_000 && near > 50,
        "{violations} {smaller} {windows} {near}"
    );
}

/// Nine appends at the same time, and one who reads another text.
#[test]
fn where_there_are_too_many_orders_the_one_that_gets_furthest_is_not_told() {
    let operation = |invoked, op, ret| Operation {
        process: 0,
        invoked,
        op,
        response: Some(Response { at: invoked + 5, ret }),
    };
    let appends = (1..=9).map(|number| operation(0, KvOp::Append(number.to_string()), KvRet::Done));
    let read = operation(10, KvOp::Get, KvRet::Value("9".to_string()));
    let history: Vec<_> = appends.chain([read]).collect();
    assert_eq!(dead_end(&Kv::default(), &history), None);
    let few = dead_end(&Kv::default(), &history[5..]).expect("four appends have few orders");
    assert_eq!(few.stuck, [4]);
}

#[test]
fn registers() {
    let value = |random: &mut SmallRng| random.random_range(0..3).to_string();
    explains_what_is_wrong_and_keeps_what_is_right(
        &Register("0".to_string()),
        |random| match random.random_range(0..3) {
            0 => RegisterOp::Read,
            1 => RegisterOp::Write(value(random)),
            _ => RegisterOp::Cas(value(random), value(random)),
        },
        |random, ret| match ret {
            RegisterRet::Value(_) => RegisterRet::Value(value(random)),
            RegisterRet::Mismatch => RegisterRet::Done,
            RegisterRet::Done => RegisterRet::Done,
        },
        Register,
    );
}

#[test]
fn key_value_stores() {
    let value = |random: &mut SmallRng| ["", "a", "b", "ab"][random.random_range(0..4)].to_string();
    explains_what_is_wrong_and_keeps_what_is_right(
        &Kv(String::new()),
        |random| match random.random_range(0..3) {
            0 => KvOp::Get,
            1 => KvOp::Put(value(random)),
            _ => KvOp::Append(value(random)),
        },
        |random, ret| match ret {
            KvRet::Value(_) => KvRet::Value(value(random)),
            KvRet::Done => KvRet::Done,
        },
        Kv,
    );
}

/// Is it said that nobody wrote what the last operation was told?
fn blames_nobody<S: Explainable>(start: &S, history: &[(S::Op, S::Ret)]) -> bool {
    let operation = |(place, (op, ret)): (usize, &(S::Op, S::Ret))| Operation {
        process: 1,
        invoked: 10 * place as u64,
        op: op.clone(),
        response: Some(Response {
            at: 10 * place as u64 + 5,
            ret: ret.clone(),
        }),
    };
    let history: Vec<_> = history.iter().enumerate().map(operation).collect();
    let units = crate::history::Texts::new();
    let words = Words {
        clock: crate::history::Clock::Lines,
        units: &units,
    };
    let violation = Violation {
        certain_at: Some(history.len() - 1),
    };
    let check = |start: &S, operations: &[_], _: &Limits| brute_force(start, operations);
    let finding = explain(start, &history, &words, &violation, &Limits::default(), check);
    assert_eq!(finding.confirmation, Confirmation::Confirmed);
    let says = finding.explanation.contains("Nobody wrote that");
    assert_eq!(says, finding.headline == "told a value that nobody wrote");
    says
}

#[test]
fn a_value_that_nobody_wrote_is_told_apart_from_one_that_was_there_once() {
    let register = Register("0".to_string());
    let write = |value: &str| (RegisterOp::Write(value.to_string()), RegisterRet::Done);
    let cas = |old: &str, new: &str| (RegisterOp::Cas(old.to_string(), new.to_string()), RegisterRet::Done);
    let read = |value: &str| (RegisterOp::Read, RegisterRet::Value(value.to_string()));
    assert!(blames_nobody(&register, &[write("1"), read("2")]));
    assert!(blames_nobody(&register, &[write("1"), cas("2", "3")]));
    assert!(!blames_nobody(&register, &[write("2"), write("1"), read("2")]));
    assert!(
        !blames_nobody(&register, &[write("1"), read("0")]),
        "it was there to begin with"
    );
    let key = Kv("x".to_string());
    let put = |value: &str| (KvOp::Put(value.to_string()), KvRet::Done);
    let append = |end: &str| (KvOp::Append(end.to_string()), KvRet::Done);
    let get = |value: &str| (KvOp::Get, KvRet::Value(value.to_string()));
    assert!(blames_nobody(&key, &[append("a"), append(""), get("xab")]));
    assert!(blames_nobody(&key, &[put("a"), get("b")]));
    assert!(
        !blames_nobody(&key, &[append("a"), append("b"), get("ab")]),
        "its end was appended"
    );
    assert!(!blames_nobody(&key, &[put("a"), get("x")]));
}
