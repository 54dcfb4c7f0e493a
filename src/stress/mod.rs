//! Many clients at once: runs a strategy against a real server and records what happens.

mod client;
mod environment;
mod fault_log;
mod outcome;
mod progress;
mod runner;
mod workload;

pub use outcome::{CutShort, LeftBehind, Outcome, Totals};
pub use progress::Progress;
pub use runner::{StressError, run};
pub use workload::Workload;
