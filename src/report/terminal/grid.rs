//! The drawing: one column a client, time downwards, one event a row, the stock at the right.

use std::fmt::Write as _;

use oversell_checker::counterexample::{Tell, signed};

use super::style::{Ink, Style, columns};
use crate::report::{
    explanation::{Explanation, Start},
    story::{Row, Story, What},
};

const TIME: usize = 12;
/// The column of the stock is at least this wide.
const STOCK: usize = 8;
const GAP: usize = 2;
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
    style: &'a Style,
    story: Story<'a, State, Op, Ret>,
    /// What each row says, with the bar of its operation.
    texts: Vec<String>,
    /// The width of the column of the stock.
    stock: usize,
}

impl<'a, State: Start, Op: Tell<Ret = Ret>, Ret> Drawing<'a, State, Op, Ret> {
    fn new(explanation: &'a Explanation<'a, State, Op, Ret>, style: &'a Style) -> Self {
        let story = Story::new(explanation);
        let barred = |(row, text): (&Row, &String)| {
            let bar = match row.event.what {
                What::Asked => '┌',
                What::Command(_) | What::LeftOut(_) => '│',
                What::Answered => '└',
            };
            format!("{bar} {text}")
        };
        let texts = story.rows.iter().zip(&story.texts).map(barred).collect();
        let others = story.rows.iter().filter_map(|row| row.jumped_to);
        let levels = story.levels.iter().flatten().copied().chain(others);
        let longest = levels.map(|level| columns(&style.text(&signed(level)))).max();
        let stock = longest.map_or(STOCK, |longest| STOCK.max(longest + GAP));
        Self {
            style,
            story,
            texts,
            stock,
        }
    }

    fn draw(&self) -> String {
        let texts = self.texts.iter().map(|text| columns(&self.style.text(text)));
        let names = (0..self.story.lanes.len()).map(|lane| columns(&self.story.name(lane)));
        let wanted = texts.chain(names).max().unwrap_or(0).clamp(NARROWEST, WIDEST);
        let room = self.style.columns().saturating_sub(2 + TIME + GAP + self.stock);
        let fitting = (room / (wanted.min(NARROW) + GAP)).max(1);
        let blocks = self.story.lanes.len().div_ceil(fitting).max(1);
        let a_block = self.story.lanes.len().div_ceil(blocks).max(1);
        let cell = wanted.min((room / a_block).saturating_sub(GAP));
        let mut text = String::new();
        for (block, lanes) in (0..self.story.lanes.len())
            .collect::<Vec<_>>()
            .chunks(a_block)
            .enumerate()
        {
            if block > 0 {
                text.push('\n');
            }
            self.draw_block(lanes, cell, blocks > 1, &mut text);
        }
        let legends = [
            (blocks > 1, "the numbers in front are the order of all rows"),
            (
                self.story.explanation.finding.beside.is_some(),
                "* not needed for the contradiction, but shows how it came about",
            ),
            (
                self.story.rows.iter().any(|row| row.unsure),
                "~ neither clocks nor replies say whether this or the row above came first",
            ),
        ];
        for (_, legend) in legends.iter().filter(|(needed, _)| *needed) {
            let _ = writeln!(text, "  {}", self.style.paint(legend, Ink::Faint));
        }
        text
    }

    /// The rows of some clients. When there are several blocks, rows are numbered, so that they can be read together.
    fn draw_block(&self, lanes: &[usize], cell: usize, numbered: bool, text: &mut String) {
        let style = self.style;
        let unit = self.story.unit();
        let mut head = format!("{unit:>TIME$}");
        for &lane in lanes {
            head += &" ".repeat(GAP);
            head += &style.fit(&self.story.name(lane), cell);
        }
        let any_level = self.story.levels.iter().any(Option::is_some);
        if any_level {
            let _ = write!(head, "{:>width$}", "stock", width = self.stock);
        }
        let _ = writeln!(text, "  {}", style.paint(head.trim_end(), Ink::Strong));
        for (number, row) in self.story.rows.iter().enumerate() {
            let lane = self.story.lane(row.event.place);
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
        let note = self.story.note(row);
        let ink = if note.is_some() { Ink::Wrong } else { Ink::Plain };
        let mark = if row.unsure { "~" } else { " " };
        let time = self.story.time(row.at);
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
            if lane == self.story.lane(row.event.place) {
                line += &style.paint(&style.fit_command(&self.texts[number], cell), ink);
            } else {
                line += &style.fit(self.bar(lane, number), cell);
            }
        }
        if let Some(level) = self.story.levels[number] {
            let level = style.text(&signed(level));
            line += &style.paint(&format!("{level:>width$}", width = self.stock), ink);
            length += self.stock;
        } else if note.is_some() {
            line += &" ".repeat(self.stock);
            length += self.stock;
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
        // In the place of the time, which nobody knows.
        let who = format!("{:>width$} ", "(others)", width = TIME - 1);
        let mut line = format!("  {}", style.paint(&who, Ink::Faint));
        for &lane in lanes {
            line += &" ".repeat(GAP);
            line += &style.fit(self.bar(lane, number), cell);
        }
        let level = style.text(&signed(level));
        let _ = writeln!(text, "{line}{level:>width$}", width = self.stock);
    }

    /// The bar of a client in a row of another's: whole while it waits for an answer that came, broken while it waits for
    /// one that never came.
    fn bar(&self, lane: usize, row: usize) -> &'static str {
        match self.story.waits(lane, row) {
            None => "",
            Some(true) => "│",
            Some(false) => "┊",
        }
    }
}
