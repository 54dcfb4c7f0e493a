//! The closing table of a run.

use comfy_table::{Cell, CellAlignment, Color, ContentArrangement, LineStyle, Table, TableStyle};
use oversell_checker::examine::Conclusion;

use crate::{
    strategy::{Expected, Info},
    trial::Report,
};

/// A strategy that ran, or the reason why it did not.
pub(super) enum Done {
    Ran(Box<Report>),
    Skipped(Info, String),
}

/// The table, as wide as it needs to be: below 80 columns.
pub(super) fn table(done: &[Done], ascii: bool) -> String {
    let header = [
        "strategy",
        "expected",
        "verdict",
        "sold/stock",
        "over",
        "leaked",
        "ops/s",
        if ascii { "p50/p99us" } else { "p50/p99µs" },
    ];
    let row = |done: &Done| match done {
        Done::Ran(report) => ran(report),
        Done::Skipped(info, _) => skipped(info),
    };
    draw(&header, done.iter().map(row), 3, ascii)
}

/// A table with these rows, from column `numbers` on to the right.
pub(super) fn draw(header: &[&str], rows: impl Iterator<Item = Vec<Cell>>, numbers: usize, ascii: bool) -> String {
    let mut table = Table::new();
    let line = if ascii { '-' } else { '─' };
    table
        .load_style(TableStyle::new().header_separator(LineStyle::none().fill(line).junction(line)))
        .set_content_arrangement(ContentArrangement::Disabled)
        // Whoever prints it strips the colours where they are not wanted.
        .enforce_styling()
        .set_header(header);
    for row in rows {
        table.add_row(row);
    }
    for (place, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 0));
        if place >= numbers {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

fn ran(report: &Report) -> Vec<Cell> {
    let totals = &report.outcome.totals;
    let latency = |quantile| report.outcome.latency.value_at_quantile(quantile) / 1000;
    let (verdict, color) = match (report.conclusion(), report.as_expected()) {
        (Conclusion::Linearizable, true) => ("linearizable", Color::Green),
        (Conclusion::Linearizable, false) => ("not caught", Color::Red),
        (Conclusion::Violation, true) => ("caught", Color::Yellow),
        (Conclusion::Violation, false) => ("VIOLATION", Color::Red),
        (Conclusion::Undecided, _) => ("undecided", Color::Magenta),
    };
    vec![
        Cell::new(&report.info.name),
        expected(report.info.expected),
        Cell::new(verdict).fg(color),
        Cell::new(format!("{}/{}", totals.units_sold, totals.initial + totals.restocked)),
        Cell::new(totals.oversold),
        totals
            .final_stock
            .map_or_else(|| Cell::new("?"), |_| Cell::new(totals.leaked)),
        Cell::new(short(report.operations_per_second() as u64)),
        Cell::new(format!("{}/{}", short(latency(0.5)), short(latency(0.99)))),
    ]
}

/// At most four digits: `9876`, `98k`, `12M`.
fn short(number: u64) -> String {
    match number {
        0..10_000 => number.to_string(),
        10_000..10_000_000 => format!("{}k", number / 1000),
        _ => format!("{}M", number / 1_000_000),
    }
}

fn skipped(info: &Info) -> Vec<Cell> {
    vec![Cell::new(&info.name), expected(info.expected), Cell::new("skipped")]
}

fn expected(expected: Expected) -> Cell {
    Cell::new(expected)
}
