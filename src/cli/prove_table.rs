//! The table of proofs: a strategy a row, a fault a column.

use comfy_table::{Cell as TableCell, Color};

use super::table;
use crate::{
    prove::{Conclusion, Property, Proven, Verdict},
    strategy::{Expected, Info},
};

/// What came of one strategy under one fault.
pub(super) enum Cell {
    /// It was explored.
    Done { proven: Box<Proven>, expected: Expected },
    /// It could not be.
    Skipped(String),
}

/// A strategy.
pub(super) struct Row {
    pub(super) info: Info,
    pub(super) cells: Vec<Cell>,
    /// The arguments that name its code again, where it is none of ours.
    pub(super) named_by: Option<String>,
}

/// A property that is broken, in a word, and what the word means.
pub(super) const fn word(property: Property) -> (&'static str, &'static str) {
    match property {
        Property::NeverOversold => ("over", "oversells"),
        Property::LimitPerBuyer => ("limit", "one buyer has too many, or is told so"),
        Property::SoldOutIsTrue => ("false", "false sold-out"),
        Property::Linearizable => ("wrong", "an answer that no counter gives"),
        Property::NoUnitLeaked => ("leak", "loses count of a unit"),
        Property::EveryoneFinishes => ("stuck", "somebody waits for ever"),
    }
}

/// A promise that does not hold beside a graver one.
pub(super) const BROKEN: &str = "broken";

/// A column's name, short enough for eight of them.
fn short(name: &str) -> &str {
    match name {
        "lost-reply" => "lost",
        "reconnect" => "reconn",
        "script-flush" => "flush",
        "eviction" => "evict",
        "failover" => "failov",
        other => other,
    }
}

/// The table of several strategies: the gravest broken promise of each under each fault.
pub(super) fn table(rows: &[Row], columns: &[String], ascii: bool) -> String {
    let lines = rows
        .iter()
        .map(|row| (row.info.name.as_str(), row.cells.iter().map(cell).collect()));
    draw("strategy", lines.collect(), columns, ascii)
}

/// The table of one strategy: each promise under each fault.
pub(super) fn promises(row: &Row, columns: &[String], ascii: bool) -> String {
    let known = |property: &Property| {
        row.cells.iter().any(|cell| match cell {
            Cell::Done { proven, .. } => proven.exploration.verdicts.iter().any(|(other, _)| other == property),
            Cell::Skipped(_) => true,
        })
    };
    let line = |property: Property| {
        let cells = row.cells.iter().map(|cell| promise(cell, property));
        (property.name(), cells.collect())
    };
    draw(
        &row.info.name,
        Property::ALL.into_iter().filter(known).map(line).collect(),
        columns,
        ascii,
    )
}

fn draw(title: &str, lines: Vec<(&str, Vec<TableCell>)>, columns: &[String], ascii: bool) -> String {
    let header: Vec<&str> = std::iter::once(title)
        .chain(columns.iter().map(|name| short(name)))
        .collect();
    let row = |(name, cells): (&str, Vec<TableCell>)| std::iter::once(TableCell::new(name)).chain(cells).collect();
    table::draw(&header, lines.into_iter().map(row), 1, ascii)
}

fn cell(cell: &Cell) -> TableCell {
    let Cell::Done { proven, expected } = cell else {
        return TableCell::new("skipped");
    };
    let text = match &proven.schedule {
        Some(schedule) => format!("{} {}", word(schedule.property).0, schedule.len()),
        None if proven.conclusion() == Conclusion::Undecided => "?".to_string(),
        None if proven.exploration.untold > 0 => "ok*".to_string(),
        None => "ok".to_string(),
    };
    let color = match (proven.conclusion(), proven.as_expected(*expected)) {
        (Conclusion::Proved, true) => Color::Green,
        (Conclusion::Violation, true) => Color::Yellow,
        (Conclusion::Undecided, _) => Color::Magenta,
        (_, false) => Color::Red,
    };
    TableCell::new(text).fg(color)
}

/// One promise of a strategy under one fault.
fn promise(cell: &Cell, property: Property) -> TableCell {
    let Cell::Done { proven, expected } = cell else {
        return TableCell::new("skipped");
    };
    let (text, color) = match proven.verdict(property) {
        Some(Verdict::Proved) if property == Property::NoUnitLeaked && proven.exploration.untold > 0 => {
            ("ok*".to_string(), Color::Green)
        }
        Some(Verdict::Proved) => ("ok".to_string(), Color::Green),
        Some(Verdict::Violated(_)) => {
            let color = if *expected == Expected::Broken {
                Color::Yellow
            } else {
                Color::Red
            };
            match proven
                .schedule
                .as_ref()
                .filter(|schedule| schedule.property == property)
            {
                Some(schedule) => (format!("{} {}", word(property).0, schedule.len()), color),
                None => (BROKEN.to_string(), color),
            }
        }
        Some(Verdict::Undecided) | None => ("?".to_string(), Color::Magenta),
    };
    TableCell::new(text).fg(color)
}
