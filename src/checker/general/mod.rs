//! Linearizability for any sequential specification.
//!
//! Anything that implements stateright's [`SequentialSpec`] and can be cloned, compared and hashed can be checked:
//! where stateright's `LinearizabilityTester` is fed invocations and returns, this takes the recorded operations.
//!
//! ```
//! use oversell::{
//!     checker::{Limits, Verdict, general},
//!     history::{Operation, Response},
//! };
//! use oversell_models::spec::register::{Register, RegisterOp, RegisterRet};
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

mod certain;
mod explore;
mod states;
mod timeline;
mod window;

use std::hash::Hash;

use stateright::semantics::SequentialSpec;

use super::{Limits, Verdict, Violation};
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
    S: SequentialSpec + Clone + Eq + Hash,
    S::Op: Clone + Eq + Hash,
    S::Ret: Clone + Eq + Hash,
{
    match search(initial_state, operations, limits) {
        Verdict::Violation(_) => Verdict::Violation(Violation {
            certain_at: certain::first_certain(initial_state, operations, limits),
        }),
        verdict => verdict,
    }
}

/// [`check`], without a search for the shortest violating prefix.
pub(super) fn search<S>(initial_state: &S, operations: &[Operation<S::Op, S::Ret>], limits: &Limits) -> Verdict
where
    S: SequentialSpec + Clone + Eq + Hash,
    S::Op: Clone + Eq + Hash,
    S::Ret: Clone + Eq + Hash,
{
    explore::Explorer::new(initial_state, operations, limits).run()
}
