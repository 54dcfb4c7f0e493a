//! A history and what was found in it, as the page takes it.

use std::collections::BTreeSet;

use super::{About, AnyFinding, Inspection};
use crate::{
    history::History,
    report::{page::Subject, terminal::Style},
};

/// Violations that are shown in full, at most.
const MOST_CASES: usize = 12;
/// Violations that are told in a line, at most.
const MOST_LINES: usize = 200;

/// The history called `name` as a subject of a page: the first violation of each kind in full, others as far as there is
/// room.
#[must_use]
pub fn subject<'a>(name: &str, history: &'a History, inspection: &Inspection, about: &About<'_>) -> Subject<'a> {
    let strategy = history.header.metadata.get("strategy").and_then(|name| name.as_str());
    let code = strategy.and_then(crate::prove::code);
    let mut kinds = BTreeSet::new();
    let (first, others): (Vec<_>, Vec<_>) = inspection
        .findings
        .iter()
        .partition(|found| kinds.insert(found.finding.kind()));
    let mut ordered = first;
    ordered.extend(others);
    let full = ordered.len().min(MOST_CASES);
    let style = Style::default();
    Subject {
        name: name.to_string(),
        title: about.title.to_string(),
        history,
        verdict: inspection.examination.conclusion.to_string(),
        violations: inspection
            .findings
            .iter()
            .map(|found| (found.index, shown_at(&found.finding)))
            .collect(),
        undecided: inspection
            .examination
            .undecided
            .iter()
            .map(|key| (key.index, key.what.to_string()))
            .collect(),
        cases: ordered[..full]
            .iter()
            .filter_map(|found| found.case(history, about, code.as_ref()))
            .collect(),
        lines: ordered[full..]
            .iter()
            .take(MOST_LINES)
            .map(|found| {
                let key = history.key(found.index);
                found.line(history, &About { title: key, ..*about }, &style)
            })
            .collect(),
    }
}

/// When an answer showed it.
fn shown_at(finding: &AnyFinding) -> u64 {
    fn last<State, Op, Ret>(finding: &crate::counterexample::Finding<State, Op, Ret>) -> u64 {
        let operations = finding.counterexample.operations.iter();
        operations
            .filter_map(|shown| Some(shown.original.response.as_ref()?.at))
            .max()
            .unwrap_or(0)
    }
    match finding {
        AnyFinding::Stock(finding) => last(finding),
        AnyFinding::Register(finding) => last(finding),
        AnyFinding::Kv(finding) => last(finding),
    }
}
