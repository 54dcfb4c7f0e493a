//! Checks every key of a history.

use std::{
    fmt,
    time::{Duration, Instant},
};

use super::checkable::Checkable as _;
use crate::{
    each,
    engines::{Limit, Limits, Verdict, Violation, Witness, decide_each},
    history::History,
};

/// The verdict on a whole history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// Every key is linearizable. It says nothing about any other history.
    Linearizable,
    /// Some key is not.
    Violation,
    /// No violation was found, but not every key was decided. Never a pass.
    Undecided,
}

impl fmt::Display for Conclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Linearizable => "linearizable",
            Self::Violation => "violation",
            Self::Undecided => "undecided",
        })
    }
}

/// What came out for one key that is not linearizable or was not decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyVerdict<T> {
    /// Its place among the keys of the history.
    pub index: usize,
    /// What came out.
    pub what: T,
}

/// What came of checking a whole history.
#[derive(Clone, Debug)]
pub struct Examination {
    /// The verdict on the whole.
    pub conclusion: Conclusion,
    /// The keys that are not linearizable.
    pub violations: Vec<KeyVerdict<Violation>>,
    /// The keys that were not decided, with the limit that was reached.
    pub undecided: Vec<KeyVerdict<Limit>>,
    /// How long it took.
    pub elapsed: Duration,
}

/// Checks each key of `history`, in parallel, within `limits` a key.
#[must_use]
pub fn examine(history: &History, limits: &Limits) -> Examination {
    examine_with_orders(history, limits).0
}

/// Like [`examine`], and keeps the witness of each key that is linearizable: 8 bytes an operation.
#[must_use]
pub fn examine_with_orders(history: &History, limits: &Limits) -> (Examination, Vec<Option<Witness>>) {
    let start = Instant::now();
    let verdicts: Vec<Verdict> = each!(&history.body, S: keys => decide_each(keys, limits, |key, limits| {
        S::verdict(&key.initial, &key.operations, limits)
    }));
    let mut violations = Vec::new();
    let mut undecided = Vec::new();
    let mut orders = Vec::with_capacity(verdicts.len());
    for (index, verdict) in verdicts.into_iter().enumerate() {
        orders.push(None);
        match verdict {
            Verdict::Linearizable(order) => orders[index] = Some(order),
            Verdict::Violation(what) => violations.push(KeyVerdict { index, what }),
            Verdict::Undecided(what) => undecided.push(KeyVerdict { index, what }),
        }
    }
    let examination = Examination {
        conclusion: if !violations.is_empty() {
            Conclusion::Violation
        } else if !undecided.is_empty() {
            Conclusion::Undecided
        } else {
            Conclusion::Linearizable
        },
        violations,
        undecided,
        elapsed: start.elapsed(),
    };
    (examination, orders)
}
