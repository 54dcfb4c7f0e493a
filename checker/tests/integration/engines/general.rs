//! The general search: registers and key-value stores against brute force and against stateright's own tester.

use std::{fmt::Debug, hash::Hash};

use oversell_checker::{
    engines::{
        Limits, Verdict,
        families::{operation, small_values, streamed::events, truth::Truth, values::Values},
        general, witness,
    },
    history::{Operation, Response},
};
use oversell_spec::{
    Adapted, SequentialSpec,
    kv::{Kv, KvOp, KvRet},
    register::{Register, RegisterOp, RegisterRet},
};
use rand::{SeedableRng, rngs::SmallRng};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester};

/// What stateright's tester says to the same history, as ours does.
fn stateright_accepts<S>(initial: S, operations: &[Operation<S::Op, S::Ret>]) -> bool
where
    S: SequentialSpec<Op: Clone + Debug + PartialEq + Hash, Ret: Clone + Debug + PartialEq + Hash>
        + Clone
        + PartialEq
        + Hash,
{
    let mut theirs = LinearizabilityTester::new(Adapted(initial.clone()));
    let mut ours = general::LinearizabilityTester::new(Adapted(initial));
    for (_, responds, index) in events(operations) {
        let Operation {
            process, op, response, ..
        } = operations[index].clone();
        let valid = match response {
            Some(Response { ret, .. }) if responds => {
                theirs.on_return(process, ret.clone()).is_ok() && ours.on_return(process, ret).is_ok()
            }
            _ => theirs.on_invoke(process, op.clone()).is_ok() && ours.on_invoke(process, op).is_ok(),
        };
        assert!(valid, "a process has one operation at a time");
    }
    assert_eq!(theirs.len(), ours.len());
    let accepted = theirs.is_consistent();
    assert_eq!(accepted, ours.is_consistent(), "{operations:#?}");
    accepted
}

fn agree<S>(initial: &S, operations: &[Operation<S::Op, S::Ret>]) -> bool
where
    S: SequentialSpec<Op: Clone + Debug + PartialEq + Hash, Ret: Clone + Debug + PartialEq + Hash> + Clone + Eq + Hash,
{
    let truth = Truth::of(initial, operations);
    let checked = truth.confirm_exactly("the search", &general::check(initial, operations, &Limits::default()));
    assert_eq!(checked, Ok(()), "{operations:#?}");
    let accepted = stateright_accepts(initial.clone(), operations);
    assert_eq!(accepted, truth.is_linearizable(), "{operations:#?}");
    accepted
}

#[test]
fn histories_agree_with_brute_force_and_stateright() {
    let mut random = SmallRng::seed_from_u64(11);
    let mut accepted = [0; 2];
    for _ in 0..3_000 {
        let drafts = small_values::random(&mut random, 6);
        let register = agree(&Register("0".to_string()), &small_values::register(&drafts));
        let key = agree(&Kv::default(), &small_values::kv(&drafts));
        accepted = [accepted[0] + u32::from(register), accepted[1] + u32::from(key)];
    }
    assert!(
        accepted.iter().all(|count| (500..2_950).contains(count)),
        "{accepted:?}"
    );
}

/// More open operations than a machine word has bits, and only the last in line can go first.
#[test]
fn many_open_operations_are_no_obstacle() {
    let step = |from: u32| operation(0, RegisterOp::Cas(from, from + 1), Some((10, RegisterRet::Done)));
    let operations: Vec<_> = (0..300).rev().map(step).collect();
    let Verdict::Linearizable(order) = general::check(&Register(0), &operations, &Limits::default()) else {
        panic!("a chain of 300 is linearizable");
    };
    assert_eq!(witness::verify(Register(0), &operations, &order), Ok(()));
}

/// A client's answer may be lost long before somebody sees what it did.
#[test]
fn an_indeterminate_write_may_take_effect_late_or_never() {
    let read = |time, value| operation(time, RegisterOp::Read, Some((time + 1, RegisterRet::Value(value))));
    let lost = Operation {
        process: 1,
        ..operation(0, RegisterOp::Write(7), None)
    };
    for (values, accepted) in [([0, 0], true), ([0, 7], true), ([7, 7], true), ([7, 0], false)] {
        let operations = [lost.clone(), read(10, values[0]), read(20, values[1])];
        assert_eq!(agree(&Register(0), &operations), accepted, "{values:?}");
    }
}

/// Of all ways to feed five events on three threads, those are equal to our tester that are equal to stateright's: the states of
/// a model are merged alike. Specifications are stateright's own, which are not `Eq`.
#[test]
fn testers_are_equal_when_stateright_s_are() {
    use stateright::semantics::register::{Register, RegisterOp, RegisterRet};

    let events = 5;
    let fed: Vec<_> = (0..3_u32.pow(events))
        .map(|code| {
            let mut theirs = LinearizabilityTester::new(Register('A'));
            let mut ours = general::LinearizabilityTester::new(Register('A'));
            let mut in_flight = [false; 3];
            for event in 0..events {
                let thread = (code / 3_u32.pow(event) % 3) as usize;
                if in_flight[thread] {
                    theirs.on_return(thread, RegisterRet::WriteOk).expect("valid");
                    ours.on_return(thread, RegisterRet::WriteOk).expect("valid");
                } else {
                    theirs.on_invoke(thread, RegisterOp::Write('B')).expect("valid");
                    ours.on_invoke(thread, RegisterOp::Write('B')).expect("valid");
                }
                in_flight[thread] ^= true;
            }
            (theirs, ours)
        })
        .collect();
    for (theirs, ours) in &fed {
        for (other, another) in &fed {
            assert_eq!(theirs == other, ours == another, "{theirs:?}\n{other:?}");
        }
    }
}

/// What is fed out of turn is refused from then on, as by stateright's.
#[test]
fn testers_refuse_what_is_out_of_turn() {
    let mut tester = general::LinearizabilityTester::new(Adapted(Register(0)));
    assert!(tester.on_return(7, RegisterRet::Done).is_err());
    assert!(tester.on_invoke(7, RegisterOp::Read).is_err());
    assert!(!tester.is_consistent());
    assert_eq!(tester.serialized_history(), None);
    let mut tester = general::LinearizabilityTester::new(Adapted(Register(0)));
    tester.on_invoke(7, RegisterOp::Write(1)).expect("free");
    assert_eq!(
        tester.serialized_history(),
        Some(vec![]),
        "it need not have taken effect"
    );
    assert!(tester.on_invoke(7, RegisterOp::Read).is_err());
}

/// Clients in a closed loop, as many as a search that goes deep first cannot cope with; the orders found are verified.
#[test]
fn fifty_clients_are_no_obstacle_to_rewritten_values_and_appends() {
    let mut random = SmallRng::seed_from_u64(17);
    let base = Values {
        operations: 1_000,
        ..Values::default()
    };
    for (values, second) in [(Some(5), 0.2), (Some(5), 0.33), (Some(100), 0.2), (None, 0.2)] {
        let history = Values { values, second, ..base }.register(&mut random);
        passes(&Register(0), &history);
    }
    for second in [0.0, 0.05, 0.2] {
        let history = Values { second, ..base }.kv(&mut random);
        passes(&Kv::default(), &history);
    }
}

fn passes<S>(initial: &S, history: &[Operation<S::Op, S::Ret>])
where
    S: general::Foresee<Op: PartialEq + Hash, Ret: PartialEq + Hash> + Clone + PartialEq + Hash,
{
    match general::check_foreseeing(initial, history, &Limits::default()) {
        Verdict::Linearizable(order) => assert_eq!(witness::verify(initial.clone(), history, &order), Ok(())),
        verdict => panic!("{verdict:?}"),
    }
}

/// Comparisons that fail are questions that change a state elsewhere: their answer says that they change nothing. Tried in every
/// order, twelve of them are thousands of configurations.
#[test]
fn failed_comparisons_are_not_tried_in_every_order() {
    let write = |value, at| operation(at, RegisterOp::Write(value), Some((at + 1, RegisterRet::Done)));
    let mut history = vec![write(1, 0), write(0, 2)];
    let failed = |client: u64| {
        let told = Some((20 + client, RegisterRet::Mismatch));
        operation(4, RegisterOp::Cas(1, 10 + client), told)
    };
    history.extend((0..12).map(failed));
    history.push(operation(4, RegisterOp::Read, Some((40, RegisterRet::Value(1)))));
    let verdict = general::check(&Register(0), &history, &within(100));
    assert!(
        matches!(&verdict, Verdict::Violation(violation) if violation.certain_at == Some(14)),
        "{verdict:?}"
    );
}

/// Of twelve appends, the one that was read is the last to return.
#[test]
fn what_makes_the_answer_fit_is_tried_first() {
    let append = |client: u64| {
        let told = Some((100 + client, KvRet::Done));
        operation(0, KvOp::Append(format!("<{client}>")), told)
    };
    let mut history: Vec<_> = (0..12).map(append).collect();
    history.push(operation(0, KvOp::Get, Some((50, KvRet::Value("<11>".into())))));
    let verdict = general::check(&Kv::default(), &history, &within(100));
    assert!(matches!(verdict, Verdict::Linearizable(_)), "{verdict:?}");
}

fn within(configurations: u64) -> Limits {
    Limits {
        configurations,
        ..Limits::default()
    }
}
