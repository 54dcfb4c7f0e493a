//! The monitor of registers and key-value stores, event by event, against brute force and the search for whole histories.

use std::hash::Hash;

use oversell_checker::{
    engines::{
        Limits, Verdict, Watched, brute_force,
        families::values::Values,
        general::{self, Followed, Foresee, Monitor},
    },
    history::{Operation, Response},
};
use oversell_spec::{
    kv::{Kv, KvOp, KvRet},
    register::{Register, RegisterOp, RegisterRet},
};
use proptest::prelude::*;
use rand::{SeedableRng, rngs::SmallRng};

type Text = Register<String>;

/// Feeds the events in order. What is done between two of them, by chance, must make no difference.
struct Feeding<'a, S: Followed> {
    monitor: Monitor<S>,
    operations: &'a [Operation<S::Op, S::Ret>],
    random: SmallRng,
}

impl<'a, S: Followed> Feeding<'a, S> {
    fn new(initial: &S, operations: &'a [Operation<S::Op, S::Ret>], seed: u64) -> Self {
        Self {
            monitor: Monitor::new(initial, Limits::default()),
            operations,
            random: SmallRng::seed_from_u64(seed),
        }
    }

    /// `after` is told of each response, and what is known then.
    fn feed(mut self, mut after: impl FnMut(&mut Monitor<S>, usize)) -> Watched {
        let mut events: Vec<(u64, bool, usize)> = Vec::new();
        for (index, operation) in self.operations.iter().enumerate() {
            events.push((operation.invoked, false, index));
            if let Some(response) = &operation.response {
                events.push((response.at, true, index));
            }
        }
        events.sort_unstable();
        let mut numbers = vec![0; self.operations.len()];
        for (at, responds, index) in events {
            let operation = &self.operations[index];
            match &operation.response {
                Some(response) if responds => {
                    self.monitor.respond(numbers[index], at, response.ret.clone());
                    after(&mut self.monitor, index);
                }
                response => {
                    numbers[index] = self.monitor.invoke(at, operation.op.clone());
                    if response.is_none() && self.random.random_bool(0.5) {
                        self.monitor.lose(numbers[index]);
                    }
                    if self.random.random_bool(0.1) {
                        let failed = self.monitor.invoke(at, operation.op.clone());
                        self.monitor.fail(failed);
                    }
                }
            }
            if self.random.random_bool(0.2) {
                self.monitor.advance();
            }
            if self.random.random_bool(0.2)
                && let Some(resting) = self.monitor.rest()
            {
                self.monitor = Monitor::resume(&resting, Limits::default());
            }
        }
        self.monitor.finish()
    }
}

/// What was known after the responses up to this one.
fn prefix<Op: Clone, Ret: Clone>(operations: &[Operation<Op, Ret>], last: (u64, usize)) -> Vec<Operation<Op, Ret>> {
    let begun = operations
        .iter()
        .enumerate()
        .filter(|(_, operation)| operation.invoked <= last.0);
    let known = |(index, operation): (usize, &Operation<Op, Ret>)| {
        let response = operation
            .response
            .clone()
            .filter(|response| (response.at, index) <= last);
        Operation {
            response,
            ..operation.clone()
        }
    };
    begun.map(known).collect()
}

/// The verdict is that of brute force, and it is known after the very response with which it becomes certain.
fn agrees<S>(initial: &S, operations: &[Operation<S::Op, S::Ret>], seed: u64) -> bool
where
    S: Followed + Clone + Eq + Hash + std::fmt::Debug,
    S::Op: std::fmt::Debug,
    S::Ret: std::fmt::Debug,
{
    let mut certain = None;
    let watched = Feeding::new(initial, operations, seed).feed(|monitor, index| {
        let violates = matches!(monitor.glance(), Watched::Violation(_));
        if violates && certain.is_none() {
            certain = Some(index);
        }
        let at = operations[index].response.as_ref().map_or(0, |response| response.at);
        let known = brute_force(initial, &prefix(operations, (at, index)));
        assert_eq!(
            violates,
            matches!(known, Verdict::Violation(_)),
            "after the response of {index}: {operations:#?}, from {initial:?} on"
        );
    });
    // Without looking on the way.
    let blind = Feeding::new(initial, operations, seed).feed(|_, _| {});
    for watched in [watched, blind] {
        match (brute_force(initial, operations), watched) {
            (Verdict::Linearizable(_), Watched::Linearizable) | (Verdict::Violation(_), Watched::Violation(_)) => {}
            (verdict, watched) => panic!("{verdict:?}, but {watched:?}: {operations:#?}, from {initial:?} on"),
        }
    }
    certain.is_some()
}

/// One operation to be: when it takes effect, how long before and after that it is open, what is asked with which values, how its
/// answer is spoilt, and whether it is lost.
type Draft = (u8, u8, u8, u8, u8, u8, u8, u8);

fn drafts() -> impl Strategy<Value = Vec<Draft>> {
    let draft = (0..24u8, 0..8u8, 0..8u8, 0..6u8, 0..3u8, 0..3u8, 0..16u8, 0..10u8);
    proptest::collection::vec(draft, 1..10)
}

fn history<S: Followed>(
    mut state: S,
    mut drafts: Vec<Draft>,
    op: impl Fn(u8, u8, u8) -> S::Op,
    spoilt: impl Fn(&S::Op, S::Ret, u8) -> S::Ret,
) -> Vec<Operation<S::Op, S::Ret>> {
    drafts.sort_by_key(|draft| draft.0);
    let mut operations = Vec::new();
    for (process, (instant, before, after, kind, first, second, spoil, lost)) in drafts.into_iter().enumerate() {
        let op = op(kind, first, second);
        // Half of what is lost took no effect.
        let ret = (lost != 0).then(|| state.invoke(&op));
        let ret = ret.map(|ret| if spoil < 2 { spoilt(&op, ret, second) } else { ret });
        operations.push(Operation {
            process: process as i64,
            invoked: u64::from(instant.saturating_sub(before)),
            op,
            response: ret.filter(|_| lost > 1).map(|ret| Response {
                at: u64::from(instant + after),
                ret,
            }),
        });
    }
    operations
}

fn register_history(drafts: Vec<Draft>) -> Vec<Operation<RegisterOp<String>, RegisterRet<String>>> {
    let op = |kind, first: u8, second: u8| match kind {
        0..2 => RegisterOp::Read,
        2..4 => RegisterOp::Write(first.to_string()),
        _ => RegisterOp::Cas(first.to_string(), second.to_string()),
    };
    let spoilt = |op: &RegisterOp<String>, ret, other: u8| match (op, ret) {
        (_, RegisterRet::Value(_)) => RegisterRet::Value(other.to_string()),
        (RegisterOp::Cas(..), RegisterRet::Done) => RegisterRet::Mismatch,
        (RegisterOp::Cas(..), _) => RegisterRet::Done,
        (_, ret) => ret,
    };
    history(Register("0".to_string()), drafts, op, spoilt)
}

fn kv_history(drafts: Vec<Draft>) -> Vec<Operation<KvOp, KvRet>> {
    let op = |kind, first: u8, second: u8| match kind {
        0..2 => KvOp::Get,
        2 => KvOp::Put(["", "a", "ab"][first as usize].to_string()),
        _ => KvOp::Append(["a", "b", ""][(first.min(second)) as usize].to_string()),
    };
    let spoilt = |_: &KvOp, ret, other: u8| match ret {
        KvRet::Value(value) => KvRet::Value(if other == 0 { String::new() } else { value + "b" }),
        KvRet::Done => KvRet::Done,
    };
    history(Kv::default(), drafts, op, spoilt)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_register_is_judged_as_by_brute_force_and_after_the_same_response(drafts in drafts(), seed: u64) {
        agrees(&Register("0".to_string()), &register_history(drafts), seed);
    }

    #[test]
    fn a_key_is_judged_as_by_brute_force_and_after_the_same_response(drafts in drafts(), seed: u64) {
        agrees(&Kv::default(), &kv_history(drafts), seed);
    }
}

#[test]
fn many_of_these_histories_are_violations_and_many_are_not() {
    let mut random = SmallRng::seed_from_u64(41);
    let mut found = [0; 2];
    for seed in 0..1_000 {
        let mut draft = |_| -> Draft {
            let mut below = |most: u8| random.random_range(0..most);
            (
                below(24),
                below(8),
                below(8),
                below(6),
                below(3),
                below(3),
                below(16),
                below(10),
            )
        };
        let drafts: Vec<Draft> = (0..8).map(&mut draft).collect();
        found[0] += usize::from(agrees(
            &Register("0".to_string()),
            &register_history(drafts.clone()),
            seed,
        ));
        found[1] += usize::from(agrees(&Kv::default(), &kv_history(drafts), seed));
    }
    assert!(found.iter().all(|found| (100..900).contains(found)), "{found:?}");
}

/// Larger ones, against the search for whole histories: the verdict, and the operation whose answer makes it certain.
fn agrees_with_the_search<S>(initial: &S, operations: &[Operation<S::Op, S::Ret>], seed: u64) -> bool
where
    S: Followed + Foresee + Clone + Eq + Hash,
    S::Op: PartialEq + Hash,
    S::Ret: PartialEq + Hash,
{
    let mut certain = None;
    let watched = Feeding::new(initial, operations, seed).feed(|monitor, index| {
        if certain.is_none() && matches!(monitor.glance(), Watched::Violation(_)) {
            certain = Some(index);
        }
    });
    match (
        general::check_foreseeing(initial, operations, &Limits::default()),
        watched,
    ) {
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
                let register: Text = Register("0".to_string());
                violations += usize::from(agrees_with_the_search(
                    &register,
                    &texts(family.register(&mut random)),
                    seed,
                ));
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
