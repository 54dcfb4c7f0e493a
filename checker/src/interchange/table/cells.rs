//! The cells of a table, row by row: only one row is in memory.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::{self, BufRead, Cursor, Read as _},
};

use csv::{ReaderBuilder, StringRecord};
use serde_json::{Map, Value};

use super::columns::{Column, Table};
use crate::interchange::{Trouble, error::excerpt, lines::Wrong};

/// The rows of a table, of which one is looked at.
pub(super) struct Rows<'t, R> {
    columns: &'t BTreeMap<Column, String>,
    from: From<Whole<R>>,
}

/// The first line that is not blank, which is read to see what it is, and the rest.
type Whole<R> = io::Chain<Cursor<Vec<u8>>, R>;

enum From<R> {
    /// With the place of each column.
    Csv {
        reader: csv::Reader<R>,
        places: BTreeMap<Column, usize>,
        row: StringRecord,
        /// By how much the reader's count of lines is behind: it counts a line that ends with a carriage return later.
        behind: u64,
    },
    /// Objects, one a line.
    Json {
        from: R,
        line: u64,
        text: Vec<u8>,
        row: Map<String, Value>,
    },
}

const NEEDED: [(Column, &str); 3] = [
    (Column::Asked, "when each purchase was asked for, before it was sent"),
    (Column::Answered, "when its answer had come"),
    (Column::Outcome, "what was answered"),
];

impl<'t, R: BufRead> Rows<'t, R> {
    pub(super) fn open(mut from: R, table: &'t Table) -> Result<Self, Wrong> {
        let columns = &table.columns;
        for (column, what) in NEEDED {
            if !columns.contains_key(&column) {
                let column = column.name();
                return Err((0, Trouble::NoColumn { column, what }));
            }
        }
        if columns[&Column::Asked] == columns[&Column::Answered] {
            return Err((0, Trouble::OneTime));
        }
        let mut header = Vec::new();
        while header.len() < 1 << 20 && header.iter().all(u8::is_ascii_whitespace) {
            // A header of more than this is none.
            let read = from.by_ref().take(1 << 20).read_until(b'\n', &mut header);
            if read.map_err(|error| (0, Trouble::Unreadable(error)))? == 0 {
                break;
            }
        }
        let from = Cursor::new(header.clone()).chain(from);
        let first = header
            .iter()
            .find(|byte| !byte.is_ascii_whitespace() && !b"\xef\xbb\xbf".contains(byte));
        if first == Some(&b'{') {
            let from = From::Json {
                from,
                line: 0,
                text: Vec::new(),
                row: Map::new(),
            };
            return Ok(Self { columns, from });
        }
        let behind = u64::from(header.ends_with(b"\r\n"));
        let count = |delimiter: u8| header.iter().filter(|&&byte| byte == delimiter).count();
        let delimiter = [b',', b';', b'\t']
            .into_iter()
            .rev()
            .max_by_key(|&delimiter| count(delimiter));
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter.unwrap_or(b','))
            .from_reader(from);
        let header = reader.headers().map_err(of_csv)?;
        let mut places = BTreeMap::new();
        for (&column, name) in columns {
            let Some(place) = header.iter().position(|other| other.trim() == name) else {
                let found = excerpt(header.iter().collect::<Vec<_>>().join("`, `"));
                let name = name.clone();
                return Err((1, Trouble::OtherColumns { name, found }));
            };
            places.insert(column, place);
        }
        let from = From::Csv {
            reader,
            places,
            row: StringRecord::new(),
            behind,
        };
        Ok(Self { columns, from })
    }

    /// Goes on to the next row, and gives the line in which it begins.
    pub(super) fn next(&mut self) -> Result<Option<u64>, Wrong> {
        match &mut self.from {
            From::Csv {
                reader, row, behind, ..
            } => {
                let read = reader.read_record(row).map_err(of_csv);
                let there = read.map_err(|(line, trouble)| (line + *behind, trouble))?;
                Ok(there.then(|| row.position().map_or(1, csv::Position::line) + *behind))
            }
            From::Json { from, line, text, row } => loop {
                *line += 1;
                text.clear();
                let read = from.read_until(b'\n', text);
                if read.map_err(|error| (*line, Trouble::Unreadable(error)))? == 0 {
                    return Ok(None);
                }
                let bytes = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
                if bytes.iter().all(u8::is_ascii_whitespace) {
                    continue;
                }
                *row = serde_json::from_slice(bytes).map_err(|_| {
                    let found = excerpt(String::from_utf8_lossy(bytes).trim());
                    let expected = "an object as JSON, one a line";
                    (*line, Trouble::Unexpected { found, expected })
                })?;
                return Ok(Some(*line));
            },
        }
    }

    /// What the row says there. Empty: nothing.
    pub(super) fn cell(&self, column: Column) -> Cow<'_, str> {
        let cell = match &self.from {
            From::Csv { places, row, .. } => places.get(&column).and_then(|&place| row.get(place)).map(Cow::Borrowed),
            From::Json { row, .. } => self
                .columns
                .get(&column)
                .and_then(|name| field(row, name))
                .and_then(text),
        };
        match cell.unwrap_or_default() {
            Cow::Borrowed(cell) => cell.trim().into(),
            cell => cell,
        }
    }
}

/// A field, also one of a field: `answer.left`.
fn field<'a>(row: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    row.get(name).or_else(|| {
        let (outer, inner) = name.split_once('.')?;
        field(row.get(outer)?.as_object()?, inner)
    })
}

fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.into()),
        other => Some(other.to_string().into()),
    }
}

fn of_csv(error: csv::Error) -> Wrong {
    let line = error.position().map_or(1, csv::Position::line);
    let reason = error.to_string();
    match error.into_kind() {
        csv::ErrorKind::Io(error) => (line, Trouble::Unreadable(error)),
        csv::ErrorKind::Utf8 { .. } => (line, Trouble::NotUtf8),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let reason = format!("a row of {len} cells, where the header has {expected_len}");
            (line, Trouble::NotCsv { reason })
        }
        _ => (line, Trouble::NotCsv { reason }),
    }
}
