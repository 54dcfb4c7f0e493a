//! The general search: registers and key-value stores against brute force and against stateright's own tester.

use oversell_checker::{
    engines::{Limits, Verdict, brute_force, families::values::Values, general, witness},
    history::{Operation, Response},
};
use oversell_spec::{
    Adapted, SequentialSpec,
    kv::{Kv, KvOp, KvRet},
    register::{Register, RegisterOp, RegisterRet},
};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester};

/// Clients that run operations one after the other; the answers are those of random instants, some are spoilt by
/// `spoil`, some are lost.
fn random_history<S: SequentialSpec>(
    random: &mut SmallRng,
    mut state: S,
    ask: impl Fn(&mut SmallRng) -> S::Op,
    spoil: impl Fn(&mut SmallRng, S::Ret) -> S::Ret,
) -> Vec<Operation<S::Op, S::Ret>>
where
    S::Ret: Clone,
{
    let mut drafts = Vec::new();
    for process in 0..random.random_range(1..4) {
        let mut time = random.random_range(0..4);
        for _ in 0..random.random_range(1..4) {
            let instant = time + random.random_range(0..4u64);
            let end = instant + random.random_range(0..4u64);
            drafts.push((instant, process, time, end, ask(random)));
            time = end + 1;
        }
    }
    drafts.sort_by_key(|draft| draft.0);
    let mut gone = std::collections::BTreeSet::new();
    let mut operations = Vec::new();
    for (_, process, invoked, at, op) in drafts {
        if gone.contains(&process) {
            continue;
        }
        let ret = state.invoke(&op);
        let ret = if random.random_range(0..12) == 0 {
            spoil(random, ret)
        } else {
            ret
        };
        let response = if random.random_range(0..15) == 0 {
            gone.insert(process);
            None
        } else {
            Some(Response { at, ret })
        };
        operations.push(Operation {
            process,
            invoked,
            op,
            response,
        });
    }
    operations
}

/// What stateright's tester says to the same history. At one time invocations come first.
fn stateright_accepts<S>(initial: S, operations: &[Operation<S::Op, S::Ret>]) -> bool
where
    S: SequentialSpec + Clone + PartialEq + std::hash::Hash,
    S::Op: Clone + std::fmt::Debug + PartialEq + std::hash::Hash,
    S::Ret: Clone + std::fmt::Debug + PartialEq + std::hash::Hash,
{
    let mut events = Vec::new();
    for operation in operations {
        events.push((operation.invoked, 0, operation));
        if operation.response.is_some() {
            events.push((operation.returned(), 1, operation));
        }
    }
    events.sort_by_key(|event| (event.0, event.1));
    let mut theirs = LinearizabilityTester::new(Adapted(initial.clone()));
    let mut ours = general::LinearizabilityTester::new(Adapted(initial));
    for (_, kind, operation) in events {
        let valid = match &operation.response {
            Some(response) if kind == 1 => {
                theirs.on_return(operation.process, response.ret.clone()).is_ok()
                    && ours.on_return(operation.process, response.ret.clone()).is_ok()
            }
            _ => {
                theirs.on_invoke(operation.process, operation.op.clone()).is_ok()
                    && ours.on_invoke(operation.process, operation.op.clone()).is_ok()
            }
        };
        assert!(valid, "a process has one operation at a time");
    }
    assert_eq!(theirs.len(), ours.len());
    assert_eq!(theirs.is_consistent(), ours.is_consistent(), "{operations:#?}");
    theirs.is_consistent()
}

/// By brute force: the response with which the history is no longer linearizable.
fn first_violation<S>(initial: &S, operations: &[Operation<S::Op, S::Ret>]) -> Option<usize>
where
    S: SequentialSpec + Clone + Eq + std::hash::Hash,
    S::Op: Clone,
    S::Ret: Clone,
{
    if matches!(brute_force(initial, operations), Verdict::Linearizable(_)) {
        return None;
    }
    let mut responses: Vec<(u64, usize)> = (0..operations.len())
        .filter_map(|index| Some((operations[index].response.as_ref()?.at, index)))
        .collect();
    responses.sort_unstable();
    let is_violation = |last: &(u64, usize)| {
        let invoked = operations
            .iter()
            .enumerate()
            .filter(|(_, operation)| operation.invoked <= last.0);
        let prefix: Vec<_> = invoked
            .map(|(index, operation)| {
                let mut operation = operation.clone();
                operation.response = operation.response.filter(|response| (response.at, index) <= *last);
                operation
            })
            .collect();
        matches!(brute_force(initial, &prefix), Verdict::Violation(_))
    };
    responses.iter().find(|last| is_violation(last)).map(|last| last.1)
}

fn agree<S>(initial: &S, operations: &[Operation<S::Op, S::Ret>]) -> bool
where
    S: general::Foresee + Clone + Eq + std::hash::Hash + std::fmt::Debug,
    S::Op: Clone + Eq + std::hash::Hash + std::fmt::Debug,
    S::Ret: Clone + Eq + std::hash::Hash + std::fmt::Debug,
{
    let foreseeing = general::check_foreseeing(initial, operations, &Limits::default());
    let plain = general::check(initial, operations, &Limits::default());
    let certain: Vec<Option<usize>> = [&plain, &foreseeing]
        .into_iter()
        .map(|verdict| match verdict {
            Verdict::Linearizable(order) => {
                let verified = witness::verify(initial.clone(), operations, order);
                assert_eq!(verified, Ok(()), "{operations:#?}");
                None
            }
            Verdict::Violation(violation) => Some(violation.certain_at.expect("no limit was reached")),
            Verdict::Undecided(limit) => panic!("{limit}"),
        })
        .collect();
    let first = first_violation(initial, operations);
    assert_eq!(certain, [first, first], "{operations:#?}");
    let accepted = first.is_none();
    assert_eq!(
        accepted,
        stateright_accepts(initial.clone(), operations),
        "{operations:#?}"
    );
    accepted
}

#[test]
fn register_histories_agree_with_brute_force_and_stateright() {
    let mut random = SmallRng::seed_from_u64(11);
    let ask = |random: &mut SmallRng| match random.random_range(0..4) {
        0 => RegisterOp::Write(random.random_range(0..3)),
        1 => RegisterOp::Cas(random.random_range(0..3), random.random_range(0..3)),
        _ => RegisterOp::Read,
    };
    let spoil = |random: &mut SmallRng, ret| match ret {
        RegisterRet::Value(_) => RegisterRet::Value(random.random_range(0..3u8)),
        RegisterRet::Mismatch => RegisterRet::Done,
        other => other,
    };
    let accepted = (0..3_000)
        .filter(|_| {
            let operations = random_history(&mut random, Register(0), ask, spoil);
            agree(&Register(0), &operations)
        })
        .count();
    assert!((500..2_950).contains(&accepted), "{accepted} of 3000 are linearizable");
}

#[test]
fn kv_histories_agree_with_brute_force_and_stateright() {
    let mut random = SmallRng::seed_from_u64(12);
    let letter = |random: &mut SmallRng| char::from(b'a' + random.random_range(0..3)).to_string();
    let ask = |random: &mut SmallRng| match random.random_range(0..6) {
        0 | 5 => KvOp::Put(letter(random)),
        1 | 2 => KvOp::Append(letter(random)),
        _ => KvOp::Get,
    };
    let spoil = |random: &mut SmallRng, ret| match ret {
        KvRet::Value(value) => KvRet::Value(value + &letter(random)),
        KvRet::Done => KvRet::Done,
    };
    let accepted = (0..2_000)
        .filter(|_| {
            let operations = random_history(&mut random, Kv::default(), ask, spoil);
            agree(&Kv::default(), &operations)
        })
        .count();
    assert!((300..1_950).contains(&accepted), "{accepted} of 2000 are linearizable");
}

/// More open operations than a machine word has bits, and only the last in line can go first.
#[test]
fn many_open_operations_are_no_obstacle() {
    let chain = |from: u32| RegisterOp::Cas(from, from + 1);
    let operations: Vec<_> = (0..300u32)
        .rev()
        .map(|from| Operation {
            process: i64::from(from),
            invoked: 0,
            op: chain(from),
            response: Some(Response {
                at: 10,
                ret: RegisterRet::Done,
            }),
        })
        .collect();
    let Verdict::Linearizable(order) = general::check(&Register(0), &operations, &Limits::default()) else {
        panic!("a chain of 300 is linearizable");
    };
    assert_eq!(witness::verify(Register(0), &operations, &order), Ok(()));
}

/// A client's answer may be lost long before somebody sees what it did.
#[test]
fn an_indeterminate_write_may_take_effect_late_or_never() {
    let operation = |invoked, op, response: Option<(u64, RegisterRet<u8>)>| Operation {
        process: 0,
        invoked,
        op,
        response: response.map(|(at, ret)| Response { at, ret }),
    };
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
    S: general::Foresee + Clone + PartialEq + std::hash::Hash,
    S::Op: PartialEq + std::hash::Hash,
    S::Ret: PartialEq + std::hash::Hash,
{
    match general::check_foreseeing(initial, history, &Limits::default()) {
        Verdict::Linearizable(order) => assert_eq!(witness::verify(initial.clone(), history, &order), Ok(())),
        verdict => panic!("{verdict:?}"),
    }
}

/// An operation with its answer, from one instant to another.
fn answered<Op, Ret>(process: i64, (invoked, at): (u64, u64), op: Op, ret: Ret) -> Operation<Op, Ret> {
    let response = Some(Response { at, ret });
    Operation {
        process,
        invoked,
        op,
        response,
    }
}

/// Comparisons that fail are questions that change a state elsewhere: their answer says that they change nothing. Tried in every
/// order, twelve of them are thousands of configurations.
#[test]
fn failed_comparisons_are_not_tried_in_every_order() {
    let write = |value, at| answered(0, (at, at + 1), RegisterOp::Write(value), RegisterRet::Done);
    let mut history = vec![write(1, 0), write(0, 2)];
    history.extend((0..12).map(|client: i64| {
        let op = RegisterOp::Cas(1, 10 + client);
        answered(1 + client, (4, 20 + client.unsigned_abs()), op, RegisterRet::Mismatch)
    }));
    history.push(answered(0, (4, 40), RegisterOp::Read, RegisterRet::Value(1)));
    let verdict = general::check(&Register(0), &history, &within(100));
    assert!(
        matches!(&verdict, Verdict::Violation(violation) if violation.certain_at == Some(14)),
        "{verdict:?}"
    );
}

/// Of twelve appends, the one that was read is the last to return.
#[test]
fn what_makes_the_answer_fit_is_tried_first() {
    let append = |client: i64| {
        let name = KvOp::Append(format!("<{client}>"));
        answered(client, (0, 100 + client.unsigned_abs()), name, KvRet::Done)
    };
    let mut history: Vec<_> = (0..12).map(append).collect();
    history.push(answered(12, (0, 50), KvOp::Get, KvRet::Value("<11>".into())));
    let verdict = general::check(&Kv::default(), &history, &within(100));
    assert!(matches!(verdict, Verdict::Linearizable(_)), "{verdict:?}");
}

fn within(configurations: u64) -> Limits {
    Limits {
        configurations,
        ..Limits::default()
    }
}
