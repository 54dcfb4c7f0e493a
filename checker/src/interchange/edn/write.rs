//! From the lines of a history file to EDN.

use std::{
    collections::HashMap,
    io::{self, Write},
};

use serde_json::{Map, Value};

use super::{
    forms::{HEADER, INDEPENDENT},
    value::{from_json, string},
};
use crate::{history::History, interchange::lines};

/// Writes one map a line, after a comment that keeps the header.
///
/// Knossos takes the value of an `:ok` for that of its `:invoke`. So what was asked is said again in the answer where it
/// would be lost otherwise.
pub(in crate::interchange) fn write(history: &History, mut to: impl Write, independent: bool) -> io::Result<()> {
    let text = lines::text_of(history)?;
    let (header, events) = lines::parsed(&text)?;
    let pairs = if independent { INDEPENDENT } else { "" };
    writeln!(to, "{HEADER}{pairs}{}", Value::Object(header))?;
    let mut asked: HashMap<Value, Value> = HashMap::new();
    let mut line = String::new();
    for (index, event) in events.enumerate() {
        line.clear();
        operation(index, &event?, &mut asked, independent, &mut line);
        line.push('\n');
        to.write_all(line.as_bytes())?;
    }
    to.flush()
}

fn operation(
    index: usize,
    event: &Map<String, Value>,
    asked: &mut HashMap<Value, Value>,
    independent: bool,
    line: &mut String,
) {
    let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
    let (kind, f) = (text("type"), text("f"));
    let process = event.get("process").cloned().unwrap_or_default();
    let value = event.get("value").cloned().unwrap_or_default();
    if kind == "invoke" {
        asked.insert(process.clone(), value.clone());
    }
    let question = asked.get(&process).cloned().unwrap_or_default();

    line.push_str(&format!("{{:index {index}"));
    for name in ["time", "process"] {
        if let Some(number) = event.get(name) {
            line.push_str(&format!(", :{name} "));
            from_json(number, line);
        }
    }
    line.push_str(&format!(", :type :{kind}, :f :{f}"));
    if !independent && event.contains_key("key") {
        line.push_str(", :key ");
        string(text("key"), line);
    }
    line.push_str(", :value ");
    if independent {
        line.push('[');
        string(text("key"), line);
        line.push(' ');
    }
    match (kind, f) {
        ("ok", "buy") => answer(&question, &value, line),
        ("ok", "restock") => {
            line.push_str("{:quantity ");
            from_json(&question, line);
            if !value.is_null() {
                line.push_str(", :stock ");
                from_json(&value, line);
            }
            line.push('}');
        }
        ("invoke", _) | ("ok", "read" | "get") => from_json(&value, line),
        _ => from_json(&question, line),
    }
    if independent {
        line.push(']');
    }
    if let ("info" | "fail", Value::String(why)) = (kind, &value) {
        line.push_str(", :error ");
        string(why, line);
    }
    if let Some(Value::String(buyer)) = event.get("buyer") {
        line.push_str(", :buyer ");
        string(buyer, line);
    }
    if let Some(Value::Array(sent)) = event.get("commands") {
        commands(sent, line);
    }
    line.push('}');
}

/// `{:quantity 1, :outcome :bought, :remaining 41}`
fn answer(question: &Value, answer: &Value, line: &mut String) {
    line.push_str("{:quantity ");
    from_json(question, line);
    for (name, value) in answer.as_object().into_iter().flatten() {
        line.push_str(&format!(", :{name} "));
        match (name.as_str(), value) {
            ("outcome", Value::String(outcome)) => line.push_str(&format!(":{outcome}")),
            (_, other) => from_json(other, line),
        }
    }
    line.push('}');
}

fn commands(sent: &[Value], line: &mut String) {
    line.push_str(", :commands [");
    for (index, command) in sent.iter().enumerate() {
        line.push_str(if index == 0 { "{" } else { " {" });
        for (index, (name, value)) in command.as_object().into_iter().flatten().enumerate() {
            line.push_str(if index == 0 { ":" } else { ", :" });
            line.push_str(name);
            line.push(' ');
            from_json(value, line);
        }
        line.push('}');
    }
    line.push(']');
}
