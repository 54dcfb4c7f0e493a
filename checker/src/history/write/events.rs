//! Writes a history of stock counters while it is being made.

use std::io::{self, Write};

use oversell_spec::stock::{StockOp, StockRet};

use super::{Buffer, Print as _, begin, commands, fields, header, key_field, string};
use crate::history::{Command, Header, Texts};

/// Writes the header, then event by event as they come: what has been written is a history at any time.
///
/// Nothing is kept but up to 64 KiB, which [`flush`](Self::flush) writes.
pub struct EventWriter<W> {
    to: Buffer<W>,
    /// The field `key` of the present key.
    key: Vec<u8>,
    value: Vec<u8>,
}

/// An event of a stock counter, with all that its line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockEvent {
    /// When, in nanoseconds.
    pub at: u64,
    /// Who acts.
    pub process: i64,
    /// The operation that begins, or that is over.
    pub op: StockOp,
    /// What happens to it.
    pub happened: Happened,
}

/// What happens to an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// It is invoked.
    Invoked,
    /// It is answered.
    Answered(StockRet),
    /// It certainly had no effect.
    Failed,
    /// Nobody knows whether it took effect, and why.
    Lost(Box<str>),
}

impl<W: Write> EventWriter<W> {
    /// Of a history with this header.
    #[must_use]
    pub fn new(about: &Header, to: W) -> Self {
        let mut to = Buffer { bytes: Vec::new(), to };
        header(about, &mut to.bytes);
        Self {
            to,
            key: Vec::new(),
            value: Vec::new(),
        }
    }

    /// The events that follow are about this key.
    pub fn start_key(&mut self, key: &str) {
        self.key = key_field(key);
    }

    /// The next event, with the commands that were sent in an operation that is over. `units` are the names of the units.
    ///
    /// # Errors
    /// When `to` cannot be written.
    pub fn event<'a>(
        &mut self,
        event: &StockEvent,
        units: &Texts,
        mut sent: impl Iterator<Item = Command<'a>>,
    ) -> io::Result<()> {
        self.value.clear();
        let kind = match &event.happened {
            Happened::Invoked => {
                event.op.argument(&mut self.value);
                "invoke"
            }
            Happened::Answered(ret) => match event.op.result(ret, units, &mut self.value) {
                Some(()) => "ok",
                None => "fail",
            },
            Happened::Failed => "fail",
            Happened::Lost(why) => {
                string(why, &mut self.value);
                "info"
            }
        };
        let line = &mut self.to.bytes;
        begin(Some(event.at), line);
        fields(event.process, kind, event.op.f(), &self.key, &self.value, line);
        if let Some(first) = sent.next() {
            commands(std::iter::once(first).chain(sent), line);
        }
        line.extend(b"}\n");
        self.to.pass_on()
    }

    /// Writes all there is.
    ///
    /// # Errors
    /// When `to` cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }

    /// Writes all there is, and gives back what it was written to.
    ///
    /// # Errors
    /// When `to` cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.flush()?;
        Ok(self.to.to)
    }
}
