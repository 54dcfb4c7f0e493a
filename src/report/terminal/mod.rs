//! A violation in the terminal: what happened, in one column a client, and why that is impossible.

mod grid;
pub mod scheduled;
mod style;

use oversell_checker::counterexample::{Tell, number};

pub use style::Style;

use super::explanation::{Explanation, Start};
use style::Ink;

impl<State: Start, Op: Tell<Ret = Ret>, Ret> Explanation<'_, State, Op, Ret> {
    /// The whole view, ending in a line break. Plain text unless the style says otherwise.
    #[must_use]
    pub fn render(&self, style: &Style) -> String {
        let mut text = style.heading(self.title, &loud(&self.finding.headline), &self.part());
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
        let said = parts.map(|(label, part)| part.map(|part| style.reason(label, part)));
        let saved = self.saved.map(|saved| style.labelled("saved", saved));
        said.into_iter().chain([saved]).flatten().collect()
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
}

/// In capitals up to the first colon: `SOLD 3 UNITS MORE THAN IT HAD: 1,003 of 1,000`.
fn loud(headline: &str) -> String {
    match headline.split_once(':') {
        Some((first, rest)) => format!("{}:{rest}", first.to_uppercase()),
        None => headline.to_uppercase(),
    }
}
