//! A connection that notes what passes over it.

use std::fmt::Write as _;

use oversell_checker::history::{Command, CommandLog};
use redis::{Cmd, Pipeline, RedisFuture, RedisResult, Value, aio::ConnectionLike};

use super::{Attempts, Clock};
use crate::strategy::{is_harmless, was_refused};

/// What the commands of one operation may have done to the stock. Decides between `fail` and `info`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Certainly nothing: only reads, and commands that the server refused.
    #[default]
    None,
    /// Possibly or certainly something.
    Possible,
}

/// Wraps a connection and keeps, for the operation under way, its commands with their stamps and replies.
#[derive(Debug)]
pub struct Recorded<C> {
    inner: C,
    clock: Clock,
    keep_commands: bool,
    effect: Effect,
    attempts: Attempts,
    /// The attempt that `commands` are about.
    attempt: u32,
    commands: Vec<Entry>,
    /// Commands and replies as text, one behind the other: one allocation for all operations.
    text: String,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    sent: u64,
    received: Option<u64>,
    /// In `text`: the command ends here, and began where the entry before it ended.
    command_end: usize,
    /// In `text`: the reply ends here.
    reply_end: usize,
}

impl<C> Recorded<C> {
    /// Wraps `inner`, for a client whose environment counts its `attempts`. Without `keep_commands` only the [`Effect`] is
    /// followed.
    pub fn new(inner: C, clock: Clock, attempts: Attempts, keep_commands: bool) -> Self {
        Self {
            inner,
            clock,
            keep_commands,
            effect: Effect::None,
            attempts,
            attempt: 0,
            commands: Vec::new(),
            text: String::new(),
        }
    }

    /// To be called before each operation: forgets the one before.
    pub fn begin(&mut self) {
        self.effect = Effect::None;
        self.attempt = 0;
        self.attempts.begin();
        self.forget();
    }

    fn forget(&mut self) {
        self.commands.clear();
        self.text.clear();
    }

    /// What the operation under way may have done.
    pub const fn effect(&self) -> Effect {
        self.effect
    }

    /// Replaces the connection.
    pub fn replace(&mut self, inner: C) {
        self.inner = inner;
    }

    /// Hands the commands of the operation under way to the log.
    pub(super) fn flush(&self, operation: usize, log: &mut CommandLog) {
        let mut start = 0;
        for entry in &self.commands {
            let command = &self.text[start..entry.command_end];
            let reply = &self.text[entry.command_end..entry.reply_end];
            start = entry.reply_end;
            log.push(
                operation,
                &Command {
                    sent: entry.sent,
                    received: entry.received,
                    command: command.into(),
                    reply: entry.received.map(|_| reply.into()),
                },
            );
        }
    }

    fn sending(&mut self, command: impl FnOnce(&mut String), harmless: bool) -> bool {
        // Until the reply is there, nothing is known: an operation that is cancelled here may have had its effect.
        let before = self.effect;
        let attempt = self.attempts.count();
        if attempt != self.attempt {
            self.attempt = attempt;
            // An attempt that came to nothing explains nothing, and there may be thousands in one operation.
            if before == Effect::None {
                self.forget();
            }
        }
        if !harmless {
            self.effect = Effect::Possible;
        }
        if self.keep_commands {
            command(&mut self.text);
            let command_end = self.text.len();
            self.commands.push(Entry {
                sent: self.clock.now(),
                received: None,
                command_end,
                reply_end: command_end,
            });
        }
        before == Effect::None
    }

    fn received(&mut self, reply: impl FnOnce(&mut String)) {
        if let Some(entry) = self.commands.last_mut() {
            entry.received = Some(self.clock.now());
            reply(&mut self.text);
            entry.reply_end = self.text.len();
        }
    }
}

/// A conditional `SET` that was not done says `nil`. With `GET` the reply is the value before it.
fn declined(result: &RedisResult<Value>, name: &[u8], cmd: &Cmd) -> bool {
    matches!(result, Ok(Value::Nil))
        && name.eq_ignore_ascii_case(b"SET")
        && !cmd
            .args_iter()
            .any(|argument| matches!(argument, redis::Arg::Simple(word) if word.eq_ignore_ascii_case(b"GET")))
}

/// An error reply to a plain command says that nothing was done. A script may have failed half-way.
fn refused<T>(result: &RedisResult<T>, name: &[u8]) -> bool {
    let Err(error) = result else { return false };
    error.code().is_some_and(|code| was_refused(name, code))
}

fn name(cmd: &Cmd) -> &[u8] {
    match cmd.args_iter().next() {
        Some(redis::Arg::Simple(name)) => name,
        _ => b"",
    }
}

impl<C: ConnectionLike + Send> ConnectionLike for Recorded<C> {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async move {
            let name = name(cmd);
            let harmless = is_harmless(name);
            let untouched = self.sending(|text| write_command(text, cmd), harmless);
            let result = self.inner.req_packed_command(cmd).await;
            if untouched && (refused(&result, name) || declined(&result, name, cmd)) {
                self.effect = Effect::None;
            }
            match &result {
                Ok(value) => self.received(|text| write_reply(text, value)),
                Err(error) if error.code().is_some() => self.received(|text| write_error(text, error)),
                Err(_) => {}
            }
            result
        })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(async move {
            let harmless = pipeline.cmd_iter().all(|cmd| is_harmless(name(cmd)));
            let untouched = self.sending(|text| write_pipeline(text, pipeline), harmless);
            let result = self.inner.req_packed_commands(pipeline, offset, count).await;
            // A transaction that was refused, or whose watched keys had changed, did nothing.
            let nothing = match &result {
                Ok(values) => pipeline.is_transaction() && matches!(values[..], [Value::Nil]),
                Err(error) => pipeline.is_transaction() && error.code().is_some(),
            };
            if untouched && nothing {
                self.effect = Effect::None;
            }
            match &result {
                Ok(values) => self.received(|text| write_replies(text, values)),
                Err(error) if error.code().is_some() => self.received(|text| write_error(text, error)),
                Err(_) => {}
            }
            result
        })
    }

    fn get_db(&self) -> i64 {
        self.inner.get_db()
    }
}

/// Longest text kept of one argument or reply: enough for any counter, key or token.
const LONGEST: usize = 60;

fn write_bytes(text: &mut String, bytes: &[u8]) {
    let shown = &bytes[..bytes.len().min(LONGEST)];
    match std::str::from_utf8(shown) {
        Ok(shown) if !shown.contains(['\n', '\r']) => text.push_str(shown),
        _ => text.extend(
            shown
                .iter()
                .flat_map(|byte| std::ascii::escape_default(*byte))
                .map(char::from),
        ),
    }
    if shown.len() < bytes.len() {
        text.push('…');
    }
}

/// As one would type it. A script's hash says nothing to a reader: eight characters of it are enough to tell two apart.
fn write_command(text: &mut String, cmd: &Cmd) {
    let script = name(cmd).eq_ignore_ascii_case(b"EVALSHA");
    for (index, argument) in cmd.args_iter().enumerate() {
        if index > 0 {
            text.push(' ');
        }
        match argument {
            redis::Arg::Simple(hash) if script && index == 1 && hash.len() > 8 => {
                write_bytes(text, &hash[..8]);
                text.push('…');
            }
            redis::Arg::Simple(bytes) => write_bytes(text, bytes),
            redis::Arg::Cursor => text.push('0'),
            _ => text.push('?'),
        }
    }
}

fn write_pipeline(text: &mut String, pipeline: &Pipeline) {
    if pipeline.is_transaction() {
        text.push_str("MULTI; ");
    }
    for (index, cmd) in pipeline.cmd_iter().enumerate() {
        if index > 0 {
            text.push_str("; ");
        }
        write_command(text, cmd);
    }
    if pipeline.is_transaction() {
        text.push_str("; EXEC");
    }
}

fn write_reply(text: &mut String, value: &Value) {
    match value {
        Value::Nil => text.push_str("nil"),
        Value::Int(number) => {
            let _ = write!(text, "{number}");
        }
        Value::BulkString(bytes) => write_bytes(text, bytes),
        Value::SimpleString(word) => write_bytes(text, word.as_bytes()),
        Value::Okay => text.push_str("OK"),
        Value::Array(values) => {
            text.push('[');
            write_replies(text, values);
            text.push(']');
        }
        Value::ServerError(error) => {
            let _ = write!(text, "error {}", error.code());
        }
        other => write_bytes(text, format!("{other:?}").as_bytes()),
    }
}

fn write_replies(text: &mut String, values: &[Value]) {
    // The one reply of a transaction is the list of its commands' replies.
    if let [Value::Array(values)] = values {
        return write_replies(text, values);
    }
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        write_reply(text, value);
    }
}

fn write_error(text: &mut String, error: &redis::RedisError) {
    text.push_str("error ");
    write_bytes(text, error.to_string().as_bytes());
}
