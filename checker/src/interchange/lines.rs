//! What other formats are translated to: the lines of a history file, and where each came from.

use std::io;

use serde_json::{Map, Value, json};

use super::{Converted, InterchangeError, Reading, Trouble, error::excerpt};
use crate::history::{self, FORMAT, History, Problem, Spec, VERSION, process};

/// A line of the file, and what is wrong there.
pub(super) type Wrong = (u64, Trouble);

/// A line of a history file, as JSON.
pub(super) type Fields = Map<String, Value>;

/// A history file in the making.
#[derive(Default)]
pub(super) struct Lines {
    /// The header, where the file had one.
    pub(super) header: Option<Map<String, Value>>,
    /// The events, each with the line of the file in which it stands.
    pub(super) events: Vec<(u64, Map<String, Value>)>,
    /// What was done to the system, for the header.
    pub(super) faults: Vec<Value>,
    /// How many events told of that.
    pub(super) fault_events: usize,
}

impl Lines {
    /// Reads the lines as a history file.
    pub(super) fn into_history(mut self, file: &str, reading: &Reading) -> Result<Converted, InterchangeError> {
        let header = self.header(reading).map_err(|trouble| trouble.at(file, None))?;
        let mut text = Value::Object(header).to_string();
        text.push('\n');
        for (_, event) in &mut self.events {
            if reading.by_lines {
                event.remove("time");
            }
            text.push_str(&Value::Object(std::mem::take(event)).to_string());
            text.push('\n');
        }
        // The header stands in no line of its own.
        let origin = |line: u64| {
            let event = line.checked_sub(2).and_then(|index| usize::try_from(index).ok());
            event
                .and_then(|index| self.events.get(index))
                .map_or(1, |&(origin, _)| origin)
        };
        let converted = read_as(file, &text, origin)?;
        Ok(Converted {
            faults: self.fault_events,
            ..converted
        })
    }

    fn header(&mut self, reading: &Reading) -> Result<Map<String, Value>, Trouble> {
        let mut header = self.header.take().unwrap_or_default();
        header.entry("format").or_insert(json!(FORMAT));
        header.entry("version").or_insert(json!(VERSION));
        if let Some(spec) = reading.spec {
            header.insert("spec".to_owned(), json!(spec.name()));
        } else if !header.contains_key("spec") {
            header.insert("spec".to_owned(), json!(self.spec()?.name()));
        }
        if let Some(initial) = &reading.initial {
            header.insert("initial".to_owned(), initial.clone());
        } else if !header.contains_key("initial") {
            let initial = match header["spec"].as_str() {
                Some("register") => Value::Null,
                Some("kv") => json!(""),
                _ => return Err(Trouble::NoStock),
            };
            header.insert("initial".to_owned(), initial);
        }
        if !self.faults.is_empty() {
            header
                .entry("faults")
                .or_insert_with(|| Value::Array(std::mem::take(&mut self.faults)));
        }
        Ok(header)
    }

    /// The specification that has all these operations.
    fn spec(&self) -> Result<Spec, Trouble> {
        let mut found: Vec<&str> = Vec::new();
        for (_, event) in &self.events {
            let f = event.get("f").and_then(Value::as_str).unwrap_or_default();
            if !found.contains(&f) && found.len() < SHOWN {
                found.push(f);
            }
        }
        let all = |operations: &[&str]| found.iter().all(|f| operations.contains(f));
        // Reads alone are those of a register.
        if all(&["read", "write", "cas"]) {
            Ok(Spec::Register)
        } else if all(&["buy", "read", "restock"]) {
            Ok(Spec::Stock)
        } else if all(&["get", "put", "append"]) {
            Ok(Spec::Kv)
        } else {
            let found = excerpt(found.join("`, `"));
            Err(Trouble::NoSpec { found })
        }
    }
}

/// Reads the text of a history file. What is wrong is said of the lines of `file` that its lines came from.
pub(super) fn read_as(file: &str, text: &str, origin: impl Fn(u64) -> u64) -> Result<Converted, InterchangeError> {
    let (history, warnings) = history::read(file, text.as_bytes()).map_err(|mut error| {
        error.place.line = error.place.line.map(&origin);
        renumber(&mut error.problem, &origin);
        InterchangeError::of(file, error)
    })?;
    Ok(Converted {
        history,
        warnings,
        faults: 0,
        raised: 0,
    })
}

/// So many different operations are more than any specification has.
const SHOWN: usize = 6;

/// Problems name other lines, too.
fn renumber(problem: &mut Problem, origin: impl Fn(u64) -> u64) {
    match problem {
        Problem::MixedTime { first: line, .. }
        | Problem::TwoOpen { open: line, .. }
        | Problem::AfterInfo { info: line, .. }
        | Problem::OtherF { line, .. }
        | Problem::OtherKey { line, .. }
        | Problem::OtherValue { line, .. }
        | Problem::Backwards { line, .. }
        | Problem::ProcessBackwards { line, .. } => *line = origin(*line),
        _ => {}
    }
}

/// The lines of a history: the text of its file.
pub(super) fn text_of(history: &History) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    history::write(&process::numbered(history), &mut text)?;
    Ok(text)
}

/// The lines of such a text, as JSON: the header, and the events one by one.
pub(super) fn parsed(text: &[u8]) -> io::Result<(Fields, impl Iterator<Item = serde_json::Result<Fields>>)> {
    let mut lines = serde_json::Deserializer::from_slice(text).into_iter::<Fields>();
    let header = lines.next().transpose()?.unwrap_or_default();
    Ok((header, lines))
}

/// The lines of a history, as JSON: the header, and the events.
pub(super) fn of(history: &History) -> io::Result<(Fields, Vec<Fields>)> {
    let text = text_of(history)?;
    let (header, events) = parsed(&text)?;
    Ok((header, events.collect::<Result<_, _>>()?))
}
