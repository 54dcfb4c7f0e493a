//! Values: EDN to JSON, and back.

use clojure_reader::edn::Edn;
use serde_json::{Map, Value};

use crate::interchange::{Trouble, error::excerpt};

/// The JSON that says the same. A keyword becomes a string that begins with a colon; a symbol, a character, a set, a
/// ratio or a tagged value has no counterpart, and is refused rather than taken for something else.
pub(super) fn to_json(value: &Edn<'_>) -> Result<Value, Trouble> {
    let refused = |expected| {
        Err(Trouble::NoJson {
            found: excerpt(value),
            expected,
        })
    };
    Ok(match value {
        Edn::Nil => Value::Null,
        Edn::Bool(value) => Value::Bool(*value),
        Edn::Int(value) => Value::from(*value),
        Edn::BigInt(value) => match u64::try_from(value) {
            Ok(value) => Value::from(value),
            Err(_) => return refused("an integer of 64 bits"),
        },
        Edn::Double(value) if value.is_finite() => Value::from(value.0),
        Edn::Str(value) => Value::from(value.as_ref()),
        Edn::Key(value) => Value::from(format!(":{value}")),
        Edn::Vector(items) | Edn::List(items) => Value::Array(items.iter().map(to_json).collect::<Result<_, _>>()?),
        Edn::Map(fields) => {
            let mut object = Map::new();
            for (name, value) in fields {
                let Value::String(name) = to_json(name)? else {
                    return refused("names of a map's fields that are strings or keywords");
                };
                object.insert(name, to_json(value)?);
            }
            Value::Object(object)
        }
        _ => return refused("numbers, strings, keywords, vectors and maps"),
    })
}

/// Writes JSON as EDN.
pub(super) fn from_json(value: &Value, to: &mut String) {
    match value {
        Value::Null => to.push_str("nil"),
        Value::Bool(value) => to.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => {
            to.push_str(&number.to_string());
            // Beyond the largest number of a `long`.
            if number.as_i64().is_none() && number.is_u64() {
                to.push('N');
            }
        }
        Value::String(text) => string(text, to),
        Value::Array(items) => {
            to.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    to.push(' ');
                }
                from_json(item, to);
            }
            to.push(']');
        }
        Value::Object(fields) => {
            to.push('{');
            for (index, (name, value)) in fields.iter().enumerate() {
                if index > 0 {
                    to.push_str(", ");
                }
                string(name, to);
                to.push(' ');
                from_json(value, to);
            }
            to.push('}');
        }
    }
}

/// A string, with the escapes that every reader of EDN knows.
pub(super) fn string(text: &str, to: &mut String) {
    to.push('"');
    for character in text.chars() {
        match character {
            '\t' => to.push_str("\\t"),
            '\r' => to.push_str("\\r"),
            '\n' => to.push_str("\\n"),
            '\\' => to.push_str("\\\\"),
            '"' => to.push_str("\\\""),
            other => to.push(other),
        }
    }
    to.push('"');
}
