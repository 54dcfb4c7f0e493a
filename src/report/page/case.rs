//! A counterexample as the page shows it: its sentence, its operations as bars and as rows.

use oversell_checker::counterexample::{Tell, signed};
use serde::Serialize;

use super::Code;
use crate::report::{
    explanation::{Explanation, Start},
    story::{Row, Story, What},
};

/// A violation as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Case {
    /// The place of its key among the keys of the history.
    pub(super) index: usize,
    #[serde(skip)]
    pub(super) key: String,
    #[serde(skip)]
    pub(super) kind: String,
    #[serde(skip)]
    pub(super) title: String,
    #[serde(skip)]
    pub(super) headline: String,
    #[serde(skip)]
    pub(super) part: String,
    /// Label and text of what is said about it: `why`, `how`, `also`, `fix`.
    #[serde(skip)]
    pub(super) reasons: Vec<(&'static str, String)>,
    /// What the times of the rows are given in.
    pub(super) unit: &'static str,
    pub(super) clients: Vec<String>,
    /// The stock before the first row, where the rows tell it.
    pub(super) start: Option<i64>,
    /// The code of a purchase, where it is known.
    pub(super) code: Option<Code>,
    pub(super) rows: Vec<Step>,
    pub(super) operations: Vec<Bar>,
}

/// A row of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Step {
    /// When.
    pub(super) at: String,
    /// Which client.
    pub(super) lane: usize,
    /// Which of the operations.
    pub(super) place: usize,
    /// `asked`, `command`, `more`, `answered`, or `fault`.
    pub(super) what: &'static str,
    /// What happened.
    pub(super) text: String,
    /// What a command looked up, where that is a number that nothing changed.
    pub(super) read: bool,
    pub(super) level: Option<i64>,
    /// The stock that others had left before this.
    pub(super) jump: Option<i64>,
    /// What is wrong here.
    pub(super) note: Option<String>,
    /// The line of the code that sends this command or gives this answer.
    pub(super) line: Option<usize>,
    #[serde(skip)]
    pub(super) unsure: bool,
    /// One a client.
    #[serde(skip)]
    pub(super) cells: Vec<Cell>,
}

/// What stands in one client's column of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) class: &'static str,
    pub(super) text: String,
}

/// An operation of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Bar {
    /// Its place in the key's history.
    pub(super) index: usize,
    pub(super) lane: usize,
    pub(super) asked: String,
    pub(super) answered: Option<String>,
    /// Not needed for the contradiction.
    pub(super) beside: bool,
    /// The rows in which it begins and ends.
    pub(super) first: usize,
    pub(super) last: Option<usize>,
}

impl Step {
    pub(super) fn level_text(&self) -> String {
        self.level.map_or_else(String::new, signed)
    }

    pub(super) fn jump_text(&self) -> Option<String> {
        self.jump.map(signed)
    }
}

impl<State: Start, Op: Tell<Ret = Ret>, Ret> Explanation<'_, State, Op, Ret> {
    /// The same for a page. `index` and `key` name the key that violates; `code` is that of a purchase.
    #[must_use]
    pub fn case(&self, index: usize, key: &str, code: Option<&Code>) -> Case {
        let story = Story::new(self);
        let finding = self.finding;
        let parts = [
            ("why", Some(finding.explanation.clone())),
            ("how", finding.beside.as_ref().map(|beside| beside.sentence.clone())),
            ("but", finding.doubt()),
            ("also", self.also()),
            ("fix", self.fix.filter(|fix| !fix.is_empty()).map(str::to_string)),
            ("saved", self.saved.map(str::to_string)),
        ];
        let mut rows: Vec<Step> = (0..story.rows.len()).map(|number| step(&story, number)).collect();
        if let Some(code) = code {
            place_lines(&story, code, &mut rows);
        }
        let operations = bars(&story, &rows);
        Case {
            index,
            key: key.to_string(),
            kind: finding.kind.to_string(),
            title: self.title.to_string(),
            headline: finding.headline.clone(),
            part: self.part(),
            reasons: parts
                .into_iter()
                .filter_map(|(label, text)| Some((label, text?)))
                .collect(),
            unit: story.unit(),
            clients: (0..story.lanes.len()).map(|lane| story.name(lane)).collect(),
            start: rows.first().and_then(|row| row.level),
            code: code.filter(|_| rows.iter().any(|row| row.line.is_some())).cloned(),
            rows,
            operations,
        }
    }
}

fn step<State: Start, Op: Tell<Ret = Ret>, Ret>(story: &Story<'_, State, Op, Ret>, number: usize) -> Step {
    let row: &Row = &story.rows[number];
    let lane = story.lane(row.event.place);
    let what = match row.event.what {
        What::Asked => "asked",
        What::Command(_) => "command",
        What::LeftOut(_) => "more",
        What::Answered => "answered",
    };
    let cell = |other: usize| {
        if other == lane {
            return Cell {
                class: what,
                text: story.texts[number].clone(),
            };
        }
        Cell {
            class: match story.waits(other, number) {
                None => "idle",
                Some(true) => "during",
                Some(false) => "open",
            },
            text: String::new(),
        }
    };
    Step {
        at: story.time(row.at),
        lane,
        place: row.event.place,
        what,
        text: story.texts[number].clone(),
        read: row.event.effect.only_reads(),
        level: story.levels[number],
        jump: row.jumped_to,
        note: story.note(row).map(str::to_string),
        line: None,
        unsure: row.unsure,
        cells: (0..story.lanes.len()).map(cell).collect(),
    }
}

/// Finds the line of each command of a purchase, and of its answer. Of a purchase that is not told from its beginning, or
/// does something else than the code, none is marked.
fn place_lines<State: Start, Op: Tell<Ret = Ret>, Ret>(
    story: &Story<'_, State, Op, Ret>,
    code: &Code,
    rows: &mut [Step],
) {
    for (place, shown) in story.shown.iter().enumerate() {
        if shown.original.op.f() != "buy" {
            continue;
        }
        let mut at = None;
        for (row, told) in rows.iter_mut().zip(&story.rows).filter(|(row, _)| row.place == place) {
            match told.event.what {
                What::Asked => {}
                What::LeftOut(_) => break,
                What::Command(number) => {
                    at = code.next(at, &story.commands[place][number].command);
                    row.line = at;
                    if at.is_none() {
                        break;
                    }
                }
                What::Answered if at.is_some() => row.line = code.end(at, &row.text),
                What::Answered => {}
            }
        }
    }
}

fn bars<State: Start, Op: Tell<Ret = Ret>, Ret>(story: &Story<'_, State, Op, Ret>, rows: &[Step]) -> Vec<Bar> {
    let bar = |(place, shown): (usize, &&oversell_checker::counterexample::Shown<Op, Ret>)| {
        let mine = |row: &Step| row.place == place;
        let operation = &shown.original;
        let response = operation.response.as_ref();
        Bar {
            index: shown.index,
            lane: story.lane(place),
            asked: story.explanation.words.asked(&operation.op),
            answered: response.map(|response| operation.op.answered(&response.ret, &story.explanation.words)),
            beside: story.is_beside(place),
            first: rows.iter().position(mine).unwrap_or(0),
            last: response.and_then(|_| rows.iter().rposition(mine)),
        }
    };
    story.shown.iter().enumerate().map(bar).collect()
}
