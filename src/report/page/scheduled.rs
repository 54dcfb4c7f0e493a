//! A schedule as a case: its steps as rows, its operations as bars.

use oversell_models::explorer::{Action, Step as Taken};

use super::{
    Code,
    case::{Bar, Case, Cell, Step},
};
use crate::report::terminal::scheduled::{answered, asked, fault, replied};

/// A schedule to be shown.
#[derive(Debug)]
pub struct Scheduled<'a> {
    /// What is broken, in a word: `oversells`.
    pub kind: &'a str,
    /// The same in a few: `sells more than it has, in 4 steps`.
    pub headline: &'a str,
    /// What it is the shortest of.
    pub bounds: &'a str,
    /// Label and text of what is said about it: `why`, `fix`, `replay`.
    pub reasons: Vec<(&'static str, String)>,
    /// What the clients are called.
    pub clients: Vec<String>,
    /// Units on sale at its start.
    pub stock: u64,
    /// What happens.
    pub steps: &'a [Taken],
    /// What is wrong at its end.
    pub wrong: &'a str,
    /// The code of a purchase, where it is known.
    pub code: Option<Code>,
    /// For each step the line of the code that sends its command, and the lines at which the clients are after it.
    pub lines: Vec<(Option<usize>, Vec<Option<usize>>)>,
}

/// What the server answered, short enough to be read: of an error its code, of a script's hash as much as of a command.
#[must_use]
pub fn reply(step: &Taken) -> String {
    let text = replied(step);
    if text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return format!("{}…", &text[..8]);
    }
    text
}

/// Does it look something up, and change nothing?
fn reads(command: &str) -> bool {
    let name = command.split(' ').next().unwrap_or_default().to_ascii_uppercase();
    ["GET", "HGET", "LLEN", "SCARD", "ZCARD", "STRLEN", "ZSCORE"].contains(&name.as_str())
}

impl Scheduled<'_> {
    /// As the page shows it.
    #[must_use]
    pub fn case(self) -> Case {
        let mut table = Table {
            lanes: self.clients.len(),
            rows: Vec::new(),
            bars: Vec::new(),
            open: vec![None; self.clients.len()],
        };
        let mut level = i64::try_from(self.stock).ok();
        for (place, step) in self.steps.iter().enumerate() {
            let (line, after) = self
                .lines
                .get(place)
                .map_or((None, &[][..]), |(line, after)| (*line, after));
            table.add(place + 1, step, (level, line, after));
            level = step.stock.or(level);
        }
        if let Some(last) = table.rows.last_mut() {
            last.note = Some(self.wrong.to_string());
        }
        Case {
            index: 0,
            key: String::new(),
            kind: self.kind.to_string(),
            title: String::new(),
            headline: self.headline.to_string(),
            part: self.bounds.to_string(),
            reasons: self.reasons,
            unit: "step",
            clients: self.clients,
            start: i64::try_from(self.stock).ok(),
            code: self.code,
            rows: table.rows,
            operations: table.bars,
        }
    }
}

struct Table {
    lanes: usize,
    rows: Vec<Step>,
    bars: Vec<Bar>,
    /// The operation that each client is in.
    open: Vec<Option<usize>>,
}

impl Table {
    /// `before` is the stock before the step, the line that sends its command, and where the clients are after it.
    fn add(&mut self, number: usize, step: &Taken, before: (Option<i64>, Option<usize>, &[Option<usize>])) {
        let (level, line, after) = before;
        let Some(lane) = step.client else {
            self.row(number, self.lanes, "fault", fault(step), step.stock, None);
            return;
        };
        if let Some(asked) = asked(step) {
            self.open[lane] = Some(self.bars.len());
            self.bars.push(Bar {
                index: self.bars.len(),
                lane,
                asked: asked.clone(),
                answered: None,
                beside: false,
                first: self.rows.len(),
                last: None,
            });
            self.row(number, lane, "asked", asked, level, None);
        }
        if let Some(request) = &step.request {
            let reply = reply(step);
            let text = format!("{request} → {reply}");
            self.row(number, lane, "command", text, step.stock, line);
            if let Some(row) = self.rows.last_mut() {
                row.read = step.arrived() && reads(&request.to_string()) && reply.parse::<i64>().is_ok();
            }
        }
        if !matches!(step.action, Action::Step(_)) {
            self.row(number, lane, "fault", fault(step), step.stock, None);
        }
        if step.retries {
            self.row(number, lane, "more", "… starts again".to_string(), step.stock, None);
        }
        if let Some(answer) = &step.answer {
            let end = after.get(lane).copied().flatten();
            self.row(number, lane, "answered", answered(answer), step.stock, end);
            if let Some(bar) = self.open[lane].take().and_then(|place| self.bars.get_mut(place)) {
                bar.answered = Some(answered(answer));
                bar.last = Some(self.rows.len() - 1);
            }
        }
        if matches!(step.action, Action::Crash(_) | Action::CrashAfter(_)) {
            self.open[lane] = None;
        }
    }

    fn row(
        &mut self,
        number: usize,
        lane: usize,
        what: &'static str,
        text: String,
        level: Option<i64>,
        line: Option<usize>,
    ) {
        let cell = |other: usize| {
            let mine = other == lane;
            Cell {
                class: match (mine, self.open.get(other).copied().flatten()) {
                    (true, _) => what,
                    (false, Some(_)) => "during",
                    (false, None) => "idle",
                },
                text: if mine && what != "fault" {
                    text.clone()
                } else {
                    String::new()
                },
            }
        };
        let cells = (0..self.lanes).map(cell).collect();
        let place = self.open.get(lane).copied().flatten();
        self.rows.push(Step {
            at: number.to_string(),
            lane,
            place: place.unwrap_or(usize::MAX),
            what,
            text,
            read: false,
            level,
            jump: None,
            note: None,
            line,
            unsure: false,
            cells,
        });
    }
}
