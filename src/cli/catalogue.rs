//! `oversell strategies`.

use anstyle::{AnsiColor, Style};
use clap::Args;
use serde_json::json;

use super::{
    exit::{Exit, Failure},
    output::{console_width, print_json, println},
};
use crate::strategy::{self, Expected};

/// What `strategies` takes.
#[derive(Args, Debug)]
pub(super) struct StrategiesOptions {
    /// One JSON object a line on standard output.
    #[arg(long)]
    json: bool,
}

/// Prints the catalogue.
pub(super) fn strategies(options: &StrategiesOptions) -> Result<Exit, Failure> {
    for entry in strategy::catalogue() {
        let info = entry.strategy.info();
        if options.json {
            print_json(&json!({
                "strategy": info.name,
                "expected": info.expected.to_string(),
                "commands": info.commands,
                "caveat": info.caveat,
                "cure": if info.cure.is_empty() { None } else { Some(info.cure) },
                "reads": info.reads,
                "restocks": info.restocks,
                "max_quantity": if info.max_quantity == u64::MAX { None } else { Some(info.max_quantity) },
                "limit": info.limit,
            }));
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
