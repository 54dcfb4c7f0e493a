//! Prints violations, and how things are drawn.

use anstyle::AnsiColor;
use clap::ValueEnum;
use oversell_checker::{
    examine::{Conclusion, Inspection},
    history::{History, number, the_key},
};

use super::output::{console_width, println};
use crate::{
    report::{self, About, counted, terminal::Style},
    strategy,
    trial::of_catalogue,
};

/// How much is said about a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Explain {
    /// The counterexample, step by step.
    Full,
    /// One sentence.
    Short,
}

/// How things are drawn here: as wide as the terminal, coloured (the stream takes it out where it is not wanted).
pub(super) fn style(ascii: bool) -> Style {
    Style {
        width: console_width(),
        ascii,
        colour: true,
    }
}

/// The verdict as a word, in its colour.
pub(super) fn conclusion(conclusion: Conclusion) -> String {
    let color = match conclusion {
        Conclusion::Linearizable => AnsiColor::Green,
        Conclusion::Violation => AnsiColor::Red,
        Conclusion::Undecided => AnsiColor::Magenta,
    };
    let style = anstyle::Style::new().bold().fg_color(Some(color.into()));
    format!("{style}{conclusion}{style:#}")
}

/// So many keys, in words.
pub(super) fn keys(count: usize) -> String {
    counted(count as u64, "key")
}

/// So many operations, in words.
pub(super) fn operations(count: u64) -> String {
    counted(count, "operation")
}

/// Prints what is wrong with a history file: the most telling violation as asked, the others as a number.
pub(super) fn file(how: Explain, file: &str, history: &History, inspection: &Inspection, style: &Style) {
    let Some(first) = inspection.findings.first() else {
        return;
    };
    with_about(file, history, |about| match how {
        Explain::Full => println!("\n{}", report::explanation(first, history, about, style)),
        Explain::Short => println!("  {}", report::line(first, history, about, style)),
    });
    let key = history.key(first.index);
    let unexplained = inspection.unexplained().len();
    match inspection.findings.len() + unexplained {
        1 if key.is_empty() => {}
        1 => println!("  This is {}.", the_key(key)),
        count => println!(
            "  This is {}, one of {} that violate (`--json` lists {}).",
            the_key(key),
            number(count as u64),
            match unexplained {
                0 => "them all".to_string(),
                _ => format!("the first {}", number(inspection.findings.len() as u64)),
            }
        ),
    }
}

/// What is known of the strategy that made a history file.
pub(super) fn with_about<T>(file: &str, history: &History, show: impl FnOnce(&About<'_>) -> T) -> T {
    let strategy = history.header.metadata.get("strategy").and_then(|name| name.as_str());
    let info = of_catalogue(&history.header)
        .and_then(strategy::find)
        .map(|entry| entry.strategy.info());
    let title = match (&info, strategy) {
        (Some(info), _) => info.title(),
        (None, Some(name)) => name.to_string(),
        (None, None) => file.to_string(),
    };
    show(&About {
        title: &title,
        fix: info
            .as_ref()
            .map(|info| info.cure.as_str())
            .filter(|cure| !cure.is_empty()),
        saved: None,
    })
}
