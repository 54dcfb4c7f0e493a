//! What a page shows, and how much of it.

use oversell_checker::{engines::Limits, history::History};

use super::{case::Case, play::Play};

/// A history to be shown.
#[derive(Debug)]
pub struct Subject<'a> {
    /// What it is called: its file.
    pub name: String,
    /// Whose it is: `naive (GET → DECR)`.
    pub title: String,
    /// The operations.
    pub history: &'a History,
    /// The verdict in a word: `linearizable`, `violation`, `undecided`.
    pub verdict: String,
    /// Keys that violate, by place, with the time at which an answer showed it where they were explained; the most telling first.
    pub violations: Vec<(usize, Option<u64>)>,
    /// Keys that were not decided, by place, and why.
    pub undecided: Vec<(usize, String)>,
    /// Violations to be shown in full, the most telling first.
    pub cases: Vec<Case>,
    /// Violations to be shown in a line.
    pub lines: Vec<String>,
}

/// A schedule to be shown.
#[derive(Debug)]
pub struct Scenario {
    /// What it is called: its file.
    pub name: String,
    /// Whose it is: `naive (GET → DECR)`.
    pub title: String,
    /// The promise that it breaks: `never-oversold`.
    pub promise: String,
    /// What happens.
    pub case: Case,
}

/// How much goes into a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Draw a timeline at all?
    pub timeline: bool,
    /// Operations in the timeline, at most; the keys that violate come first.
    pub operations: usize,
    /// Bytes that the program may hold while it looks for orders to be drawn.
    pub memory: u64,
    /// Strategies to be tried out.
    pub plays: Vec<Play>,
}

impl Default for Extent {
    /// A timeline of up to 150,000 operations: 6 to 15 megabytes, by their commands.
    fn default() -> Self {
        Self {
            timeline: true,
            operations: 150_000,
            memory: Limits::default().memory,
            plays: Vec::new(),
        }
    }
}
