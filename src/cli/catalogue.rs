//! `oversell strategies`.

use anstyle::{AnsiColor, Style};
use serde_json::json;

use super::{
    exit::{Exit, Failure},
    output::println,
};
use crate::strategy::{self, Expected};

/// Prints the catalogue.
pub(super) fn strategies(json: bool) -> Result<Exit, Failure> {
    for entry in strategy::catalogue() {
        let info = entry.strategy.info();
        if json {
            println!(
                "{}",
                json!({
                    "strategy": info.name,
                    "expected": info.expected.to_string(),
                    "commands": info.commands,
                    "caveat": info.caveat,
                    "cure": if info.cure.is_empty() { None } else { Some(info.cure) },
                    "reads": info.reads,
                    "restocks": info.restocks,
                    "max_quantity": if info.max_quantity == u64::MAX { None } else { Some(info.max_quantity) },
                })
            );
            continue;
        }
        let bold = Style::new().bold();
        let colour = match info.expected {
            Expected::Safe => AnsiColor::Green,
            Expected::Broken => AnsiColor::Red,
        };
        let verdict = Style::new().fg_color(Some(colour.into()));
        println!(
            "{bold}{:17}{bold:#}{verdict}{:7}{verdict:#}{}",
            info.name, info.expected, info.commands
        );
        let width = console_width().saturating_sub(24).max(30);
        for (label, text) in [("", &info.caveat), ("instead: ", &info.cure)] {
            if !text.is_empty() {
                for line in textwrap::wrap(&format!("{label}{text}"), width) {
                    println!("{:24}{line}", "");
                }
            }
        }
    }
    Ok(Exit::AsExpected)
}

/// Columns of the terminal, or 80.
pub(super) fn console_width() -> usize {
    terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0).min(100))
}

/// Prints to standard output, as wide as the terminal is. No word is broken: it may be a path.
pub(super) fn wrapped(text: &str, indent: &str) {
    let options = textwrap::Options::new(console_width())
        .subsequent_indent(indent)
        .break_words(false);
    for line in textwrap::wrap(text, options) {
        println!("{line}");
    }
}
