//! Linearizability for any sequential specification.
//!
//! Anything that implements stateright's [`SequentialSpec`] and can be cloned, compared and hashed can be checked:
//!
//! * [`check`] takes the recorded operations of one object, and gives an order, or the response with which a violation became
//!   certain;
//! * [`check_each`] those of many independent objects, all cores at once;
//! * [`check_foreseeing`] is for specifications that can tell when an answer has become impossible, as
//!   [`Register`](oversell_spec::Register) and [`Kv`](oversell_spec::Kv) can: much faster with many clients;
//! * [`Monitor`] checks registers and key-value stores while their history is still being made;
//! * [`LinearizabilityTester`] stands in for stateright's own: change the `use`, keep the rest.
//!
//! [`counterexample::general`](crate::counterexample::general) shows how to write a specification of one's own, and explains what is
//! found.
//!
//! ```
//! use oversell_checker::{engines::{Limits, Verdict, general}, history::{Operation, Response}};
//! use oversell_spec::register::{Register, RegisterOp, RegisterRet};
//!
//! let write = Operation {
//!     process: 0,
//!     invoked: 10,
//!     op: RegisterOp::Write(7),
//!     response: Some(Response { at: 30, ret: RegisterRet::Done }),
//! };
//! let stale_read = Operation {
//!     process: 1,
//!     invoked: 40,
//!     op: RegisterOp::Read,
//!     response: Some(Response { at: 50, ret: RegisterRet::Value(0) }),
//! };
//! let verdict = general::check(&Register(0), &[write, stale_read], &Limits::default());
//! assert!(matches!(verdict, Verdict::Violation(violation) if violation.certain_at == Some(1)));
//! ```

mod alike;
mod appended;
mod blurred;
mod certain;
mod explore;
mod foresight;
mod keys;
mod monitor;
mod outlook;
mod states;
mod stretches;
#[cfg(feature = "stateright")]
mod tester;
mod timeline;
mod window;
mod zones;

use std::hash::Hash;

use oversell_spec::SequentialSpec;

pub use blurred::{Asked, Numbered};
use explore::{Explorer, Stuck};
pub use foresight::{Effect, Foresee};
use foresight::{Foreseen, Unforeseen};
pub use keys::check_each;
pub use monitor::{Act, AtRest, Followed, Monitor};
#[cfg(feature = "stateright")]
pub use tester::LinearizabilityTester;
use timeline::Prefix;

use super::{Limits, Verdict};
use crate::history::Operation;

/// Is the history linearizable from `initial_state` on? Exact, for any specification.
///
/// The operations may stand in any order. An operation without a response may take effect at any time after its
/// invocation, or never; its answer is then whatever [`SequentialSpec::invoke`] gives.
///
/// The specification must be deterministic: what a step does to a state depends on the state, the operation and its
/// answer alone.
///
/// Exponential in what is open at one time in the worst case; see [`Limits`].
pub fn check<S>(initial_state: &S, operations: &[Operation<S::Op, S::Ret>], limits: &Limits) -> Verdict
where
    S: SequentialSpec + Clone + PartialEq + Hash,
    S::Op: PartialEq + Hash,
    S::Ret: PartialEq + Hash,
{
    certain::verdict(operations, |last| {
        Explorer::<S, Unforeseen>::new(initial_state, Prefix::upto(operations, last), limits).run()
    })
}

/// [`check`] for specifications that can [foresee](Foresee): registers and key-value stores, and any that implements it.
///
/// The verdicts are the same. Where many operations are open at a time, this is the difference between milliseconds and for ever.
/// What the specification can [decide](Foresee::decide) itself is left to it: a register, or a key of a store that is only put
/// and got, of which no value that is read was written twice, is not searched at all, and reaches no limit.
///
/// ```
/// use oversell_checker::{engines::{Limits, Verdict, general}, history::{Operation, Response}};
/// use oversell_spec::kv::{Kv, KvOp, KvRet};
///
/// let operation = |process, op, ret| Operation { process, invoked: 0, op, response: Some(Response { at: 9, ret }) };
/// let names = (0..40).map(|client| format!("<{client}>"));
/// let mut history: Vec<_> = names.clone().enumerate()
///     .map(|(client, name)| operation(client as i64, KvOp::Append(name), KvRet::Done))
///     .collect();
/// let all: String = names.rev().collect();
/// history.push(operation(40, KvOp::Get, KvRet::Value(all)));
///
/// let verdict = general::check_foreseeing(&Kv::default(), &history, &Limits::default());
/// assert!(matches!(verdict, Verdict::Linearizable(_)));
/// ```
pub fn check_foreseeing<S>(initial_state: &S, operations: &[Operation<S::Op, S::Ret>], limits: &Limits) -> Verdict
where
    S: Foresee + Clone + PartialEq + Hash,
    S::Op: PartialEq + Hash,
    S::Ret: PartialEq + Hash,
{
    initial_state.decide(operations, limits).unwrap_or_else(|| {
        certain::verdict(operations, |last| {
            foreseen(initial_state, Prefix::upto(operations, last), limits)
        })
    })
}

/// [`check_foreseeing`], where nobody asks when a violation was certain.
pub fn decide_foreseeing<S>(initial_state: &S, operations: &[Operation<S::Op, S::Ret>], limits: &Limits) -> Verdict
where
    S: Foresee + Clone + PartialEq + Hash,
    S::Op: PartialEq + Hash,
    S::Ret: PartialEq + Hash,
{
    let decided = initial_state.decide(operations, limits);
    decided.unwrap_or_else(|| foreseen(initial_state, Prefix::whole(operations), limits).0)
}

/// First as it goes quickly when little is open at a time, then as it goes when much is.
fn foreseen<S>(initial_state: &S, history: Prefix<'_, S>, limits: &Limits) -> (Verdict, Stuck)
where
    S: Foresee + Clone + PartialEq + Hash,
    S::Op: PartialEq + Hash,
    S::Ret: PartialEq + Hash,
{
    match Explorer::<S, Foreseen>::new(initial_state, history, limits).run() {
        (Verdict::Undecided(_), _) => stretches::search(initial_state, history, limits),
        decided => decided,
    }
}

/// The second half of [`check_foreseeing`] alone, which small histories hardly ever come to: for those who hold it against others.
#[doc(hidden)]
pub fn check_in_stretches<S>(initial_state: &S, operations: &[Operation<S::Op, S::Ret>], limits: &Limits) -> Verdict
where
    S: Foresee + Clone + PartialEq + Hash,
    S::Op: PartialEq + Hash,
    S::Ret: PartialEq + Hash,
{
    stretches::search(initial_state, Prefix::whole(operations), limits).0
}

/// [`check`], without a search for the shortest violating prefix.
pub(super) fn search<S>(initial_state: &S, operations: &[Operation<S::Op, S::Ret>], limits: &Limits) -> Verdict
where
    S: SequentialSpec + Clone + PartialEq + Hash,
    S::Op: PartialEq + Hash,
    S::Ret: PartialEq + Hash,
{
    Explorer::<S, Unforeseen>::new(initial_state, Prefix::whole(operations), limits)
        .run()
        .0
}
