//! Linearizability for any sequential specification.
//!
//! Anything that implements [`SequentialSpec`](oversell_spec::SequentialSpec) and can be cloned, compared and hashed can be checked:
//!
//! * [`check`] takes the recorded operations of one object, and gives an order, or the response with which a violation became
//!   certain;
//! * [`check_each`] those of many independent objects, all cores at once;
//! * [`check_foreseeing`] is for specifications that can tell when an answer has become impossible, as
//!   [`Register`](oversell_spec::Register) and [`Kv`](oversell_spec::Kv) can: much faster with many clients;
//! * [`Monitor`] checks registers and key-value stores while their history is still being made;
//! * `LinearizabilityTester` (feature `stateright`) stands in for stateright's own: change the `use`, keep the rest.
//!
//! [`counterexample::general`](crate::counterexample::general) shows how to write a specification of one's own, and explains what is
//! found.
//!
//! ```
//! use oversell_checker::{engines::{Limits, Verdict, general}, history::{Operation, Response}};
//! use oversell_checker::spec::register::{Register, RegisterOp, RegisterRet};
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
mod check;
mod configuration;
mod explore;
mod foresight;
mod keys;
mod monitor;
mod numbered;
mod outlook;
mod register;
mod states;
mod store;
mod stretches;
#[cfg(feature = "stateright")]
mod tester;
mod timeline;
mod window;
mod zones;

pub(super) use certain::responses;
pub(super) use check::search;
pub use check::{check, check_foreseeing, check_in_stretches, decide_foreseeing};
pub use foresight::{Effect, Foresee, Lookout};
pub use keys::check_each;
pub use monitor::{Act, AtRest, Followed, Monitor};
pub use numbered::{Asked, Numbered};
#[cfg(feature = "stateright")]
pub use tester::LinearizabilityTester;
