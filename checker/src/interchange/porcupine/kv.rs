//! Operations of a key-value store as Porcupine's users write them in Go: `KvInput{Op, Key, Value}`, `KvOutput{Value}`.

use serde_json::{Map, Value};

use crate::interchange::{Trouble, error::excerpt};

/// What is asked for, by the number of `Op`.
const OPS: [&str; 3] = ["get", "put", "append"];

/// What was asked, in the words of history files. What is in these already stays as it is.
pub(super) fn input(mut asked: Map<String, Value>) -> Result<Map<String, Value>, Trouble> {
    if asked.contains_key("f") {
        return Ok(asked);
    }
    let Some(op) = take(&mut asked, "op") else {
        return Ok(asked);
    };
    let number = op.as_u64().and_then(|op| usize::try_from(op).ok());
    let named = op.as_str().map(str::to_lowercase);
    let f = match (number, named) {
        (Some(number), _) => OPS.get(number).copied(),
        (_, Some(name)) => OPS.into_iter().find(|op| *op == name),
        _ => None,
    };
    let Some(f) = f else {
        return Err(unexpected(
            &op,
            "an `Op` of a key-value store: 0 (get), 1 (put), 2 (append), or these words",
        ));
    };
    let mut plain = Map::from_iter([("f".to_owned(), f.into())]);
    plain.extend(take(&mut asked, "key").map(|key| ("key".to_owned(), key)));
    let value = take(&mut asked, "value").filter(|_| f != "get");
    plain.extend(value.map(|value| ("value".to_owned(), value)));
    nothing_more(&asked)?;
    Ok(plain)
}

/// What was answered.
pub(super) fn output(mut answered: Map<String, Value>) -> Result<Map<String, Value>, Trouble> {
    let Some(value) = answered.remove("Value") else {
        return Ok(answered);
    };
    nothing_more(&answered)?;
    Ok(Map::from_iter([("value".to_owned(), value)]))
}

/// A field that is written with a capital letter or without.
fn take(fields: &mut Map<String, Value>, name: &str) -> Option<Value> {
    let capital = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
    fields.remove(&capital).or_else(|| fields.remove(name))
}

/// A version that a put has to find, say, is not to be passed over.
fn nothing_more(fields: &Map<String, Value>) -> Result<(), Trouble> {
    let says = |value: &&Value| !matches!(value, Value::Null | Value::Bool(false)) && **value != "" && **value != "OK";
    match fields.iter().find(|(_, value)| says(value)) {
        None => Ok(()),
        Some((name, value)) => Err(unexpected(
            format!("`{name}` {value}"),
            "no other fields than Op, Key and Value, which are all that a key-value store is checked by",
        )),
    }
}

fn unexpected(found: impl std::fmt::Display, expected: &'static str) -> Trouble {
    let found = excerpt(found);
    Trouble::Unexpected { found, expected }
}
