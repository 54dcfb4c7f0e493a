//! Many clients at once: runs a strategy against a real server and records what happens.

mod client;
mod environment;
mod fault_log;
mod outcome;
mod runner;
mod workload;

pub use outcome::{CutShort, Outcome, Totals};
pub use runner::{Progress, StressError, run, run_to_tape};
pub use workload::Workload;
