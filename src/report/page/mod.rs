//! Histories on a page: one HTML file that needs nothing else, and reaches for nothing else.
//!
//! What is said about violations is plain HTML, readable without scripts; the timeline is drawn by a script from columns
//! of numbers (`data`). Everything that comes out of a history is escaped, and a content security policy in the page
//! forbids it to run or load anything but the script and the style that are in it, which it names by their hashes.

mod case;
mod chart;
mod code;
mod data;
mod order;
mod overview;
mod play;
mod scheduled;
mod template;

use std::{ops::Range, time::Duration};

use rayon::prelude::*;
use thiserror::Error;

pub use case::Case;
pub use code::Code;
pub use play::{Move, Node, Play};
pub use scheduled::{Scheduled, fault, reply};

use data::Data;
use order::Ordered;
use oversell_checker::{
    counterexample::Words,
    engines::Limits,
    history::{Body, Clock, History, Texts},
};
use overview::Overview;

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
    /// Keys that violate, by place, with the time at which an answer showed it; the most telling first.
    pub violations: Vec<(usize, u64)>,
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
    /// Strategies to be tried out.
    pub plays: Vec<Play>,
}

impl Default for Extent {
    /// A timeline of up to 150,000 operations: 6 to 15 megabytes, by their commands.
    fn default() -> Self {
        Self {
            timeline: true,
            operations: 150_000,
            plays: Vec::new(),
        }
    }
}

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
fn limits() -> Limits {
    Limits {
        configurations: 20_000_000,
        time: Duration::from_secs(3),
        ..Limits::default()
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
        let (overview, columns) = match &subject.history.body {
            Body::Stock { keys, units } => columns(keys, units, subject, extent, &mut left),
            Body::Register(keys) => columns(keys, &Texts::new(), subject, extent, &mut left),
            Body::Kv(keys) => columns(keys, &Texts::new(), subject, extent, &mut left),
        };
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
    units: &Texts,
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
        units,
    };
    let orders: Vec<_> = ranges
        .par_iter()
        .map(|(index, _)| keys[*index].order(&limits()))
        .collect();
    let (mut texts, mut classes) = (Texts::new(), Vec::new());
    let columns = ranges.into_iter().zip(orders).map(|((index, range), order)| {
        let state = if subject.violations.iter().any(|(bad, _)| *bad == index) {
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

/// Which operations of which keys are drawn: first the keys that violate, whole or around what is wrong, then the others
/// as long as there is room. In the order of the history.
fn ranges<K: Ordered>(keys: &[K], subject: &Subject<'_>, left: &mut usize) -> Vec<(usize, Range<usize>)> {
    let bad = subject.violations.iter().map(|(index, _)| *index);
    let is_bad: rustc_hash::FxHashSet<usize> = bad.clone().collect();
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
