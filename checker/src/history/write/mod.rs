//! Writes history files.

mod about;
mod events;
mod order;
mod print;
mod save;
mod unfinished;

use std::io::{self, Write};

use serde_json::{Map, Value};

pub use about::replace_header;
pub use events::{EventWriter, Happened, StockEvent};
pub use order::Unwritable;
pub use save::{create_new, write_new, write_new_as};

use super::{Clock, Command, FORMAT, Header, History, Initial, KeyHistory, Texts, VERSION};
use crate::each;
use order::{End, Order, Place};
pub(crate) use print::Print;
use print::{number, string};
pub use unfinished::{Unfinished, folder_of};

/// Writes a history as a file: a header, and one event a line in order of time.
///
/// Nothing is kept in memory but what is open, and 64 KiB are written at once, so `to` need not be buffered. Operations
/// that had no effect are not in a history, so they are not written.
///
/// # Errors
/// When `to` cannot be written, or with [`Unwritable`] when a process does two operations at a time.
pub fn write(history: &History, to: impl Write) -> io::Result<()> {
    let mut to = Buffer { bytes: Vec::new(), to };
    header(&history.header, &mut to.bytes);
    each!(&history.body, keys => events(keys, &history.units, history.clock, &mut to))?;
    to.flush()
}

/// What is to be written next.
struct Buffer<W> {
    bytes: Vec<u8>,
    to: W,
}

impl<W: Write> Buffer<W> {
    const FULL: usize = 1 << 16;

    /// Writes when there is enough.
    fn pass_on(&mut self) -> io::Result<()> {
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

    fn flush(&mut self) -> io::Result<()> {
        self.write_out()?;
        self.to.flush()
    }
}

fn header(header: &Header, to: &mut Vec<u8>) {
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

fn events<Op: Print, Initial, W: Write>(
    keys: &[KeyHistory<Op, Op::Ret, Initial>],
    units: &Texts,
    clock: Clock,
    to: &mut Buffer<W>,
) -> io::Result<()> {
    let names: Vec<Vec<u8>> = keys.iter().map(|key| key_field(&key.key)).collect();
    let mut order = Order::new(keys);
    while let Some((at, end, place)) = order.next()? {
        let line = &mut to.bytes;
        begin((clock == Clock::Nanoseconds).then_some(at), line);
        event(&keys[place.0], place, end, &names[place.0], units, line);
        line.extend(b"}\n");
        to.pass_on()?;
    }
    Ok(())
}

/// The brace and the time.
fn begin(at: Option<u64>, line: &mut Vec<u8>) {
    line.push(b'{');
    if let Some(at) = at {
        line.extend(br#""time":"#);
        number(at, line);
        line.push(b',');
    }
}

/// Everything in a line but its time.
fn event<Op: Print, Initial>(
    key: &KeyHistory<Op, Op::Ret, Initial>,
    (_, index): Place,
    end: End,
    name: &[u8],
    units: &Texts,
    line: &mut Vec<u8>,
) {
    let operation = &key.operations[index];
    let mut value = Vec::new();
    let kind = match (end, &operation.response) {
        (End::Invocation, _) => {
            operation.op.argument(&mut value);
            "invoke"
        }
        (End::Completion, Some(response)) => match operation.op.result(&response.ret, units, &mut value) {
            Some(()) => "ok",
            None => "fail",
        },
        (End::Completion, None) => {
            if let Some(unknown) = key.why_unknown(index) {
                string(&unknown.why, &mut value);
            }
            "info"
        }
    };
    fields(operation.process, kind, operation.op.f(), name, &value, line);
    if end == End::Completion && key.commands.has(index) {
        commands(key.commands.of(index), line);
    }
}

/// The fields that most events have.
fn fields(process: i64, kind: &str, f: &str, name: &[u8], value: &[u8], line: &mut Vec<u8>) {
    line.extend(br#""process":"#);
    number(process, line);
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
fn key_field(key: &str) -> Vec<u8> {
    let mut field = Vec::new();
    if !key.is_empty() {
        field.extend(br#","key":"#);
        string(key, &mut field);
    }
    field
}

fn commands<'a>(commands: impl Iterator<Item = Command<'a>>, line: &mut Vec<u8>) {
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
