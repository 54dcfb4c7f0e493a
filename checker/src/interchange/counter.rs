//! Counters that are added to and read, told as a stock: what is added is put back, what is taken away is bought.
//!
//! A stock is never below zero and a counter may be, so all values are raised by as much as could ever be taken away.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{
    Reading, Trouble,
    error::excerpt,
    lines::{Fields, Lines, Wrong},
};
use crate::history::Spec;

/// The operation that makes a history one of a counter.
const ADD: &str = "add";

const AMOUNT: &str = "the amount that is added: an integer of 64 bits";
const LEVEL: &str = "the value of the counter: an integer of 64 bits";

fn text<'a>(event: &'a Fields, name: &str) -> &'a str {
    event.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Tells operations on a counter as those of a stock. Gives what each key holds at the start, and by how much that and all other values
/// are higher than what the counter says. `None`: this is no counter.
pub(super) fn into_stock(lines: &mut Lines, reading: &Reading) -> Result<Option<(Value, u64)>, Wrong> {
    let adds = lines.events.iter().any(|(_, event)| text(event, "f") == ADD);
    if !adds || reading.spec.is_some_and(|spec| spec != Spec::Stock) {
        return Ok(None);
    }
    let initial = reading.initial.clone().unwrap_or_else(|| json!(0));
    let lowest = match &initial {
        Value::Object(values) => values.values().filter_map(Value::as_i64).min(),
        value => value.as_i64(),
    };
    let mut taken = 0_i128;
    for (line, event) in &lines.events {
        if text(event, "f") == ADD && text(event, "type") == "invoke" {
            taken -= i128::from(integer(event, AMOUNT).map_err(|trouble| (*line, trouble))?.min(0));
        }
    }
    let shift = i64::try_from((taken - i128::from(lowest.unwrap_or(0))).max(0)).map_err(|_| (1, Trouble::Counter))?;

    let mut open: HashMap<i64, i64> = HashMap::new();
    let mut wrong = Ok(());
    lines.events.retain_mut(|(line, event)| {
        if wrong.is_err() {
            return false;
        }
        told(event, shift, &mut open).unwrap_or_else(|trouble| {
            wrong = Err((*line, trouble));
            false
        })
    });
    wrong?;
    Ok(Some((raised(initial, shift), shift.unsigned_abs())))
}

/// `false`: nothing is added, which is no operation.
fn told(event: &mut Fields, shift: i64, open: &mut HashMap<i64, i64>) -> Result<bool, Trouble> {
    let process = event.get("process").and_then(Value::as_i64).unwrap_or_default();
    let (kind, f) = (text(event, "type").to_owned(), text(event, "f").to_owned());
    if f == "read" && kind == "ok" {
        let level = integer(event, LEVEL)?.checked_add(shift).ok_or(Trouble::Counter)?;
        event.insert("value".to_owned(), level.into());
    }
    if f != ADD {
        return Ok(true);
    }
    let amount = match kind.as_str() {
        "invoke" => {
            let amount = integer(event, AMOUNT)?;
            open.insert(process, amount);
            event.insert("value".to_owned(), amount.unsigned_abs().into());
            amount
        }
        _ => open.get(&process).copied().unwrap_or(1),
    };
    if kind == "ok" {
        if event.get("value").is_some_and(|value| !value.is_null()) && integer(event, AMOUNT)? != amount {
            return Err(field(event, "the amount that was asked for, or nil"));
        }
        let answer = if amount < 0 {
            json!({"outcome": "bought"})
        } else {
            Value::Null
        };
        event.insert("value".to_owned(), answer);
    }
    event.insert("f".to_owned(), if amount < 0 { "buy" } else { "restock" }.into());
    Ok(amount != 0)
}

fn integer(event: &Fields, expected: &'static str) -> Result<i64, Trouble> {
    let value = event.get("value").and_then(Value::as_i64);
    value.ok_or_else(|| field(event, expected))
}

fn field(event: &Fields, expected: &'static str) -> Trouble {
    Trouble::Field {
        field: "value",
        found: excerpt(event.get("value").unwrap_or(&Value::Null)),
        expected,
    }
}

/// What is no integer stays, to be refused.
fn raised(initial: Value, shift: i64) -> Value {
    match initial {
        Value::Object(values) => {
            let raised = values.into_iter().map(|(key, value)| (key, raised(value, shift)));
            Value::Object(raised.collect::<Map<_, _>>())
        }
        value => match value.as_i64().and_then(|value| value.checked_add(shift)) {
            Some(raised) => raised.into(),
            None => value,
        },
    }
}
