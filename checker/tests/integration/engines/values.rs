//! The monitor of registers and key-value stores, event by event, against the search for whole histories.

use oversell_checker::{
    engines::{
        Limits, Verdict, Watched,
        families::{
            streamed::{Streamed, feed},
            values::Values,
        },
        general::{self, Followed, Foresee, Monitor},
    },
    history::{Operation, Response},
};
use oversell_spec::{
    kv::Kv,
    register::{Register, RegisterOp, RegisterRet},
};
use rand::{SeedableRng, rngs::SmallRng};

/// The verdict of the search, and the operation whose answer makes it certain.
fn agrees_with_the_search<S>(initial: &S, operations: &[Operation<S::Op, S::Ret>], seed: u64) -> bool
where
    S: Followed + Foresee,
{
    let (limits, random) = (Limits::default(), &mut SmallRng::seed_from_u64(seed));
    let monitor = Monitor::new(initial, limits);
    let (certain, watched) = feed(monitor, operations, Monitor::is_violation, random);
    match (general::check_foreseeing(initial, operations, &limits), watched) {
        (Verdict::Linearizable(_), Watched::Linearizable) => false,
        (Verdict::Violation(violation), Watched::Violation(_)) => {
            assert_eq!(violation.certain_at, certain);
            true
        }
        (verdict, watched) => panic!("{verdict:?}, but {watched:?} with seed {seed}"),
    }
}

fn texts(
    history: Vec<Operation<RegisterOp<u32>, RegisterRet<u32>>>,
) -> Vec<Operation<RegisterOp<String>, RegisterRet<String>>> {
    let told = |ret| match ret {
        RegisterRet::Value(value) => RegisterRet::Value(u32::to_string(&value)),
        RegisterRet::Done => RegisterRet::Done,
        RegisterRet::Mismatch => RegisterRet::Mismatch,
    };
    let asked = |op| match op {
        RegisterOp::Read => RegisterOp::Read,
        RegisterOp::Write(value) => RegisterOp::Write(u32::to_string(&value)),
        RegisterOp::Cas(old, new) => RegisterOp::Cas(old.to_string(), new.to_string()),
    };
    let all = history.into_iter().map(|operation| Operation {
        process: operation.process,
        invoked: operation.invoked,
        op: asked(operation.op),
        response: operation.response.map(|response| Response {
            at: response.at,
            ret: told(response.ret),
        }),
    });
    all.collect()
}

#[test]
fn longer_histories_are_judged_as_by_the_search_and_after_the_same_response() {
    let base = Values {
        clients: 6,
        operations: 300,
        ..Values::default()
    };
    let families = [
        base,
        Values {
            values: Some(4),
            second: 0.3,
            ..base
        },
        Values {
            values: Some(3),
            lost: 0.03,
            ..base
        },
        Values {
            lost: 0.05,
            reads: 0.3,
            ..base
        },
        Values {
            second: 0.4,
            lost: 0.02,
            values: Some(5),
            ..base
        },
        Values {
            clients: 24,
            operations: 400,
            ..base
        },
    ];
    let mut violations = 0;
    for seed in 0..6 {
        for family in families {
            for lie in [false, true] {
                let mut random = SmallRng::seed_from_u64(seed);
                let family = Values { lie, ..family };
                let history = texts(family.register(&mut random));
                let register = Register("0".to_string());
                violations += usize::from(agrees_with_the_search(&register, &history, seed));
                let few = Values {
                    clients: family.clients.min(5),
                    ..family
                };
                violations += usize::from(agrees_with_the_search(&Kv::default(), &few.kv(&mut random), seed));
            }
        }
    }
    assert!(violations > 30, "{violations} violations");
}

#[test]
fn an_answer_that_never_comes_weakens_nothing_and_one_that_comes_too_late_does() {
    for late in [false, true] {
        let mut monitor = Monitor::new(&Register("0".to_string()), Limits::default());
        let slow = monitor.invoke(0, RegisterOp::Read);
        let mut now = 0;
        for _ in 0..300_000 {
            let number = monitor.invoke(now + 1, RegisterOp::Write("1".to_string()));
            monitor.respond(number, now + 2, RegisterRet::Done);
            now += 3;
        }
        if late {
            monitor.respond(slow, now, RegisterRet::Value("0".to_string()));
        } else {
            monitor.lose(slow);
        }
        let watched = monitor.finish();
        assert_eq!(matches!(watched, Watched::Undecided(_)), late, "{watched:?}");
        assert_eq!(matches!(watched, Watched::Linearizable), !late, "{watched:?}");
    }
}

#[test]
fn more_kinds_of_lost_writes_than_are_kept_are_not_decided() {
    let mut monitor = Monitor::new(&Register("0".to_string()), Limits::default());
    for value in 0..300_000_u64 {
        let lost = monitor.invoke(value, RegisterOp::Write(value.to_string()));
        monitor.lose(lost);
    }
    let watched = monitor.finish();
    assert!(
        matches!(&watched, Watched::Undecided(limit) if limit.to_string().contains("262,144")),
        "{watched:?}"
    );
}
