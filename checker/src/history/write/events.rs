//! Writes a history of stock counters while it is being made.

use std::io::{self, Write};

use oversell_spec::sales::SalesOp;
use rustc_hash::FxHashMap;

use super::{
    line::{Buffer, begin, buyer_field, commands, fields, header, key_field},
    print::{Print as _, string},
};
use crate::history::{Command, Header, StockEvent, Texts, What};

/// Writes the header, then event by event as they come: what has been written is a history at any time.
///
/// Nothing is kept but up to 64 KiB, which [`flush`](Self::flush) writes.
pub struct EventWriter<W> {
    to: Buffer<W>,
    /// The field `key` of the present key.
    key: Vec<u8>,
    /// What its open operations ask for: a line that ends one names it, too.
    open: FxHashMap<u64, SalesOp>,
    value: Vec<u8>,
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
            open: FxHashMap::default(),
            value: Vec::new(),
        }
    }

    /// The events that follow are about this key.
    pub fn start_key(&mut self, key: &str) {
        self.key = key_field(key);
        self.open.clear();
    }

    /// The next event, with the commands that were sent in an operation that is over. `units` are the names of the units and of those who buy.
    ///
    /// # Errors
    /// When `to` cannot be written, or when an operation ends that has not begun.
    pub fn event<'a>(
        &mut self,
        event: &StockEvent,
        units: &Texts,
        mut sent: impl Iterator<Item = Command<'a>>,
    ) -> io::Result<()> {
        self.value.clear();
        let op = match event.what {
            What::Invoke(op) => {
                self.open.insert(event.operation, op);
                op
            }
            _ => self.open.remove(&event.operation).ok_or(io::ErrorKind::InvalidInput)?,
        };
        let kind = match &event.what {
            What::Invoke(op) => {
                op.argument(&mut self.value);
                "invoke"
            }
            What::Ok(ret) => match op.result(ret, units, &mut self.value) {
                Some(()) => "ok",
                None => "fail",
            },
            What::Fail => "fail",
            What::Info(why) => {
                if let Some(why) = why {
                    string(why, &mut self.value);
                }
                "info"
            }
        };
        let line = &mut self.to.bytes;
        begin(Some(event.time), line);
        fields((event.process, units), kind, op.f(), &self.key, &self.value, line);
        if let What::Invoke(asked) = &event.what
            && let Some(buyer) = asked.buyer(units)
        {
            buyer_field(buyer, line);
        }
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
