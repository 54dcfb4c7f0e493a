//! Proofs: the unchanged code of a strategy over every interleaving of its commands, and over faults.
//!
//! The exploring is done by [`oversell_models::explorer`]; here are what users call, schedules, and what the catalogue
//! expects.

mod advice;
mod bounds;
mod builder;
mod expected;
mod explain;
mod file;
mod history;
#[cfg(feature = "cli")]
mod page;
#[cfg(feature = "cli")]
mod play;
mod proven;
mod recorded;
mod schedule;
mod smallest;

pub(crate) use advice::{NO_RACE, never_asked};
pub use builder::{Proof, prove};
pub use expected::expected;
pub(crate) use explain::restocked;
pub use explain::{Saved, explanation, replayed, verdict_on};
#[cfg(feature = "cli")]
pub(crate) use file::text_of;
pub use file::{FORMAT, ScheduleError, VERSION};
pub use oversell_models::explorer::{Fault, Limits, Misuse, Progress, Property, Verdict};
#[cfg(feature = "cli")]
pub use page::scenario;
#[cfg(feature = "cli")]
pub use play::{code, play, plays, plays_of};
#[cfg(feature = "cli")]
pub(crate) use proven::NO_LIMIT;
pub use proven::{Conclusion, Covered, Proven};
pub use schedule::Schedule;
pub(crate) use schedule::is_of_catalogue;
