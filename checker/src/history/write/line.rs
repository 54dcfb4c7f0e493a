//! The parts of a line, and lines on their way into a file.

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::print::{number, string};
use crate::history::{Command, FORMAT, Header, Initial, Texts, VERSION, process};

/// What is to be written next.
pub(super) struct Buffer<W> {
    pub(super) bytes: Vec<u8>,
    pub(super) to: W,
}

impl<W: Write> Buffer<W> {
    const FULL: usize = 1 << 16;

    /// Writes when there is enough.
    pub(super) fn pass_on(&mut self) -> io::Result<()> {
        if self.bytes.len() < Self::FULL {
            return Ok(());
        }
        self.write_out()
    }

    /// What could not be written is not tried again: a part of it may have been, and must not stand there twice.
    fn write_out(&mut self) -> io::Result<()> {
        let written = self.to.write_all(&self.bytes);
        self.bytes.clear();
        written
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.write_out()?;
        self.to.flush()
    }
}

pub(super) fn header(header: &Header, to: &mut Vec<u8>) {
    let mut line = Map::new();
    line.insert("format".to_owned(), FORMAT.into());
    line.insert("version".to_owned(), VERSION.into());
    line.insert("spec".to_owned(), header.spec.name().into());
    let initial = match &header.initial {
        Initial::Every(value) => value.clone(),
        Initial::Each(values) => Value::Object(values.clone()),
    };
    line.insert("initial".to_owned(), initial);
    for (name, value) in &header.metadata {
        line.entry(name).or_insert_with(|| value.clone());
    }
    to.extend(Value::Object(line).to_string().as_bytes());
    to.push(b'\n');
}

/// The brace and the time.
pub(super) fn begin(at: Option<u64>, line: &mut Vec<u8>) {
    line.push(b'{');
    if let Some(at) = at {
        line.extend(br#""time":"#);
        number(at, line);
        line.push(b',');
    }
}

/// The fields that most events have.
pub(super) fn fields(
    (process, names): (i64, &Texts),
    kind: &str,
    f: &str,
    name: &[u8],
    value: &[u8],
    line: &mut Vec<u8>,
) {
    line.extend(br#""process":"#);
    match process::to_json(process, names) {
        Value::String(name) => string(&name, line),
        value => number(value.as_i64().unwrap_or(process), line),
    }
    for part in [r#","type":""#, kind, r#"","f":""#, f, "\""] {
        line.extend(part.as_bytes());
    }
    line.extend(name);
    if !value.is_empty() {
        line.extend(br#","value":"#);
        line.extend(value);
    }
}

/// The field `key`, which is left out when it is empty.
pub(super) fn key_field(key: &str) -> Vec<u8> {
    let mut field = Vec::new();
    if !key.is_empty() {
        field.extend(br#","key":"#);
        string(key, &mut field);
    }
    field
}

/// The field `buyer`.
pub(super) fn buyer_field(buyer: &str, line: &mut Vec<u8>) {
    line.extend(br#","buyer":"#);
    string(buyer, line);
}

pub(super) fn commands<'a>(commands: impl Iterator<Item = Command<'a>>, line: &mut Vec<u8>) {
    line.extend(br#","commands":"#);
    for (index, command) in commands.enumerate() {
        line.extend(if index == 0 { br#"[{"sent":"# } else { br#",{"sent":"# });
        number(command.sent, line);
        if let Some(received) = command.received {
            line.extend(br#","received":"#);
            number(received, line);
        }
        line.extend(br#","command":"#);
        string(&command.command, line);
        if let Some(reply) = &command.reply {
            line.extend(br#","reply":"#);
            string(reply, line);
        }
        line.push(b'}');
    }
    line.push(b']');
}
