//! Histories of which each value read was written once, decided without a search: against brute force.

use std::{fmt::Debug, hash::Hash, time::Duration};

use oversell_checker::{
    engines::{
        Limits, Verdict,
        families::{operation, truth::Truth, values::Values},
        general::{self, Foresee},
        witness,
    },
    history::{Operation, Response},
};
use oversell_spec::{
    kv::{Kv, KvOp, KvRet},
    register::{Register, RegisterOp, RegisterRet},
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use rand::{SeedableRng, rngs::SmallRng};

type RegisterOperation = Operation<RegisterOp<u32>, RegisterRet<u32>>;

/// The search visits nothing with these, and says that it did not decide.
const NO_SEARCH: Limits = Limits {
    configurations: 0,
    time: Duration::from_secs(60),
    memory: u64::MAX,
};

fn write(invoked: u64, at: u64, value: u32) -> RegisterOperation {
    operation(invoked, RegisterOp::Write(value), Some((at, RegisterRet::Done)))
}

fn lost(invoked: u64, value: u32) -> RegisterOperation {
    operation(invoked, RegisterOp::Write(value), None)
}

fn read(invoked: u64, at: u64, value: u32) -> RegisterOperation {
    operation(invoked, RegisterOp::Read, Some((at, RegisterRet::Value(value))))
}

/// The response with which it is certain that there is no order, from zones alone; `None`: there is one, which was verified.
#[track_caller]
fn decided_from<S>(initial: &S, operations: &[Operation<S::Op, S::Ret>]) -> Option<usize>
where
    S: Foresee<Op: Debug + PartialEq + Hash, Ret: Debug + PartialEq + Hash> + Clone + PartialEq + Hash,
{
    match general::check_foreseeing(initial, operations, &NO_SEARCH) {
        Verdict::Linearizable(order) => {
            let verified = witness::verify(initial.clone(), operations, &order);
            assert_eq!(verified, Ok(()), "{operations:#?}");
            None
        }
        Verdict::Violation(violation) => Some(violation.certain_at.expect("zones say when")),
        Verdict::Undecided(limit) => panic!("searched: {limit}, {operations:#?}"),
    }
}

#[track_caller]
fn decided(operations: &[RegisterOperation]) -> Option<usize> {
    decided_from(&Register(0), operations)
}

/// The same from brute force.
fn truth(operations: &[RegisterOperation]) -> Option<usize> {
    Truth::of(&Register(0), operations).certain_at
}

/// What one operation does: when, for how long (`None`: no answer), and what it reads, as a place among all values, if it reads.
type Draft = (u64, Option<u64>, Option<prop::sample::Index>);

/// Writes number their values; reads are told any of them, the initial value, or one that nobody wrote.
fn history(drafts: &[Draft]) -> Vec<RegisterOperation> {
    let draft = |(index, &(invoked, takes, reads)): (usize, &Draft)| match (reads, takes) {
        (None, None) => lost(invoked, index as u32 + 1),
        (None, Some(takes)) => write(invoked, invoked + takes, index as u32 + 1),
        (Some(_), None) => operation(invoked, RegisterOp::Read, None),
        (Some(told), Some(takes)) => {
            let written = drafts.iter().enumerate().filter(|(_, draft)| draft.2.is_none());
            let written: Vec<u32> = written.map(|(write, _)| write as u32 + 1).collect();
            let told = told.index(8 * (written.len() + 1) + 1);
            let value = if told == 0 {
                1000
            } else {
                *written.get(told % (written.len() + 1)).unwrap_or(&0)
            };
            read(invoked, invoked + takes, value)
        }
    };
    drafts.iter().enumerate().map(draft).collect()
}

fn drafts(span: u64) -> impl Strategy<Value = Vec<Draft>> {
    let takes = prop::option::weighted(0.85, 0..span / 2);
    let reads = prop::option::weighted(0.6, any::<prop::sample::Index>());
    prop::collection::vec((0..span, takes, reads), 1..9)
}

/// Clients in a closed loop, with stamps so coarse that many intervals touch, and some reads that are told something else.
fn recorded() -> impl Strategy<Value = Vec<RegisterOperation>> {
    let size = (
        1..5usize,
        1..14usize,
        0.2..0.8,
        prop::sample::select(vec![0.0, 0.0, 0.2]),
    );
    let spoilt = prop::collection::vec((any::<prop::sample::Index>(), 0..14u32), 0..2);
    let coarse = prop::sample::select(vec![1, 20_000, 60_000]);
    (any::<u64>(), size, spoilt, coarse).prop_map(|(seed, (clients, operations, reads, lost), spoilt, coarse)| {
        let values = Values {
            clients,
            operations,
            reads,
            lost,
            ..Values::default()
        };
        let mut history = values.register(&mut SmallRng::seed_from_u64(seed));
        for operation in &mut history {
            operation.invoked /= coarse;
            if let Some(response) = &mut operation.response {
                response.at /= coarse;
            }
        }
        for (which, value) in spoilt {
            let operation = which.get(&history).clone();
            if let (RegisterOp::Read, Some(response)) = (&operation.op, operation.response) {
                history[which.index(operations)].response = Some(Response {
                    ret: RegisterRet::Value(value),
                    ..response
                });
            }
        }
        history
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn zones_agree_with_brute_force_on_anything(drafts in drafts(12)) {
        let operations = history(&drafts);
        prop_assert_eq!(decided(&operations), truth(&operations));
    }

    /// Nearly everything touches or overlaps.
    #[test]
    fn zones_agree_with_brute_force_where_intervals_touch(drafts in drafts(4)) {
        let operations = history(&drafts);
        prop_assert_eq!(decided(&operations), truth(&operations));
    }

    #[test]
    fn zones_agree_with_brute_force_on_recorded_histories(operations in recorded()) {
        prop_assert_eq!(decided(&operations), truth(&operations));
    }

    /// Times are only compared, up to the last there is; the order in which operations are listed is no matter.
    #[test]
    fn zones_look_at_the_order_of_times_alone(drafts in drafts(8)) {
        let operations = history(&drafts);
        let mut late: Vec<_> = operations.iter().rev().cloned().collect();
        let last = operations.iter().flat_map(|operation| {
            [Some(operation.invoked), operation.response.as_ref().map(|response| response.at)]
        });
        let shift = u64::MAX - last.flatten().max().unwrap_or(0);
        for operation in &mut late {
            operation.invoked += shift;
            if let Some(response) = &mut operation.response {
                response.at += shift;
            }
        }
        prop_assert_eq!(decided(&operations).is_some(), decided(&late).is_some());
        prop_assert_eq!(decided(&late), truth(&late));
    }

    /// A key that is only put and got is a register.
    #[test]
    fn zones_take_keys_that_are_put_and_got(drafts in drafts(8)) {
        let operations = history(&drafts);
        let name = |value: &u32| if *value == 0 { String::new() } else { value.to_string() };
        let kv: Vec<_> = operations.iter().map(|operation| Operation {
            process: operation.process,
            invoked: operation.invoked,
            op: match &operation.op {
                RegisterOp::Write(value) => KvOp::Put(name(value)),
                _ => KvOp::Get,
            },
            response: operation.response.as_ref().map(|response| Response {
                at: response.at,
                ret: match &response.ret {
                    RegisterRet::Value(value) => KvRet::Value(name(value)),
                    _ => KvRet::Done,
                },
            }),
        }).collect();
        prop_assert_eq!(decided_from(&Kv::default(), &kv), decided(&operations));
    }
}

/// The laws above would say little of histories that were all legal, or all not.
#[test]
fn random_histories_are_of_both_kinds() {
    let sampled = [
        drafts(12).prop_map(|drafts| history(&drafts)).boxed(),
        drafts(4).prop_map(|drafts| history(&drafts)).boxed(),
        recorded().boxed(),
    ];
    let mut runner = TestRunner::deterministic();
    for histories in sampled {
        let violations = (0..1_000).filter(|_| {
            let history = histories.new_tree(&mut runner).expect("nothing is rejected").current();
            decided(&history).is_some()
        });
        let violations = violations.count();
        assert!((50..950).contains(&violations), "{violations} of 1000");
    }
}

/// Twice the same value is no matter as long as nobody reads it.
#[test]
fn accepts_what_is_written_twice_and_never_read() {
    let mut operations = vec![
        write(0, 1, 5),
        write(2, 3, 5),
        lost(2, 5),
        write(4, 5, 0),
        write(6, 7, 1),
    ];
    operations.push(read(8, 9, 1));
    assert_eq!(decided(&operations), None);
}

/// A value of two writes, and a compare-and-set, need the search; a failed one, too: it says what was not there.
#[test]
fn leaves_the_rest_to_the_search() {
    let failed = |old| operation(4, RegisterOp::Cas(old, 9), Some((5, RegisterRet::Mismatch)));
    let histories = [
        (vec![write(0, 1, 5), write(2, 3, 5), read(4, 5, 5)], true),
        (vec![write(0, 1, 5), lost(2, 5), read(4, 5, 5)], true),
        (vec![write(0, 1, 0), read(4, 5, 0)], true),
        (vec![write(0, 1, 5), failed(5)], false),
        (vec![write(0, 1, 5), failed(6)], true),
        (
            vec![write(0, 1, 5), operation(2, RegisterOp::Cas(5, 6), None), read(4, 5, 6)],
            true,
        ),
    ];
    for (operations, linearizable) in histories {
        let unsearched = general::check_foreseeing(&Register(0), &operations, &NO_SEARCH);
        assert!(matches!(unsearched, Verdict::Undecided(_)), "{operations:#?}");
        let verdict = general::check_foreseeing(&Register(0), &operations, &Limits::default());
        assert_eq!(
            matches!(verdict, Verdict::Linearizable(_)),
            linearizable,
            "{operations:#?}"
        );
        assert_eq!(truth(&operations).is_none(), linearizable);
    }
}

/// Far beyond what can be searched: a pass has an order, and the stale read is what makes a violation certain.
#[test]
fn many_clients_are_no_obstacle() {
    let values = Values {
        clients: 300,
        operations: 20_000,
        lost: 0.01,
        ..Values::default()
    };
    let legal = values.register(&mut SmallRng::seed_from_u64(1));
    assert_eq!(decided(&legal), None);
    let stale = Values { lie: true, ..values }.register(&mut SmallRng::seed_from_u64(1));
    let differs = |index: &usize| legal[*index] != stale[*index];
    let lie = (0..legal.len()).find(differs);
    assert!(lie.is_some());
    assert_eq!(decided(&stale), lie);
}
