//! Purchases of a shop, one a row: CSV, or an object a line. Which column says what is told beside it.

mod cells;
mod columns;
mod time;

use std::io::BufRead;

use serde_json::{Map, Value, json};

use self::{
    cells::Rows,
    columns::{BOUGHT, Outcome},
};
pub use self::{
    columns::{Column, Table},
    time::Times,
};
use super::{
    Converted, InterchangeError, Reading, Trouble,
    error::excerpt,
    lines::{Wrong, read_as},
};
use crate::{
    each,
    history::{FORMAT, History, LIMIT, Spec, VERSION},
};

/// Reads a table of purchases as a history of stocks; `file` is what messages call it. Each row is a client of its own, and times begin
/// with the first.
///
/// # Errors
/// When it cannot be read or is not right, or does not say what has to be known.
pub fn read_table(
    file: &str,
    from: impl BufRead,
    table: &Table,
    reading: &Reading,
) -> Result<Converted, InterchangeError> {
    let wrong = |(line, trouble): Wrong| trouble.at(file, (line > 0).then_some(line));
    let mut text = header(table, reading).map_err(|trouble| wrong((0, trouble)))?;
    let mut rows = Rows::open(from, table).map_err(wrong)?;
    // In which row each line stands.
    let mut origins = vec![1];
    for process in 0_i64.. {
        let Some(line) = rows.next().map_err(wrong)? else { break };
        for event in events(&rows, process, table).map_err(|trouble| wrong((line, trouble)))? {
            text.push_str(&event.to_string());
            text.push('\n');
            origins.push(line);
        }
    }
    let origin = |line: u64| origins.get(line as usize - 1).copied().unwrap_or(1);
    let mut converted = read_as(file, &text, origin)?;
    from_zero(&mut converted.history);
    Ok(converted)
}

fn header(table: &Table, reading: &Reading) -> Result<String, Trouble> {
    let initial = reading.initial.as_ref().ok_or(Trouble::NoStock)?;
    let mut header = json!({"format": FORMAT, "version": VERSION, "spec": Spec::Stock.name(), "initial": initial});
    if let Some(limit) = table.limit {
        header[LIMIT] = limit.into();
    }
    Ok(format!("{header}\n"))
}

/// The events that a row tells of.
fn events(row: &Rows<'_, impl BufRead>, process: i64, table: &Table) -> Result<Vec<Value>, Trouble> {
    let cell = |column| row.cell(column);
    let time = |column| {
        table
            .times
            .read(&cell(column))
            .map_err(|expected| row.unlike(column, expected))
    };
    let named =
        |name: &str, column: Column| Some((name.to_owned(), Value::from(cell(column)))).filter(|(_, cell)| cell != "");

    let (asked, _) = time(Column::Asked)?;
    if table.columns.contains_key(&Column::Item) && cell(Column::Item).is_empty() {
        return Err(row.unlike(Column::Item, "what was bought"));
    }
    let mut invoked = Map::from_iter([
        ("time".to_owned(), asked.into()),
        ("process".to_owned(), process.into()),
        ("type".to_owned(), "invoke".into()),
        ("f".to_owned(), "buy".into()),
    ]);
    invoked.extend(named("key", Column::Item));
    let mut completed = invoked.clone();
    let quantity = match cell(Column::Quantity).as_ref() {
        "" => 1,
        quantity => match quantity.parse() {
            Ok(quantity) if quantity > 0_u64 => quantity,
            _ => {
                return Err(row.unlike(
                    Column::Quantity,
                    "how many units: an integer of at least 1, or nothing for 1",
                ));
            }
        },
    };
    invoked.insert("value".to_owned(), quantity.into());
    invoked.extend(named("buyer", Column::Buyer));

    let outcome = table.outcome(&cell(Column::Outcome)).ok_or_else(|| {
        let expected = "an outcome that is given with --bought, --sold-out, --already or --unknown";
        row.unlike(Column::Outcome, expected)
    })?;
    let Outcome::Told(outcome) = outcome else {
        return Ok(vec![invoked.into()]);
    };
    let (_, answered) = time(Column::Answered)?;
    let mut answer = Map::from_iter([("outcome".to_owned(), outcome.into())]);
    if outcome == BOUGHT {
        answer.extend(named("remaining", Column::Remaining));
        answer.extend(named("unit", Column::Unit));
    }
    completed.extend([
        ("time".to_owned(), answered.into()),
        ("type".to_owned(), "ok".into()),
        ("value".to_owned(), answer.into()),
    ]);
    Ok(vec![invoked.into(), completed.into()])
}

/// Lets times begin with the first, and keeps when that was.
fn from_zero(history: &mut History) {
    let first = each!(&history.body, keys => {
        let operations = keys.iter().flat_map(|key| &key.operations);
        operations.map(|operation| operation.invoked).min()
    });
    let Some(first) = first else { return };
    each!(&mut history.body, keys => for operation in keys.iter_mut().flat_map(|key| &mut key.operations) {
        operation.invoked -= first;
        if let Some(response) = &mut operation.response {
            response.at -= first;
        }
    });
    history
        .header
        .metadata
        .insert("started".to_owned(), time::written(first).into());
}

impl<R: BufRead> Rows<'_, R> {
    fn unlike(&self, column: Column, expected: &'static str) -> Trouble {
        Trouble::Cell {
            column: column.name(),
            found: excerpt(self.cell(column)),
            expected,
        }
    }
}
