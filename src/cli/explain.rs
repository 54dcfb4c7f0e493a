//! Prints violations: the most telling one as asked, the others in a line.

use anstream::println;
use anstyle::AnsiColor;

use super::args::Explain;
use crate::{
    history::History,
    trial::{Conclusion, Inspection},
};

/// How things are drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// Plain ASCII only.
    pub(super) ascii: bool,
}

impl Style {
    pub(super) const fn new(ascii: bool) -> Self {
        Self { ascii }
    }

    /// The verdict as a word, in its colour.
    pub(super) fn conclusion(self, conclusion: Conclusion) -> String {
        let color = match conclusion {
            Conclusion::Linearizable => AnsiColor::Green,
            Conclusion::Violation => AnsiColor::Red,
            Conclusion::Undecided => AnsiColor::Magenta,
        };
        let style = anstyle::Style::new().bold().fg_color(Some(color.into()));
        format!("{style}{conclusion}{style:#}")
    }
}

/// The key as it is called in a sentence.
pub(super) fn quoted(key: &str) -> String {
    format!("`{key}`")
}

pub(super) fn print(how: Explain, _name: &str, history: &History, inspection: &Inspection, _style: &Style) {
    let Some(first) = inspection.findings.first() else {
        return;
    };
    println!("  key {}: {}", quoted(history.key(first.index)), first.finding.headline);
    if how == Explain::Full {
        println!("  {}", first.finding.explanation);
    }
}
