//! What is wrong with the keys that violate.

use std::time::Instant;

use oversell_models::spec::{
    Kv, Register,
    kv::{KvOp, KvRet},
    register::{RegisterOp, RegisterRet},
    stock::{StockOp, StockRet},
};
use serde::Serialize;
use serde_json::Value;

use super::{Examination, KeyVerdict, examine};
use crate::{
    checker::{Limits, Violation, decide_stock, general as engine},
    counterexample::{Finding, Kind, Tell, Words, explain_stock, general},
    history::{Body, History, KeyHistory, Texts},
    report::{
        page::{Case, Code},
        terminal::{Explanation, Start, Style},
    },
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
    pub finding: AnyFinding,
}

/// A finding of any specification that history files know.
#[derive(Clone, Debug)]
pub enum AnyFinding {
    /// Of a stock counter.
    Stock(Finding<u64, StockOp, StockRet>),
    /// Of a register.
    Register(Finding<String, RegisterOp<String>, RegisterRet<String>>),
    /// Of a key of a key-value store.
    Kv(Finding<String, KvOp, KvRet>),
}

/// Does the same with a finding of any kind.
macro_rules! each {
    ($finding:expr, $name:ident => $do:expr) => {
        match $finding {
            AnyFinding::Stock($name) => $do,
            AnyFinding::Register($name) => $do,
            AnyFinding::Kv($name) => $do,
        }
    };
}

impl AnyFinding {
    /// What sort of wrong it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        each!(self, finding => finding.kind)
    }

    /// What happened, in a few words.
    #[must_use]
    pub fn headline(&self) -> &str {
        each!(self, finding => &finding.headline)
    }

    /// Why no order is possible, in a sentence or a few.
    #[must_use]
    pub fn sentence(&self) -> &str {
        each!(self, finding => &finding.explanation)
    }

    /// The operations of its counterexample, as indices into those of the key.
    #[must_use]
    pub fn shown(&self) -> Vec<usize> {
        each!(self, finding => finding.counterexample.operations.iter().map(|shown| shown.index).collect())
    }

    /// How many operations its counterexample has.
    #[must_use]
    pub fn operations(&self) -> usize {
        each!(self, finding => finding.counterexample.operations.len())
    }
}

/// Checks every key of `history` within `limits` a key, and explains every violation.
#[must_use]
pub fn inspect(history: &History, limits: &Limits) -> Inspection {
    explain_all(history, examine(history, limits), limits)
}

/// Explains every violation that an examination of `history` found.
pub(super) fn explain_all(history: &History, examination: Examination, limits: &Limits) -> Inspection {
    let mut findings: Vec<KeyFinding> = examination
        .violations
        .iter()
        .map(|KeyVerdict { index, what }| KeyFinding {
            index: *index,
            finding: explain(history, *index, what, limits),
        })
        .collect();
    findings.sort_by_key(|found| (found.finding.kind(), found.finding.operations(), found.index));
    Inspection { examination, findings }
}

/// The time for an explanation is enough for so many checks that take as long as one may.
const PARTS: u32 = 40;

/// What is left of the time for all checks that one explanation needs: each may be as hard as the first.
fn rest(limits: &Limits, started: Instant) -> Limits {
    Limits {
        time: limits.time.saturating_sub(started.elapsed()),
        ..*limits
    }
}

/// The same, but no more than a part of the time for each check. A step that takes longer to be seen through is left undone: what
/// has fewer answers can be much harder than the whole.
fn a_part(limits: &Limits, started: Instant) -> Limits {
    let rest = rest(limits, started);
    Limits {
        time: rest.time.min(limits.time / PARTS),
        ..rest
    }
}

fn explain(history: &History, index: usize, violation: &Violation, limits: &Limits) -> AnyFinding {
    let started = Instant::now();
    match &history.body {
        Body::Stock { keys, units } => {
            let check = |initial, operations: &[_]| decide_stock(initial, operations, &rest(limits, started));
            AnyFinding::Stock(explain_stock(&keys[index], &words(history, units), violation, &check))
        }
        Body::Register(keys) => {
            let (key, none) = (&keys[index], Texts::new());
            let initial = Register(key.initial.clone());
            let check = |initial: &_, operations: &[_]| {
                engine::decide_foreseeing(initial, operations, &a_part(limits, started))
            };
            let words = words(history, &none);
            AnyFinding::Register(general::explain(&initial, &key.operations, &words, violation, check))
        }
        Body::Kv(keys) => {
            let (key, none) = (&keys[index], Texts::new());
            let initial = Kv(key.initial.clone());
            let check = |initial: &_, operations: &[_]| {
                engine::decide_foreseeing(initial, operations, &a_part(limits, started))
            };
            let words = words(history, &none);
            AnyFinding::Kv(general::explain(&initial, &key.operations, &words, violation, check))
        }
    }
}

fn words<'a>(history: &History, units: &'a Texts) -> Words<'a> {
    Words {
        clock: history.clock,
        units,
    }
}

impl KeyFinding {
    /// As in `check --json`.
    #[must_use]
    pub fn to_json(&self, history: &History) -> Value {
        let none = Texts::new();
        match (&self.finding, &history.body) {
            (AnyFinding::Stock(finding), Body::Stock { keys, units }) => {
                json(finding, &keys[self.index], &words(history, units))
            }
            (AnyFinding::Register(finding), Body::Register(keys)) => {
                json(finding, &keys[self.index], &words(history, &none))
            }
            (AnyFinding::Kv(finding), Body::Kv(keys)) => json(finding, &keys[self.index], &words(history, &none)),
            // A finding of another history.
            _ => Value::Null,
        }
    }

    /// The violation as a person reads it.
    #[must_use]
    pub fn explanation(&self, history: &History, about: &About<'_>, style: &Style) -> String {
        self.shown(history, about, style, How::Full)
    }

    /// The violation in one line.
    #[must_use]
    pub fn line(&self, history: &History, about: &About<'_>, style: &Style) -> String {
        self.shown(history, about, style, How::Line)
    }

    /// The violation as a page shows it, with the code of a purchase where it is known. `None` when it is of another history.
    #[must_use]
    pub fn case(&self, history: &History, about: &About<'_>, code: Option<&Code>) -> Option<Case> {
        let none = Texts::new();
        match (&self.finding, &history.body) {
            (AnyFinding::Stock(finding), Body::Stock { keys, units }) => {
                let key = &keys[self.index];
                Some(explanation(finding, key, words(history, units), about).case(self.index, &key.key, code))
            }
            (AnyFinding::Register(finding), Body::Register(keys)) => {
                let key = &keys[self.index];
                Some(explanation(finding, key, words(history, &none), about).case(self.index, &key.key, code))
            }
            (AnyFinding::Kv(finding), Body::Kv(keys)) => {
                let key = &keys[self.index];
                Some(explanation(finding, key, words(history, &none), about).case(self.index, &key.key, code))
            }
            _ => None,
        }
    }

    fn shown(&self, history: &History, about: &About<'_>, style: &Style, how: How) -> String {
        let none = Texts::new();
        match (&self.finding, &history.body) {
            (AnyFinding::Stock(finding), Body::Stock { keys, units }) => {
                show(finding, &keys[self.index], words(history, units), about, style, how)
            }
            (AnyFinding::Register(finding), Body::Register(keys)) => {
                show(finding, &keys[self.index], words(history, &none), about, style, how)
            }
            (AnyFinding::Kv(finding), Body::Kv(keys)) => {
                show(finding, &keys[self.index], words(history, &none), about, style, how)
            }
            _ => String::new(),
        }
    }
}

fn json<State, Op, Ret, Initial>(
    finding: &Finding<State, Op, Ret>,
    key: &KeyHistory<Op, Ret, Initial>,
    words: &Words<'_>,
) -> Value
where
    State: Serialize,
    Op: Tell<Ret = Ret> + Clone + PartialEq,
    Ret: Clone + PartialEq,
{
    finding.to_json(&key.key, words, &key.commands)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Full,
    Line,
}

fn show<State: Start, Op: Tell<Ret = Ret>, Ret, Initial>(
    finding: &Finding<State, Op, Ret>,
    key: &KeyHistory<Op, Ret, Initial>,
    words: Words<'_>,
    about: &About<'_>,
    style: &Style,
    how: How,
) -> String {
    let explanation = explanation(finding, key, words, about);
    match how {
        How::Full => explanation.render(style),
        How::Line => explanation.line(style),
    }
}

fn explanation<'a, State, Op, Ret, Initial>(
    finding: &'a Finding<State, Op, Ret>,
    key: &'a KeyHistory<Op, Ret, Initial>,
    words: Words<'a>,
    about: &About<'a>,
) -> Explanation<'a, State, Op, Ret> {
    Explanation {
        title: about.title,
        finding,
        operations: key.operations.len(),
        commands: &key.commands,
        words,
        // What the strategy says of itself, or else what the counterexample tells.
        fix: about.fix.or(finding.remedy.as_deref()),
        saved: about.saved,
        replay: None,
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
