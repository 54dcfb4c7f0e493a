//! A whole trial: run a strategy against a server, save the history, check it, explain what is wrong.
//!
//! The command line and the tests of users go through here; the other rooms know nothing of each other.

mod builder;
mod error;
mod guard;
mod header;
#[cfg(feature = "cli")]
mod page;
mod record;
mod report;
mod sold;

pub use builder::{Stress, stress};
pub use error::TrialError;
#[cfg(feature = "cli")]
pub(crate) use header::of_catalogue;
#[cfg(feature = "cli")]
pub use page::subject;
pub use record::{Beyond, MOST_HELD};
pub use report::Report;
