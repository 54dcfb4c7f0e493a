//! What is wrong with the keys that violate.

use crate::{
    checker::{Limits, check_stock},
    counterexample::{StockFinding, Words, explain_stock},
    history::{Body, History},
};

use super::{Examination, KeyVerdict};

/// The explanations of all violating keys of a history of stock counters, the most telling first.
pub(super) fn stock(history: &History, examination: &Examination, limits: &Limits) -> Vec<KeyVerdict<StockFinding>> {
    let Body::Stock { keys, units } = &history.body else {
        return Vec::new();
    };
    let words = Words {
        clock: history.clock,
        units,
    };
    let mut findings: Vec<KeyVerdict<StockFinding>> = examination
        .violations
        .iter()
        .map(|violation| KeyVerdict {
            index: violation.index,
            what: explain_stock(
                &keys[violation.index],
                &words,
                &violation.what,
                &|initial, operations| check_stock(initial, operations, limits),
            ),
        })
        .collect();
    findings.sort_by_key(|finding| {
        (
            finding.what.kind,
            finding.what.counterexample.operations.len(),
            finding.index,
        )
    });
    findings
}
