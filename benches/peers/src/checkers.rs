//! The same history before each checker.

use std::{fmt::Debug, hash::Hash};

use oversell_checker::history::Operation;
use oversell_spec::{Adapted, SequentialSpec};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester};

/// A specification that every peer can take: some know no start but that of the type.
pub trait Checked:
    SequentialSpec<Op: Clone + Debug + Eq + Hash + Send + Sync, Ret: Clone + Debug + Eq + Hash + Send + Sync>
    + Clone
    + Debug
    + Eq
    + Hash
    + Send
    + Sync
{
    fn start() -> Self;
}

/// Who checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    Stateright,
    Todc,
    PorcupineRs,
}

pub const PEERS: [(&str, Peer); 3] = [
    ("stateright", Peer::Stateright),
    ("todc-utils", Peer::Todc),
    ("porcupine-rs", Peer::PorcupineRs),
];

/// The peer's check, ready to be run: what it is fed is put together beforehand.
pub fn prepared<S: Checked + 'static>(
    peer: Peer,
    operations: Vec<Operation<S::Op, S::Ret>>,
) -> Box<dyn FnOnce() -> bool + Send>
where
    S::Op: 'static,
    S::Ret: 'static,
{
    match peer {
        Peer::Stateright => Box::new(move || {
            let mut tester = LinearizabilityTester::new(Adapted(S::start()));
            for (kind, _, index) in events(&operations) {
                let Operation {
                    process, op, response, ..
                } = &operations[index];
                let fed = match response {
                    Some(response) if kind == Kind::Return => tester.on_return(*process, response.ret.clone()),
                    _ => tester.on_invoke(*process, op.clone()),
                };
                fed.expect("a process has one operation at a time");
            }
            tester.is_consistent()
        }),
        Peer::Todc => {
            use todc_utils::linearizability::{
                WGLChecker,
                history::{Action, History},
            };
            let mut actions: Vec<_> = events(&operations)
                .into_iter()
                .map(|(kind, _, index)| {
                    let step = step::<S>(&operations[index]);
                    let action = if kind == Kind::Call {
                        Action::Call(step)
                    } else {
                        Action::Response(step)
                    };
                    (index, action)
                })
                .collect();
            // It takes no history with an open end.
            let open = operations
                .iter()
                .enumerate()
                .filter(|(_, operation)| operation.response.is_none());
            actions.extend(open.map(|(index, operation)| (index, Action::Response(step::<S>(operation)))));
            let history = History::from_actions(actions);
            Box::new(move || WGLChecker::<Todc<S>>::is_linearizable(history))
        }
        Peer::PorcupineRs => {
            let last = i64::MAX;
            let history: Vec<_> = operations
                .iter()
                .map(|operation| porcupine_rs::Operation::<Porcupine<S>> {
                    client_id: None,
                    call_time: operation.invoked as i64,
                    return_time: operation.response.as_ref().map_or(last, |response| response.at as i64),
                    op: step::<S>(operation),
                    metadata: None,
                })
                .collect();
            Box::new(move || porcupine_rs::check_operations(&history))
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Call,
    Return,
}

/// Calls and returns in time; at one time calls come first.
fn events<Op, Ret>(operations: &[Operation<Op, Ret>]) -> Vec<(Kind, u64, usize)> {
    let mut events = Vec::new();
    for (index, operation) in operations.iter().enumerate() {
        events.push((Kind::Call, operation.invoked, index));
        if let Some(response) = &operation.response {
            events.push((Kind::Return, response.at, index));
        }
    }
    events.sort_by_key(|&(kind, time, index)| (time, kind, index));
    events
}

/// What was asked and answered; without an answer, anything will do.
type Step<S> = (<S as SequentialSpec>::Op, Option<<S as SequentialSpec>::Ret>);

fn step<S: Checked>(operation: &Operation<S::Op, S::Ret>) -> Step<S> {
    let ret = operation.response.as_ref().map(|response| response.ret.clone());
    (operation.op.clone(), ret)
}

fn apply<S: Checked>(state: &S, (op, ret): &Step<S>) -> (bool, S) {
    let mut after = state.clone();
    let accepted = match ret {
        Some(ret) => after.is_valid_step(op, ret),
        None => {
            after.invoke(op);
            true
        }
    };
    (accepted, if accepted { after } else { state.clone() })
}

struct Todc<S>(S);

impl<S: Checked> todc_utils::specifications::Specification for Todc<S> {
    type State = S;
    type Operation = Step<S>;

    fn init() -> S {
        S::start()
    }

    fn apply(step: &Step<S>, state: &S) -> (bool, S) {
        apply(state, step)
    }
}

#[derive(Clone)]
struct Porcupine<S>(S);

impl<S: Checked> porcupine_rs::Model for Porcupine<S> {
    type State = S;
    type Op = Step<S>;
    type Metadata = ();

    fn init() -> S {
        S::start()
    }

    fn step(state: &S, step: &Step<S>) -> (bool, S) {
        apply(state, step)
    }
}
