//! What is in memory when a run is over, and what is known of the rest.

use oversell_checker::{examine::Examination, history::History};

/// What was found in keys that are not kept.
#[derive(Clone, Debug, Default)]
pub struct Beyond {
    /// Keys that were let go, whatever was found.
    pub keys: u64,
    /// Those that violate, and are not explained.
    pub violations: u64,
    /// Those that were not decided.
    pub undecided: u64,
    /// A key that violates in a way that spans more than was kept of it.
    pub spans: Option<String>,
}

/// What is in memory when a run is over.
pub(crate) struct Kept {
    pub(crate) history: History,
    /// Of the whole run. Keys are those of `history`.
    pub(crate) examination: Examination,
    /// Of a key of which only the end is kept: its place, and the operations before.
    pub(crate) cut: Vec<(usize, u64)>,
    pub(crate) beyond: Beyond,
}
