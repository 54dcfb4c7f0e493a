//! What a checker says. Three verdicts, never two.

use std::time::{Duration, Instant};

use thiserror::Error;

use super::{
    hurry,
    memory::{self, Bytes},
};
use crate::history::number;

/// The verdict on the operations of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There is an order that explains every answer. It says nothing about any other history.
    Linearizable(Witness),
    /// No order explains the answers.
    Violation(Violation),
    /// Not decided within the limits. Never a pass.
    Undecided(Limit),
}

/// An order of operations, as indices into the history that was checked: the linearization.
///
/// Each operation with a response stands in it exactly once; indeterminate ones stand in it when they took effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness(pub Vec<usize>);

/// What an engine knows about a violation; `counterexample` makes an explanation of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The violation is certain when everything up to the response of this operation is known (an index into the
    /// history that was checked): the shortest violating prefix, where the engine knows it.
    pub certain_at: Option<usize>,
}

/// How much a check may spend on one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Configurations (states of the search) visited, in each of the searches that the verdict takes.
    pub configurations: u64,
    /// Time, in all.
    pub time: Duration,
    /// Bytes of memory that the whole process may hold, with all keys that are checked side by side in it. A search that finds
    /// more than that held does not go on, unless it was as much when the search began.
    pub memory: u64,
}

impl Limits {
    /// What is left of them for work that began then.
    #[must_use]
    pub fn rest(&self, started: Instant) -> Self {
        Self {
            time: self.time.saturating_sub(started.elapsed()).min(hurry::left()),
            ..*self
        }
    }
}

impl Default for Limits {
    /// A minute, a hundred million configurations, and this program's [share](memory::share) of the memory.
    fn default() -> Self {
        Self {
            configurations: 100_000_000,
            time: Duration::from_secs(60),
            memory: memory::share(),
        }
    }
}

/// The limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Limit {
    /// See [`Limits::configurations`].
    #[error("{} configurations were visited", number(*.0))]
    Configurations(u64),
    /// See [`Limits::time`].
    #[error("{} had passed", humantime::format_duration(*.0))]
    Time(Duration),
    /// See [`Limits::memory`].
    #[error("memory: {} were held", Bytes(*.0))]
    Memory(u64),
    /// The program was told to end: see [`hurry`](super::hurry).
    #[error("interrupted")]
    Interrupted,
    /// So many operations were invoked while one of them stayed open, in a history that is checked while it is made.
    #[error("an operation stayed open while {} others were invoked; its answer was not held against them", number(*.0 as u64))]
    Behind(usize),
    /// So many completed operations were open at once, in a history that is checked while it is made.
    #[error("more than {} operations were open at once", number(*.0 as u64))]
    Open(usize),
    /// So many pasts were possible at once, in a history that is checked while it is made.
    #[error("more than {} pasts were possible at once", number(*.0 as u64))]
    Pasts(usize),
    /// The units at first and those put back are more than this together, in a history that is checked while it is made.
    #[error("units at first and units put back are more than {} together", number(*.0))]
    Level(u64),
}
