//! Replies of Redis as JSON, as filters and rules see them.

use redis::Value as Reply;
use serde_json::{Value, json};

/// A text, or the object or list that it is in JSON: what scripts with `cjson` answer.
pub(crate) fn of_text(text: &str) -> Value {
    let parsed = text.starts_with(['{', '[']).then(|| serde_json::from_str(text).ok());
    parsed.flatten().unwrap_or_else(|| text.into())
}

/// A reply. Texts that are no UTF-8 have replacement characters in them.
pub(crate) fn of_reply(reply: &Reply) -> Value {
    let text = |bytes: &[u8]| of_text(&String::from_utf8_lossy(bytes));
    match reply {
        Reply::Nil => Value::Null,
        Reply::Int(number) => Value::from(*number),
        Reply::BulkString(bytes) => text(bytes),
        Reply::SimpleString(status) => of_text(status),
        Reply::Okay => Value::from("OK"),
        Reply::Array(items) | Reply::Set(items) => items.iter().map(of_reply).collect(),
        Reply::Map(pairs) => {
            let pair = |(key, value): &(Reply, Reply)| {
                let key = of_reply(key);
                let key = key.as_str().map_or_else(|| key.to_string(), str::to_string);
                (key, of_reply(value))
            };
            Value::Object(pairs.iter().map(pair).collect())
        }
        Reply::Double(number) => json!(number),
        Reply::Boolean(yes) => Value::from(*yes),
        other => Value::from(format!("{other:?}")),
    }
}
