//! What is wrong with the keys that violate.

use oversell_models::spec::stock::{StockOp, StockRet};
use serde_json::Value;

use super::{Examination, examine};
use crate::{
    checker::{Limits, check_stock},
    counterexample::{Kind, StockFinding, Words, explain_stock},
    history::{Body, History},
    report::terminal::{Explanation, Style},
};

/// What came of checking a history: verdicts, and explanations.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// The verdicts.
    pub examination: Examination,
    /// What is wrong with each violating key, the most telling first.
    pub findings: Vec<KeyFinding>,
}

/// What is wrong with one key.
#[derive(Clone, Debug)]
pub struct KeyFinding {
    /// The key's place among the keys of the history.
    pub index: usize,
    /// The explanation.
    pub finding: StockFinding,
}

/// Checks every key of `history` within `limits` a key, and explains every violation.
#[must_use]
pub fn inspect(history: &History, limits: &Limits) -> Inspection {
    let examination = examine(history, limits);
    let mut findings = stock(history, &examination, limits);
    findings.sort_by_key(|finding| {
        let counterexample = &finding.finding.counterexample;
        (finding.finding.kind, counterexample.operations.len(), finding.index)
    });
    Inspection { examination, findings }
}

fn stock(history: &History, examination: &Examination, limits: &Limits) -> Vec<KeyFinding> {
    let Body::Stock { keys, units } = &history.body else {
        return Vec::new();
    };
    let words = Words {
        clock: history.clock,
        units,
    };
    let check = |initial, operations: &[_]| check_stock(initial, operations, limits);
    examination
        .violations
        .iter()
        .map(|violation| KeyFinding {
            index: violation.index,
            finding: explain_stock(&keys[violation.index], &words, &violation.what, &check),
        })
        .collect()
}

impl KeyFinding {
    /// What sort of wrong it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.finding.kind
    }

    /// As in `check --json`.
    #[must_use]
    pub fn to_json(&self, history: &History) -> Value {
        let Body::Stock { keys, units } = &history.body else {
            return Value::Null;
        };
        let key = &keys[self.index];
        let words = Words {
            clock: history.clock,
            units,
        };
        self.finding.to_json(&key.key, &words, &key.commands)
    }

    /// The violation as a person reads it.
    #[must_use]
    pub fn explanation(&self, history: &History, about: &About<'_>, style: &Style) -> String {
        self.shown(history, about, |explanation| explanation.render(style))
    }

    /// The violation in one line.
    #[must_use]
    pub fn line(&self, history: &History, about: &About<'_>, style: &Style) -> String {
        self.shown(history, about, |explanation| explanation.line(style))
    }

    fn shown(
        &self,
        history: &History,
        about: &About<'_>,
        show: impl FnOnce(&Explanation<'_, u64, StockOp, StockRet>) -> String,
    ) -> String {
        let Body::Stock { keys, units } = &history.body else {
            return String::new();
        };
        let key = &keys[self.index];
        show(&Explanation {
            title: about.title,
            finding: &self.finding,
            operations: key.operations.len(),
            commands: &key.commands,
            words: Words {
                clock: history.clock,
                units,
            },
            fix: about.fix,
            saved: about.saved,
            replay: None,
        })
    }
}

/// What an explanation says besides the finding.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    /// Whose violation it is: `naive (GET → DECR)`.
    pub title: &'a str,
    /// What to write instead.
    pub fix: Option<&'a str>,
    /// Where the history is.
    pub saved: Option<&'a str>,
}
