//! What is wrong with the keys that violate.

use oversell_spec::{
    kv::{KvOp, KvRet},
    register::{RegisterOp, RegisterRet},
    sales::SalesOp,
    stock::{StockOp, StockRet},
};
use rayon::prelude::*;
use serde_json::Value;

use super::{Examination, KeyVerdict, checkable::Checkable as _, examine};
use crate::{
    counterexample::{Finding, Kind, Words},
    each,
    engines::{Limits, Violation},
    history::{Each, History},
};

/// What came of checking a history: verdicts, and explanations.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// The verdicts.
    pub examination: Examination,
    /// What is wrong with each violating key, of the first [`MOST_EXPLAINED`], the most telling first.
    pub findings: Vec<KeyFinding>,
}

/// Violating keys that are explained, at most: an explanation takes far longer than a verdict, and far more memory.
pub const MOST_EXPLAINED: usize = 1_000;

impl Inspection {
    /// The violating keys that are not explained.
    pub fn unexplained(&self) -> impl ExactSizeIterator<Item = usize> {
        self.examination
            .violations
            .iter()
            .skip(MOST_EXPLAINED)
            .map(|key| key.index)
    }
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
pub type AnyFinding = Each<
    Finding<u64, StockOp, StockRet>,
    Finding<u64, SalesOp, StockRet>,
    Finding<String, RegisterOp<String>, RegisterRet<String>>,
    Finding<String, KvOp, KvRet>,
>;

/// Does the same with a finding of any specification, the key of the history that it was found in, and the words of that history.
/// `None` where the finding is of another history.
#[doc(hidden)]
#[macro_export]
macro_rules! with_finding {
    ($found:expr, $history:expr, |$finding:ident, $key:ident, $words:ident| $do:expr) => {
        $crate::each!((&$found.finding, &$history.body), S: ($finding, keys) => {
            let $key = &keys[$found.index];
            let $words = $crate::counterexample::Words { clock: $history.clock, units: &$history.units };
            $do
        })
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

    /// When an answer showed it.
    #[must_use]
    pub fn shown_at(&self) -> u64 {
        each!(self, finding => {
            let operations = finding.counterexample.operations.iter();
            operations.filter_map(|shown| Some(shown.original.response.as_ref()?.at)).max().unwrap_or(0)
        })
    }

    /// How many operations its counterexample has.
    #[must_use]
    pub fn operations(&self) -> usize {
        each!(self, finding => finding.counterexample.operations.len())
    }
}

/// Checks every key of `history` within `limits` a key, and explains the violations, up to [`MOST_EXPLAINED`].
#[must_use]
pub fn inspect(history: &History, limits: &Limits) -> Inspection {
    explain_all(history, examine(history, limits), limits)
}

/// Explains the violations that an examination of `history` found, up to [`MOST_EXPLAINED`].
#[must_use]
pub fn explain_all(history: &History, examination: Examination, limits: &Limits) -> Inspection {
    let left = Limits {
        time: limits.time.saturating_sub(examination.elapsed).max(limits.time / LEAST),
        ..*limits
    };
    let mut findings: Vec<KeyFinding> = examination
        .violations
        .par_iter()
        .take(MOST_EXPLAINED)
        .map(|KeyVerdict { index, what }| KeyFinding {
            index: *index,
            finding: explain(history, *index, what, &left),
        })
        .collect();
    findings.sort_by_key(|found| (found.finding.kind(), found.finding.operations(), found.index));
    Inspection { examination, findings }
}

/// An explanation gets what the check has left of the time, but such a share at least.
const LEAST: u32 = 10;

fn explain(history: &History, index: usize, violation: &Violation, limits: &Limits) -> AnyFinding {
    let words = Words {
        clock: history.clock,
        units: &history.units,
    };
    each!(Each &history.body, S: keys => S::explain(&keys[index], &words, violation, limits))
}

impl KeyFinding {
    /// As in `check --json`. `null` where the finding is of another history.
    #[must_use]
    pub fn to_json(&self, history: &History) -> Value {
        with_finding!(self, history, |finding, key, words| finding.to_json(
            &key.key,
            &words,
            &key.commands
        ))
        .unwrap_or(Value::Null)
    }
}
