//! From EDN to the lines of a history file.

use std::collections::BTreeMap;

use clojure_reader::edn::Edn;
use serde_json::{Map, Value, json};

use super::{
    forms::{HEADER, INDEPENDENT},
    independent::{self, pair},
    operations::{self, Fields, word},
    value::to_json,
};
use crate::interchange::{
    Reading, Trouble,
    error::excerpt,
    faults,
    lines::{Lines, Wrong},
};

/// Reads operations: maps one after another, or in one vector or list; or the lines in which Jepsen logs them.
pub(in crate::interchange) fn read(text: &str, reading: &Reading) -> Result<Lines, Wrong> {
    let header = header(text)?;
    let mut lines = Lines::default();
    let mut nemesis = Vec::new();
    // What each process asked for last, where its `:ok` may say it again, and in which line.
    let mut asked = BTreeMap::new();
    let independent = match (reading.independent, &header) {
        (Some(independent), _) => independent,
        (None, Some(header)) if header.independent => true,
        (None, header) => independent::told_by(text, header.is_some())?,
    };
    let values = Values {
        independent,
        told: reading.independent.is_some(),
    };
    operations::each(text, |line, fields| {
        match fields.get("process") {
            Some(Edn::Int(process)) => {
                let (event, quantity) = event(fields, values)?;
                repeats(*process, line, quantity, &mut asked)?;
                lines.events.push((line, event));
            }
            Some(Edn::Key(_)) => nemesis.push((
                time(fields)?,
                fields.get("f").and_then(|f| word(f)).unwrap_or("?").to_owned(),
            )),
            Some(other) => return Err(field("process", other, PROCESS)),
            None => {
                return Err(Trouble::Lacks {
                    field: "process",
                    expected: PROCESS,
                });
            }
        }
        Ok(true)
    })?;
    if lines.events.is_empty() && header.is_none() {
        return Err((1, Trouble::NoOperation));
    }
    lines.header = header.map(|header| header.fields);
    lines.fault_events = nemesis.len();
    lines.faults = faults::stretches(&nemesis);
    Ok(lines)
}

/// What the values of operations are.
#[derive(Clone, Copy)]
struct Values {
    /// `[key value]`.
    independent: bool,
    /// The user says so, and need not be asked.
    told: bool,
}

const PROCESS: &str = "an integer, or a keyword such as :nemesis";

/// Holds the quantity of an answer against the one that the process asked for.
fn repeats(
    process: i64,
    line: u64,
    quantity: Option<Quantity>,
    asked: &mut BTreeMap<i64, (u64, Value)>,
) -> Result<(), Trouble> {
    match (quantity, asked.get(&process)) {
        (Some(Quantity::Asked(quantity)), _) => {
            asked.insert(process, (line, quantity));
        }
        (Some(Quantity::Repeated(found)), Some((line, asked))) if found != *asked => {
            return Err(Trouble::OtherQuantity {
                found: excerpt(found),
                asked: excerpt(asked),
                process,
                line: *line,
            });
        }
        _ => {}
    }
    Ok(())
}

/// What [`super::write`] left in a comment.
struct Header {
    fields: Map<String, Value>,
    /// Values are `[key value]`.
    independent: bool,
}

fn header(text: &str) -> Result<Option<Header>, Wrong> {
    let Some(json) = text.lines().next().and_then(|line| line.strip_prefix(HEADER)) else {
        return Ok(None);
    };
    let pairs = json.strip_prefix(INDEPENDENT);
    let header = serde_json::from_str(pairs.unwrap_or(json)).map(|fields| Header {
        fields,
        independent: pairs.is_some(),
    });
    header.map(Some).map_err(|error| {
        let reason = error.to_string();
        (1, Trouble::NotJson { reason })
    })
}

/// How many a buy or a restock is about.
enum Quantity {
    Asked(Value),
    /// By the answer, for Knossos.
    Repeated(Value),
}

/// One line of a history file. It has no quantity in an answer, so that is held against the question here.
fn event(fields: &Fields<'_>, values: Values) -> Result<(Map<String, Value>, Option<Quantity>), Trouble> {
    let named = |name: &'static str, expected| match fields.get(name) {
        None => Err(Trouble::Lacks { field: name, expected }),
        Some(value) => word(value).ok_or_else(|| field(name, value, expected)),
    };
    let kind = named("type", ":invoke, :ok, :fail or :info")?;
    let f = named("f", "a keyword such as :read")?;
    if f == "txn" {
        return Err(Trouble::Transaction);
    }
    let mut event = Map::new();
    if let Some(time) = time(fields)? {
        event.insert("time".to_owned(), time.into());
    }
    event.insert("process".to_owned(), to_json(fields["process"])?);
    event.insert("type".to_owned(), kind.into());
    event.insert("f".to_owned(), f.into());
    let nothing = Edn::Nil;
    let mut value = fields.get("value").copied().unwrap_or(&nothing);
    if values.independent {
        let Some((key, inner)) = pair(value) else {
            return Err(field("value", value, "[key value], as of jepsen.independent"));
        };
        event.insert("key".to_owned(), name(key));
        value = inner;
    } else if !values.told && kind == "invoke" && matches!(f, "read" | "get") && asks_of_a_key(value) {
        return Err(field("value", value, ALL_OR_NONE));
    } else if let Some(key) = fields.get("key") {
        event.insert("key".to_owned(), name(key));
    }
    let mut repeated = None;
    let value = match (kind, f) {
        ("invoke", "read" | "get") => Value::Null,
        ("ok", "buy") => bought(value, &mut repeated)?,
        ("ok", "restock") => restocked(value, &mut repeated)?,
        ("fail" | "info", _) => fields.get("error").map_or(Value::Null, |error| reason(error)),
        _ => to_json(value)?,
    };
    let quantity = match (kind, f, &value) {
        ("invoke", "buy", Value::Null) => Some(Quantity::Asked(json!(1))),
        ("invoke", "buy" | "restock", asked) => Some(Quantity::Asked(asked.clone())),
        _ => repeated.map(Quantity::Repeated),
    };
    event.insert("value".to_owned(), value);
    if let Some(buyer) = fields.get("buyer") {
        event.insert("buyer".to_owned(), name(buyer));
    }
    if let Some(commands) = fields.get("commands") {
        event.insert("commands".to_owned(), unkeyed(to_json(commands)?));
    }
    Ok((event, quantity))
}

const ALL_OR_NONE: &str = "nil, as other values are no [key value] of jepsen.independent; say which they are with --independent, or \
                           --independent=false";

/// `[key nil]`
fn asks_of_a_key(value: &Edn<'_>) -> bool {
    matches!(pair(value), Some((_, Edn::Nil)))
}

fn time(fields: &Fields<'_>) -> Result<Option<u64>, Trouble> {
    let expected = "nanoseconds: an integer from 0 to 18446744073709551615";
    match fields.get("time").copied() {
        None | Some(Edn::Nil) => Ok(None),
        Some(time) => match to_json(time)?.as_u64() {
            Some(time) => Ok(Some(time)),
            None => Err(field("time", time, expected)),
        },
    }
}

/// `{:outcome :bought, :remaining 41}`, or the outcome alone.
fn bought(value: &Edn<'_>, repeated: &mut Option<Value>) -> Result<Value, Trouble> {
    let mut answer = match value {
        Edn::Map(_) => unkeyed(to_json(value)?),
        other => match word(other) {
            Some(outcome) => json!({"outcome": outcome}),
            None => to_json(other)?,
        },
    };
    if let Some(fields) = answer.as_object_mut() {
        *repeated = fields.remove("quantity");
    }
    Ok(answer)
}

/// The new stock: a number, or the field `:stock` beside the quantity.
fn restocked(value: &Edn<'_>, repeated: &mut Option<Value>) -> Result<Value, Trouble> {
    Ok(match unkeyed(to_json(value)?) {
        Value::Object(mut fields) => {
            *repeated = fields.remove("quantity");
            fields.remove("stock").unwrap_or(Value::Null)
        }
        other => other,
    })
}

/// Takes the colons off the names of fields, and off the values that are keywords.
fn unkeyed(value: Value) -> Value {
    let bare = |name: String| name.strip_prefix(':').map(str::to_owned).unwrap_or(name);
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| {
                let value = match value {
                    Value::String(text) if name == ":outcome" => Value::String(bare(text)),
                    other => other,
                };
                (bare(name), value)
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(unkeyed).collect(),
        other => other,
    }
}

/// A key: a string is taken as it is, anything else as EDN writes it.
fn name(key: &Edn<'_>) -> Value {
    match key {
        Edn::Str(key) => Value::from(key.as_ref()),
        other => Value::from(other.to_string()),
    }
}

/// Why an operation has no answer, in words.
fn reason(error: &Edn<'_>) -> Value {
    match error {
        Edn::Nil => Value::Null,
        other => word(other).map_or_else(|| Value::from(other.to_string()), Value::from),
    }
}

fn field(name: &'static str, found: &Edn<'_>, expected: &'static str) -> Trouble {
    Trouble::Field {
        field: name,
        found: excerpt(found),
        expected,
    }
}
