//! The drawing: one column a client, time downwards, one event a row, the stock at the right.

use std::fmt::Write as _;

use super::{
    Explanation, Start,
    order::{Event, Row, What, rows},
    style::{Ink, Style, columns},
};
use crate::{
    counterexample::{
        Kind, Shown, Tell,
        effects::{Effect, counter_key, effect, without_key},
        number, signed,
    },
    history::{Clock, Command},
};

const TIME: usize = 12;
const STOCK: usize = 8;
const GAP: usize = 2;
/// Of an operation with more commands than this, the last are shown: of one that starts again and again.
const MOST_COMMANDS: usize = 6;
const LAST_COMMANDS: usize = 4;
/// A column is at least this wide.
const NARROWEST: usize = 9;
/// What is longer is cut to this before clients go into another block.
const NARROW: usize = 16;
/// A column is at most this wide.
const WIDEST: usize = 30;

pub(super) fn draw<State: Start, Op: Tell<Ret = Ret>, Ret>(
    explanation: &Explanation<'_, State, Op, Ret>,
    style: &Style,
) -> String {
    let drawing = Drawing::new(explanation, style);
    drawing.draw()
}

struct Drawing<'a, State, Op, Ret> {
    explanation: &'a Explanation<'a, State, Op, Ret>,
    style: &'a Style,
    /// The operations of the counterexample, and behind them the one beside it.
    shown: Vec<&'a Shown<Op, Ret>>,
    /// The clients, in order of their first event, each with the places of its operations.
    lanes: Vec<(i64, Vec<usize>)>,
    commands: Vec<Vec<Command<'a>>>,
    rows: Vec<Row>,
    /// What each row says, and the stock after it.
    texts: Vec<String>,
    levels: Vec<Option<i64>>,
}

impl<'a, State: Start, Op: Tell<Ret = Ret>, Ret> Drawing<'a, State, Op, Ret> {
    fn new(explanation: &'a Explanation<'a, State, Op, Ret>, style: &'a Style) -> Self {
        let finding = explanation.finding;
        let beside = finding.beside.as_ref().map(|beside| &beside.shown);
        let shown: Vec<_> = finding.counterexample.operations.iter().chain(beside).collect();
        let commands: Vec<Vec<Command<'a>>> = shown
            .iter()
            .map(|shown| explanation.commands.of(shown.index).collect())
            .collect();
        let key = counter_key(commands.iter().flatten()).unwrap_or_default().to_string();
        let mut lanes: Vec<(i64, Vec<usize>)> = Vec::new();
        for (place, shown) in shown.iter().enumerate() {
            match lanes.iter_mut().find(|(process, _)| *process == shown.original.process) {
                Some((_, places)) => places.push(place),
                None => lanes.push((shown.original.process, vec![place])),
            }
        }
        let events: Vec<Vec<Event>> = lanes
            .iter()
            .map(|(_, places)| {
                let of_place = |&place: &usize| events(place, shown[place], &commands[place], &key);
                places.iter().flat_map(of_place).collect()
            })
            .collect();
        let rows = rows(&events);
        let mut drawing = Self {
            explanation,
            style,
            shown,
            lanes,
            commands,
            levels: rows.iter().map(|row| row.level).collect(),
            texts: Vec::new(),
            rows,
        };
        drawing.texts = drawing.rows.iter().map(|row| drawing.say(row, &key)).collect();
        if drawing.levels.iter().all(Option::is_none) {
            drawing.levels = drawing.told_levels();
        }
        if drawing.levels.iter().all(Option::is_none) && explanation.finding.kind == Kind::Oversold {
            drawing.levels = drawing.counted_levels();
        }
        drawing
    }

    fn shown(&self, place: usize) -> &'a Shown<Op, Ret> {
        self.shown[place]
    }

    /// Is this the operation that is not needed for the contradiction?
    fn is_beside(&self, place: usize) -> bool {
        place >= self.explanation.finding.counterexample.operations.len()
    }

    /// What a row says in its client's column.
    fn say(&self, row: &Row, key: &str) -> String {
        let operation = &self.shown(row.event.place).original;
        match (row.event.what, &operation.response) {
            (What::Asked, Some(_)) => format!("┌ {}", operation.op.asked()),
            (What::Asked, None) => format!("┌ {} (no answer)", operation.op.asked()),
            (What::Command(number), _) => {
                let command = &self.commands[row.event.place][number];
                let text = without_key(&command.command, key);
                let reply = command.reply.as_deref().unwrap_or("?");
                format!("│ {text} → {reply}")
            }
            (What::LeftOut(count), _) => format!("│ … {count} commands"),
            (What::Answered, Some(response)) => {
                format!("└ {}", operation.op.answered(&response.ret, &self.explanation.words))
            }
            (What::Answered, None) => String::new(),
        }
    }

    /// Without commands, the stock is what the answers tell of it.
    fn told_levels(&self) -> Vec<Option<i64>> {
        let told = |row: &Row| {
            let operation = &self.shown(row.event.place).original;
            let response = operation
                .response
                .as_ref()
                .filter(|_| row.event.what == What::Answered)?;
            operation.op.told(&response.ret)
        };
        self.rows.iter().map(told).collect()
    }

    /// Without numbers in the answers either, what they say is left of the units there were for them.
    fn counted_levels(&self) -> Vec<Option<i64>> {
        let mut level = self
            .explanation
            .finding
            .counterexample
            .initial
            .stock()
            .and_then(|stock| i64::try_from(stock).ok());
        let counted = |row: &Row| {
            let operation = &self.shown(row.event.place).original;
            let taken = operation
                .response
                .as_ref()
                .map_or(0, |response| operation.op.taken(&response.ret));
            if row.event.what == What::Answered {
                level = level.and_then(|level| level.checked_sub_unsigned(taken));
            }
            level
        };
        self.rows.iter().map(counted).collect()
    }

    fn draw(&self) -> String {
        let texts = self.texts.iter().map(|text| columns(&self.style.text(text)));
        let names = (0..self.lanes.len()).map(|lane| columns(&self.name(lane)));
        let wanted = texts.chain(names).max().unwrap_or(0).clamp(NARROWEST, WIDEST);
        let room = self.style.columns().saturating_sub(2 + TIME + GAP + STOCK);
        let fitting = (room / (wanted.min(NARROW) + GAP)).max(1);
        let blocks = self.lanes.len().div_ceil(fitting).max(1);
        let a_block = self.lanes.len().div_ceil(blocks).max(1);
        let cell = wanted.min((room / a_block).saturating_sub(GAP));
        let mut text = String::new();
        for (block, lanes) in (0..self.lanes.len()).collect::<Vec<_>>().chunks(a_block).enumerate() {
            if block > 0 {
                text.push('\n');
            }
            self.draw_block(lanes, cell, blocks > 1, &mut text);
        }
        if self.explanation.finding.beside.is_some() {
            let legend = "* not needed for the contradiction, but shows how it came about";
            let _ = writeln!(text, "  {}", self.style.paint(legend, Ink::Faint));
        }
        if self.rows.iter().any(|row| row.unsure) {
            let legend = "~ neither clocks nor replies say whether this or the row above came first";
            let _ = writeln!(text, "  {}", self.style.paint(legend, Ink::Faint));
        }
        text
    }

    /// The rows of some clients. When there are several blocks, rows are numbered, so that they can be read together.
    fn draw_block(&self, lanes: &[usize], cell: usize, numbered: bool, text: &mut String) {
        let style = self.style;
        let unit = match (self.explanation.words.clock, self.fine()) {
            (Clock::Lines, _) => "event",
            (Clock::Nanoseconds, true) => "ns",
            (Clock::Nanoseconds, false) => "ms",
        };
        let mut head = format!("{unit:>TIME$}");
        for &lane in lanes {
            head += &" ".repeat(GAP);
            head += &style.fit(&self.name(lane), cell);
        }
        let any_level = self.levels.iter().any(Option::is_some);
        if any_level {
            let _ = write!(head, "{:>STOCK$}", "stock");
        }
        let _ = writeln!(text, "  {}", style.paint(head.trim_end(), Ink::Strong));
        for (number, row) in self.rows.iter().enumerate() {
            let lane = self.lane(row.event.place);
            if !lanes.contains(&lane) {
                continue;
            }
            if let Some(level) = row.jumped_to {
                self.draw_others(number, level, lanes, cell, text);
            }
            self.draw_row(number, row, lanes, cell, numbered, text);
        }
    }

    fn draw_row(&self, number: usize, row: &Row, lanes: &[usize], cell: usize, numbered: bool, text: &mut String) {
        let style = self.style;
        let note = self.note(row);
        let ink = if note.is_some() { Ink::Wrong } else { Ink::Plain };
        let mark = if row.unsure { "~" } else { " " };
        let time = self.time(row.at);
        let time = if numbered {
            format!("{:>3}{:>width$}{mark}", number + 1, time, width = TIME - 4)
        } else {
            format!("{time:>width$}{mark}", width = TIME - 1)
        };
        let mut line = format!("  {}", style.paint(&time, Ink::Faint));
        let mut length = 2 + TIME;
        for &lane in lanes {
            line += &" ".repeat(GAP);
            length += GAP + cell;
            if lane == self.lane(row.event.place) {
                line += &style.paint(&style.fit(&self.short(number, cell), cell), ink);
            } else {
                line += &style.fit(self.bar(lane, number), cell);
            }
        }
        if let Some(level) = self.levels[number] {
            let level = style.text(&signed(level));
            line += &style.paint(&format!("{level:>STOCK$}"), ink);
            length += STOCK;
        } else if note.is_some() {
            line += &" ".repeat(STOCK);
            length += STOCK;
        }
        let mut below = None;
        if let Some(note) = note {
            let note = style.text(&format!("← {note}"));
            if length + 2 + columns(&note) <= style.columns() {
                line += "  ";
                line += &style.paint(&note, Ink::Wrong);
            } else {
                below = Some(note);
            }
        }
        let _ = writeln!(text, "{}", line.trim_end());
        if let Some(note) = below {
            let width = style.columns().saturating_sub(columns(&note));
            let _ = writeln!(
                text,
                "{}{}",
                " ".repeat(width.min(length)),
                style.paint(&note, Ink::Wrong)
            );
        }
    }

    /// A row for what others did before a row.
    fn draw_others(&self, number: usize, level: i64, lanes: &[usize], cell: usize, text: &mut String) {
        let style = self.style;
        let mut line = format!("  {:TIME$}", "");
        for &lane in lanes {
            line += &" ".repeat(GAP);
            line += &style.fit(self.bar(lane, number), cell);
        }
        let level = style.text(&signed(level));
        let _ = writeln!(text, "{line}{level:>STOCK$}  {}", style.paint("(others)", Ink::Faint));
    }

    /// What a row says, in so many columns: of a long command the end is left out, but not its reply.
    fn short(&self, number: usize, cell: usize) -> String {
        let text = &self.texts[number];
        if columns(&self.style.text(text)) <= cell {
            return text.clone();
        }
        match text.rsplit_once(" → ") {
            Some((command, reply)) if columns(reply) + 8 < cell => {
                let arrow = columns(&self.style.text(" → "));
                let room = cell - columns(&self.style.text(reply)) - arrow;
                format!("{} → {reply}", self.style.cut(command, room))
            }
            _ => text.clone(),
        }
    }

    /// The bar of a client in a row of another's: whole while it waits for an answer that came, broken while it waits for
    /// one that never came.
    fn bar(&self, lane: usize, row: usize) -> &'static str {
        let mine = |other: &&Row| self.lane(other.event.place) == lane;
        let Some(last) = self.rows[..row].iter().rfind(mine) else {
            return "";
        };
        if last.event.what == What::Answered {
            ""
        } else if self.shown(last.event.place).original.response.is_some() {
            "│"
        } else {
            "┊"
        }
    }

    /// What is wrong, at the answer that shows it.
    fn note(&self, row: &Row) -> Option<&'a str> {
        let finding = self.explanation.finding;
        let answers = |row: &&Row| row.event.what == What::Answered && !self.is_beside(row.event.place);
        let last = self.rows.iter().rfind(answers)?;
        let (place, note) = finding
            .note
            .as_ref()
            .map_or((None, ""), |(place, note)| (*place, note.as_str()));
        let place = place.unwrap_or(last.event.place);
        (row.event.what == What::Answered && row.event.place == place && !note.is_empty()).then_some(note)
    }

    fn lane(&self, place: usize) -> usize {
        self.lanes
            .iter()
            .position(|(_, places)| places.contains(&place))
            .unwrap_or(0)
    }

    /// A client by what it does; by no more than its number when it does several things.
    fn name(&self, lane: usize) -> String {
        let (process, places) = &self.lanes[lane];
        let mut roles = places.iter().map(|&place| self.shown(place).original.op.role());
        let first = roles.next().unwrap_or("client");
        let role = if roles.all(|role| role == first) {
            first
        } else {
            "client"
        };
        let mark = if places.iter().all(|&place| self.is_beside(place)) {
            " *"
        } else {
            ""
        };
        format!("{role} {process}{mark}")
    }

    /// Are the times so small that only nanoseconds tell them apart?
    fn fine(&self) -> bool {
        self.rows.iter().all(|row| row.at < 100_000)
    }

    fn time(&self, at: u64) -> String {
        match (self.explanation.words.clock, self.fine()) {
            (Clock::Lines, _) | (Clock::Nanoseconds, true) => at.to_string(),
            (Clock::Nanoseconds, false) => {
                let microseconds = at / 1_000;
                format!("{}.{:03}", number(microseconds / 1_000), microseconds % 1_000)
            }
        }
    }
}

fn events<Op: Tell<Ret = Ret>, Ret>(
    place: usize,
    shown: &Shown<Op, Ret>,
    commands: &[Command<'_>],
    key: &str,
) -> Vec<Event> {
    let operation = &shown.original;
    let instant = |what, at| Event {
        place,
        what,
        earliest: at,
        latest: at,
        effect: Effect::None,
    };
    let mut events = vec![instant(What::Asked, operation.invoked)];
    let left_out = if commands.len() > MOST_COMMANDS {
        commands.len() - LAST_COMMANDS
    } else {
        0
    };
    if let Some(last) = left_out.checked_sub(1).and_then(|last| commands.get(last)) {
        events.push(instant(What::LeftOut(left_out), last.received.unwrap_or(last.sent)));
    }
    events.extend(
        commands
            .iter()
            .enumerate()
            .skip(left_out)
            .map(|(number, command)| Event {
                place,
                what: What::Command(number),
                earliest: command.sent,
                latest: command.received.unwrap_or(u64::MAX),
                effect: effect(command, key),
            }),
    );
    if let Some(response) = &operation.response {
        events.push(instant(What::Answered, response.at));
    }
    events
}
