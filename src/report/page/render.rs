//! The page: its parts in columns and tables, put together by a template.

use std::{ops::Range, time::Duration};

use oversell_checker::{
    counterexample::Words,
    each,
    engines::Limits,
    history::{Clock, Texts},
};
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use thiserror::Error;

use super::{
    data::{self, Data},
    order::Ordered,
    overview::Overview,
    subject::{Extent, Scenario, Subject},
    template,
};

/// Why there is no page.
#[derive(Debug, Error)]
pub enum PageError {
    /// The template could not be filled in.
    #[error("failed to fill in the page: {0}")]
    Template(#[from] askama::Error),
    /// The operations could not be written.
    #[error("failed to write the operations into the page: {0}")]
    Data(#[from] serde_json::Error),
}

/// What one key may cost for an order of its operations to be drawn. Nothing but the drawing depends on it.
fn limits(memory: u64) -> Limits {
    Limits {
        memory,
        configurations: 20_000_000,
        time: Duration::from_secs(3),
    }
}

/// The page.
///
/// # Errors
/// When a value cannot be written as JSON, which no history holds.
pub fn render(subjects: &[Subject<'_>], scenarios: &[Scenario], extent: &Extent) -> Result<String, PageError> {
    let mut left = extent.operations;
    let mut views = Vec::new();
    let mut data = Vec::new();
    for subject in subjects {
        let (overview, columns) = each!(&subject.history.body, keys => columns(keys, subject, extent, &mut left));
        views.push((subject, overview));
        data.push(columns);
    }
    let mut data: Vec<Data<'_>> = data.iter().map(Columns::data).collect();
    data.extend(scenarios.iter().map(Data::of));
    let shown = data.iter().flat_map(|data| data.keys).map(data::Key::len).sum();
    let plays = data::embedded(&extent.plays)?;
    Ok(template::fill(
        (&views, scenarios),
        (data::embedded(&data)?, plays),
        (shown, extent.plays.len()),
    )?)
}

/// The operations of a subject.
struct Columns<'a> {
    subject: &'a Subject<'a>,
    classes: Vec<&'static str>,
    texts: Texts,
    keys: Vec<data::Key>,
}

impl Columns<'_> {
    fn data(&self) -> Data<'_> {
        Data {
            name: &self.subject.name,
            clock: self.subject.history.clock == Clock::Nanoseconds,
            classes: self.classes.clone(),
            texts: self.texts.iter().collect(),
            keys: &self.keys,
            faults: self.subject.history.header.faults(),
            cases: self.subject.cases.iter().collect(),
        }
    }
}

fn columns<'a, K: Ordered + Sync>(
    keys: &[K],
    subject: &'a Subject<'a>,
    extent: &Extent,
    left: &mut usize,
) -> (Overview, Columns<'a>) {
    let overview = Overview::of(keys);
    let ranges = if extent.timeline {
        ranges(keys, subject, left)
    } else {
        Vec::new()
    };
    let words = Words {
        clock: subject.history.clock,
        units: &subject.history.units,
    };
    let orders: Vec<_> = ranges
        .par_iter()
        .map(|(index, _)| keys[*index].order(&limits(extent.memory)))
        .collect();
    let (mut texts, mut classes) = (Texts::new(), Vec::new());
    let is_bad = violating(subject);
    let columns = ranges.into_iter().zip(orders).map(|((index, range), order)| {
        let state = if is_bad.contains(&index) {
            "bad"
        } else if subject.undecided.iter().any(|(open, _)| *open == index) {
            "undecided"
        } else {
            "ok"
        };
        let names = (&mut texts, &mut classes);
        data::key(&keys[index], (index, state), range, order, &words, names)
    });
    let keys = columns.collect();
    let columns = Columns {
        subject,
        classes,
        texts,
        keys,
    };
    (overview, columns)
}

fn violating(subject: &Subject<'_>) -> FxHashSet<usize> {
    subject.violations.iter().map(|(index, _)| *index).collect()
}

/// Which operations of which keys are drawn: first the keys that violate, whole or around what is wrong, then the others
/// as long as there is room. In the order of the history.
fn ranges<K: Ordered>(keys: &[K], subject: &Subject<'_>, left: &mut usize) -> Vec<(usize, Range<usize>)> {
    let bad = subject.violations.iter().map(|(index, _)| *index);
    let is_bad = violating(subject);
    let others = (0..keys.len()).filter(|index| !is_bad.contains(index));
    let mut ranges = Vec::new();
    for index in bad.chain(others) {
        if *left == 0 {
            break;
        }
        let count = keys[index].key().operations.len();
        let middle = subject
            .cases
            .iter()
            .find(|case| case.index == index)
            .and_then(|case| case.operations.first())
            .map_or(0, |bar| bar.index);
        let taken = count.min(*left);
        let from = middle.saturating_sub(taken / 2).min(count - taken);
        *left -= taken;
        ranges.push((index, from..from + taken));
    }
    ranges.sort_by_key(|(index, _)| *index);
    ranges
}
