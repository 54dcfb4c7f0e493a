//! What is in memory when a run is over, and what is known of the rest.

use std::time::Duration;

use oversell_checker::{
    engines::{Limit, Limits, Violation},
    examine::{Conclusion, Examination, Inspection, KeyVerdict, explain_all},
    history::{Header, History, StockHistory, Texts},
};

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
    pub(crate) keys: Vec<StockHistory>,
    pub(crate) units: Texts,
    pub(crate) violations: Vec<KeyVerdict<Violation>>,
    pub(crate) undecided: Vec<KeyVerdict<Limit>>,
    /// Of a key of which only the end is kept: its place, and the operations before.
    pub(crate) cut: Vec<(usize, u64)>,
    pub(crate) beyond: Beyond,
    /// How long checking took after the run.
    pub(crate) elapsed: Duration,
}

/// What came of a run's record.
pub(crate) struct Inspected {
    pub(crate) history: History,
    pub(crate) inspection: Inspection,
    pub(crate) cut: Vec<(usize, u64)>,
    pub(crate) beyond: Beyond,
}

impl Kept {
    /// Explains the violations.
    pub(crate) fn inspect(self, header: Header, limits: &Limits) -> Inspected {
        let history = History::stock(header, self.keys, self.units);
        let conclusion = if !self.violations.is_empty() || self.beyond.violations > 0 {
            Conclusion::Violation
        } else if !self.undecided.is_empty() || self.beyond.undecided > 0 {
            Conclusion::Undecided
        } else {
            Conclusion::Linearizable
        };
        let examination = Examination {
            conclusion,
            violations: self.violations,
            undecided: self.undecided,
            elapsed: self.elapsed,
        };
        Inspected {
            inspection: explain_all(&history, examination, limits),
            history,
            cut: self.cut,
            beyond: self.beyond,
        }
    }
}
