//! Certificates: a verdict that can be confirmed without trusting the checker.
//!
//! [`write()`] puts down the witness of each key that is linearizable, and a [`Claim`] for each that is not; [`verify()`]
//! confirms them against the history. This room does not know the checker: it shares the specification with it
//! (`oversell_spec`) and the reader of histories, and nothing else. The format and the rules are described in
//! `docs/certificates.md`.

mod claim;
mod digest;
mod error;
mod find;
mod format;
mod lines;
mod places;
mod rules;
mod verify;
mod write;

pub use claim::{Claim, End, Shown};
pub use digest::digest;
pub use error::{CertificateError, Wrong};
pub use find::{Hints, find};
pub use format::{FORMAT, VERSION};
pub use rules::{Outcome, confirm};
pub use verify::{KeyOutcome, Report, verify};
pub use write::{Proof, write};
