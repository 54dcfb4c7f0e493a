//! A history and what was found in it, as the page takes it.

use std::collections::BTreeSet;

use oversell_checker::history::History;

use super::header::of_catalogue;
use crate::report::{self, About, page::Subject, terminal::Style};
use oversell_checker::examine::Inspection;

/// Violations that are shown in full, at most.
const MOST_CASES: usize = 12;
/// Violations that are told in a line, at most.
const MOST_LINES: usize = 200;

/// The history called `name` as a subject of a page: the first violation of each kind in full, others as far as there is
/// room.
#[must_use]
pub fn subject<'a>(name: &str, history: &'a History, inspection: &Inspection, about: &About<'_>) -> Subject<'a> {
    let code = of_catalogue(&history.header).and_then(crate::prove::code);
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
            .map(|found| (found.index, Some(found.finding.shown_at())))
            .chain(inspection.unexplained().map(|index| (index, None)))
            .collect(),
        undecided: inspection
            .examination
            .undecided
            .iter()
            .map(|key| (key.index, key.what.to_string()))
            .collect(),
        cases: ordered[..full]
            .iter()
            .filter_map(|found| report::case(found, history, about, code.as_ref()))
            .collect(),
        lines: ordered[full..]
            .iter()
            .take(MOST_LINES)
            .map(|found| {
                let key = history.key(found.index);
                report::line(found, history, &About { title: key, ..*about }, &style)
            })
            .collect(),
    }
}
