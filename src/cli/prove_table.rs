//! The table of proofs: a strategy a row, a fault a column.

use comfy_table::{Cell as TableCell, CellAlignment, Color, ContentArrangement, LineStyle, Table, TableStyle};

use crate::{
    prove::{Conclusion, Property, Proven},
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
}

/// A property that is broken, in a word, and what the word means.
pub(super) const fn word(property: Property) -> (&'static str, &'static str) {
    match property {
        Property::NeverOversold => ("over", "oversells"),
        Property::SoldOutIsTrue => ("false", "false sold-out"),
        Property::Linearizable => ("wrong", "an answer that no counter gives"),
        Property::NoUnitLeaked => ("leak", "loses count of a unit"),
        Property::EveryoneFinishes => ("stuck", "somebody waits for ever"),
    }
}

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

/// The table.
pub(super) fn table(rows: &[Row], columns: &[String], ascii: bool) -> String {
    let mut table = Table::new();
    let line = if ascii { '-' } else { '─' };
    let header = std::iter::once("strategy").chain(columns.iter().map(|name| short(name)));
    table
        .load_style(TableStyle::new().header_separator(LineStyle::none().fill(line).junction(line)))
        .set_content_arrangement(ContentArrangement::Disabled)
        .enforce_styling()
        .set_header(header);
    for row in rows {
        let cells = row.cells.iter().map(cell);
        table.add_row(std::iter::once(TableCell::new(&row.info.name)).chain(cells));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 0));
    }
    for column in 1..=columns.len() {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
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
