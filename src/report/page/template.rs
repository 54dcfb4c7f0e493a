//! The page's template, filled in.

use std::collections::BTreeSet;

use askama::Template;
use base64::Engine as _;
use oversell_checker::{
    counterexample::{Words, number},
    history::{Clock, FAULTS, Fault, the_key},
};
use sha2::{Digest as _, Sha256};

use super::{
    case::{Bar, Case},
    chart::{self, Chart, TableRow},
    data,
    overview::Overview,
    subject::{Scenario, Subject},
};

const STYLE: &str = concat!(
    include_str!("template/page.css"),
    include_str!("template/case.css"),
    include_str!("template/timeline.css")
);
/// One script: its parts share a scope of their own.
const SCRIPT: &str = concat!(
    "(() => {\n'use strict';\n",
    include_str!("script/page.js"),
    include_str!("script/data.js"),
    include_str!("script/scale.js"),
    include_str!("script/draw.js"),
    include_str!("script/details.js"),
    include_str!("script/timeline.js"),
    include_str!("script/player.js"),
    include_str!("script/play.js"),
    include_str!("script/main.js"),
    "})();\n"
);

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    title: String,
    policy: String,
    style: &'static str,
    script: &'static str,
    histories: Vec<HistoryView<'a>>,
    scenarios: &'a [Scenario],
    data: String,
    plays: String,
    playable: usize,
    shown: usize,
    all: usize,
    passes: bool,
    version: &'static str,
}

struct HistoryView<'a> {
    subject: &'a Subject<'a>,
    facts: Vec<(String, String)>,
    charts: Vec<Chart>,
    marks: Vec<Mark>,
    from: String,
    to: String,
    heads: Vec<String>,
    table: Vec<TableRow>,
    violating: String,
    undecided: Vec<(String, String)>,
    faults: Faults,
}

/// What went wrong while the history was recorded.
struct Faults {
    /// The bands on the charts.
    path: String,
    /// `stalls 12, without a connection 1`.
    summary: String,
    /// From, to, what, who; the first ones.
    rows: Vec<[String; 4]>,
    more: usize,
}

/// Faults in the table, at most; beyond, they are only drawn.
const MOST_FAULTS: usize = 100;

/// A violation on the charts.
struct Mark {
    x: usize,
    key: String,
    index: usize,
    time: u64,
    at: String,
}

/// Marks that can be jumped to, at most; beyond, they are only drawn.
const MOST_MARKS: usize = 12;

pub(super) fn fill(
    (views, scenarios): (&[(&Subject<'_>, Overview)], &[Scenario]),
    (data, plays): (String, String),
    (shown, playable): (usize, usize),
) -> Result<String, askama::Error> {
    let title = match (views, scenarios) {
        ([(subject, _)], []) => format!("{}: {}", subject.title, subject.verdict),
        ([], [scenario]) => format!("{}: breaks {}", scenario.title, scenario.promise),
        ([], _) => format!("{} schedules", scenarios.len()),
        (_, []) => format!("{} histories", views.len()),
        _ => format!("{} histories and schedules", views.len() + scenarios.len()),
    };
    Page {
        title: named(&title),
        policy: format!(
            "default-src 'none'; script-src '{}'; style-src '{}'; img-src data:; base-uri 'none'; form-action 'none'",
            hash(SCRIPT),
            hash(STYLE)
        ),
        style: STYLE,
        script: SCRIPT,
        histories: views
            .iter()
            .map(|(subject, overview)| view(subject, overview))
            .collect(),
        scenarios,
        data,
        plays,
        playable,
        shown,
        all: views.iter().map(|(_, overview)| overview.operations).sum(),
        passes: views.iter().any(|(subject, _)| subject.violations.is_empty()),
        version: env!("CARGO_PKG_VERSION"),
    }
    .render()
}

fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    format!("sha256-{}", base64::engine::general_purpose::STANDARD.encode(digest))
}

fn view<'a>(subject: &'a Subject<'a>, overview: &Overview) -> HistoryView<'a> {
    let history = subject.history;
    let clock = history.clock == Clock::Nanoseconds;
    let header = &history.header;
    let mut facts = vec![
        ("specification".to_string(), header.spec.name().to_string()),
        ("operations".to_string(), number(overview.operations as u64)),
        ("keys".to_string(), number(history.keys() as u64)),
    ];
    let shown_elsewhere = |name: &str| name == "strategy" || name == FAULTS && !header.faults().is_empty();
    let metadata = header.metadata.iter().filter(|(name, _)| !shown_elsewhere(name));
    facts.extend(metadata.map(|(name, value)| (name.replace('_', " "), data::plain(value))));
    let explained = subject
        .violations
        .iter()
        .filter_map(|&(index, time)| Some((index, time?)));
    let words = Words {
        clock: history.clock,
        units: &history.units,
    };
    let marks = explained.map(|(index, time)| Mark {
        x: chart::x(overview, time),
        key: history.key(index).to_string(),
        index,
        time,
        at: words.at(time),
    });
    let (heads, table) = chart::table(overview, clock);
    let faults = history.header.faults();
    HistoryView {
        subject,
        facts,
        charts: chart::charts(overview, clock),
        marks: marks.collect(),
        from: chart::time(overview.from, clock),
        to: chart::time(overview.to, clock),
        heads,
        table,
        undecided: subject
            .undecided
            .iter()
            .map(|(index, why)| (the_key(history.key(*index)), why.clone()))
            .collect(),
        faults: told(&faults, overview, clock),
        violating: match subject.violations.len() {
            0 => String::new(),
            1 => "one key violates".to_string(),
            many => format!("{many} of {} keys violate", number(history.keys() as u64)),
        },
    }
}

fn told(faults: &[Fault], overview: &Overview, clock: bool) -> Faults {
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for fault in faults {
        match kinds.iter_mut().find(|(what, _)| *what == fault.what) {
            Some((_, count)) => *count += 1,
            None => kinds.push((&fault.what, 1)),
        }
    }
    let kinds: Vec<String> = kinds.iter().map(|(what, count)| format!("{what} {count} ×")).collect();
    let row = |fault: &Fault| {
        let who = fault
            .process
            .map_or("all".to_string(), |process| format!("client {process}"));
        [
            chart::time(fault.from, clock),
            chart::time(fault.to, clock),
            who,
            fault.what.clone(),
        ]
    };
    Faults {
        path: chart::bands(faults, overview),
        summary: kinds.join(", "),
        rows: faults.iter().take(MOST_FAULTS).map(row).collect(),
        more: faults.len().saturating_sub(MOST_FAULTS),
    }
}

/// A text in pieces; those that stand between backticks are code.
fn coded(text: &str) -> Vec<(bool, &str)> {
    let pieces = text.split('`').enumerate();
    pieces.map(|(place, piece)| (place % 2 == 1, piece)).collect()
}

/// A title without the marks of code in it.
fn named(title: &str) -> String {
    title.replace('`', "")
}

impl Scenario {
    fn heading(&self) -> String {
        named(&self.title)
    }
}

impl HistoryView<'_> {
    fn heading(&self) -> String {
        named(&self.subject.title)
    }

    fn first_marks(&self) -> &[Mark] {
        self.marks.get(..MOST_MARKS).unwrap_or(&self.marks)
    }

    /// Where on the charts violations are, each place once.
    fn marked(&self) -> BTreeSet<usize> {
        self.marks.iter().map(|mark| mark.x).collect()
    }

    /// How many keys violate that are not shown in full.
    fn further(&self) -> usize {
        self.subject.violations.len().saturating_sub(self.subject.cases.len())
    }

    /// How many of them are not told in a line either.
    fn untold(&self) -> usize {
        self.further().saturating_sub(self.subject.lines.len())
    }

    fn verdict_mark(&self) -> &'static str {
        match self.subject.verdict.as_str() {
            "linearizable" => "✓",
            "violation" => "✗",
            _ => "?",
        }
    }
}

/// Distances of the drawing of a case, in its own units.
const ROW: usize = 92;
const LANE: usize = 64;
const LEFT: usize = 96;
const TOP: usize = 24;

impl Case {
    fn wide(&self) -> usize {
        LEFT + (self.rows.len().max(1)) * ROW + 24
    }

    fn high(&self) -> usize {
        TOP + self.clients.len() * LANE + if self.any_fault() { 22 } else { 8 }
    }

    fn x(&self, row: &usize) -> usize {
        LEFT + row * ROW + 8
    }

    fn y(&self, lane: &usize) -> usize {
        TOP + lane * LANE + 22
    }

    fn end(&self, bar: &Bar) -> usize {
        bar.last.map_or(self.wide() - 14, |last| self.x(&last) + 4)
    }

    fn any_level(&self) -> bool {
        self.rows.iter().any(|row| row.level.is_some())
    }

    fn any_unsure(&self) -> bool {
        self.rows.iter().any(|row| row.unsure)
    }

    fn any_fault(&self) -> bool {
        self.rows.iter().any(|row| row.what == "fault")
    }

    fn any_beside(&self) -> bool {
        self.operations.iter().any(|bar| bar.beside)
    }

    fn is_beside(&self, place: &usize) -> bool {
        self.operations.get(*place).is_some_and(|bar| bar.beside)
    }

    /// What a command says in the drawing, short enough for its place, without its reply.
    fn short(&self, text: &str) -> String {
        if text.chars().count() <= 12 {
            return text.to_string();
        }
        match text.rsplit_once(" → ") {
            Some((command, reply)) if reply.chars().count() < 6 => {
                let room = 8 - reply.chars().count();
                format!(
                    "{}… → {reply}",
                    command.chars().take(room).collect::<String>().trim_end()
                )
            }
            _ => format!("{}…", text.chars().take(11).collect::<String>()),
        }
    }
}
