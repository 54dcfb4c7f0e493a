//! A violation in the terminal: what happened, in one column a client, and why that is impossible.

mod grid;
pub mod scheduled;
mod style;

use std::fmt::Write as _;

pub use style::Style;

use oversell_checker::{
    counterexample::{Finding, Kind, Tell, Words, number, others_in_words, units},
    history::CommandLog,
};
use style::Ink;

/// A violation to be shown.
#[derive(Debug)]
pub struct Explanation<'a, State, Op, Ret> {
    /// Whose violation it is: `naive (GET, then DECR)`.
    pub title: &'a str,
    /// What was found.
    pub finding: &'a Finding<State, Op, Ret>,
    /// How many operations the whole history has.
    pub operations: usize,
    /// The commands within them, where they were recorded.
    pub commands: &'a CommandLog,
    /// Clock and names of the history.
    pub words: Words<'a>,
    /// What to write instead.
    pub fix: Option<&'a str>,
    /// Where the history was saved.
    pub saved: Option<&'a str>,
    /// The command that replays or checks it.
    pub replay: Option<&'a str>,
}

/// A start as the line under the title gives it.
pub trait Start {
    /// `from stock 1`.
    fn from(&self) -> String;
    /// The stock, where this is about stock.
    fn stock(&self) -> Option<u64> {
        None
    }
}

impl Start for u64 {
    fn from(&self) -> String {
        format!("from stock {}", number(*self))
    }

    fn stock(&self) -> Option<u64> {
        Some(*self)
    }
}

impl Start for String {
    fn from(&self) -> String {
        format!("from {self:?}")
    }
}

impl<State: Start, Op: Tell<Ret = Ret>, Ret> Explanation<'_, State, Op, Ret> {
    /// The whole view, ending in a line break. Plain text unless the style says otherwise.
    #[must_use]
    pub fn render(&self, style: &Style) -> String {
        let mut text = self.heading(style);
        text.push('\n');
        text += &grid::draw(self, style);
        text.push('\n');
        text += &self.reasons(style);
        text
    }

    /// One line: title, kind and headline.
    #[must_use]
    pub fn line(&self, style: &Style) -> String {
        let mark = style.text("✗");
        let finding = self.finding;
        let kind = style.paint(&format!("{mark} {}", finding.kind), Ink::Wrong);
        format!("{kind}  {}: {}", style.text(self.title), style.text(&finding.headline))
    }

    fn heading(&self, style: &Style) -> String {
        let title = style.text(self.title);
        let headline = style.text(&loud(&self.finding.headline));
        let mut text = style.paint(&title, Ink::Strong);
        if style::columns(&title) + 4 + style::columns(&headline) <= style.columns() {
            text.push_str("    ");
        } else {
            text.push_str("\n  ");
        }
        let _ = writeln!(text, "{}", style.paint(&headline, Ink::Wrong));
        let part = self.part();
        for line in style.wrap(&part, style.columns() - 2) {
            let _ = writeln!(text, "  {line}");
        }
        text
    }

    /// How little of the history is needed: `the smallest part that shows it: 2 of 16 operations, from stock 1`.
    pub(in crate::report) fn part(&self) -> String {
        let counterexample = &self.finding.counterexample;
        let noun = if self.operations == 1 {
            "operation"
        } else {
            "operations"
        };
        format!(
            "the smallest part that shows it: {} of {} {noun}, {} ({}){}",
            number(counterexample.operations.len() as u64),
            number(self.operations as u64),
            counterexample.initial.from(),
            self.finding.origin,
            others_in_words(&counterexample.others),
        )
    }

    fn reasons(&self, style: &Style) -> String {
        let also = self.also();
        let lost = self.lost();
        let doubt = self.finding.doubt();
        let parts = [
            ("why", Some(self.finding.explanation.as_str())),
            (
                "how",
                self.finding.beside.as_ref().map(|beside| beside.sentence.as_str()),
            ),
            ("but", doubt.as_deref()),
            ("lost", lost.as_deref()),
            ("also", also.as_deref()),
            ("fix", self.fix.filter(|fix| !fix.is_empty())),
        ];
        let mut text = String::new();
        for (label, part) in parts {
            let Some(part) = part else { continue };
            for (place, line) in style.wrap(part, style.columns() - 10).iter().enumerate() {
                let label = format!("{:<8}", if place == 0 { label } else { "" });
                let _ = writeln!(text, "  {}{line}", style.paint(&label, Ink::Label));
            }
        }
        // These are to be copied, so they are never broken.
        for (label, part) in [("saved", self.saved), ("replay", self.replay)] {
            if let Some(part) = part {
                let _ = writeln!(text, "  {}{part}", style.paint(&format!("{label:<8}"), Ink::Label));
            }
        }
        text
    }

    /// One line for all operations without an answer, however many there are.
    fn lost(&self) -> Option<String> {
        match self.finding.unanswered {
            0 => None,
            1 => {
                Some("1 more operation got no answer; it may have happened or not, and this is wrong either way".into())
            }
            count => Some(format!(
                "{} more operations got no answer; each may have happened or not, and this is wrong either way",
                number(count)
            )),
        }
    }

    /// What else is wrong in the history.
    pub(in crate::report) fn also(&self) -> Option<String> {
        let others = self
            .finding
            .counts
            .iter()
            .filter(|(kind, _)| *kind != self.finding.kind);
        let parts: Vec<_> = others
            .map(|(kind, count)| match kind {
                Kind::Oversold => format!("{} too many sold", units(*count)),
                kind => format!("{} × {} ({kind})", number(*count), kind.in_words()),
            })
            .collect();
        (!parts.is_empty()).then(|| format!("in the same history: {}", parts.join(", ")))
    }
}

/// In capitals up to the first colon: `SOLD 3 UNITS MORE THAN IT HAD: 1,003 of 1,000`.
fn loud(headline: &str) -> String {
    match headline.split_once(':') {
        Some((first, rest)) => format!("{}:{rest}", first.to_uppercase()),
        None => headline.to_uppercase(),
    }
}
