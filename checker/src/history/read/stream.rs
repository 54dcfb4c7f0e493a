//! Reads a history event by event, with memory bounded by what is open, not by the length of the file.

use std::{collections::VecDeque, io::BufRead};

use oversell_spec::{Kv, Register, Sales, Stock};

use super::{
    diagnose,
    error::{Notice, Problem, ReadError, Warning},
    header,
    line::Line,
    lines::{Lines, RawLine},
    parse::parse,
    validator::{Accepted, Fault, Validator, What},
    vocabulary::Vocabulary,
};
use crate::{
    history::{Clock, Command, Each, Header, Texts},
    of_spec,
};

/// A file that is read event by event, of whichever specification its header names.
pub type Events<R> =
    Each<EventReader<Stock, R>, EventReader<Sales, R>, EventReader<Register<String>, R>, EventReader<Kv, R>>;

impl<R: BufRead> Events<R> {
    /// Reads the header. `file` is what messages call the file. A compressed one has to go through
    /// [`decompressed`](crate::history::decompressed).
    ///
    /// # Errors
    /// When there is no header, or it is not right.
    pub fn open(file: &str, from: R) -> Result<Self, ReadError> {
        let mut lines = Lines::new(from);
        let Some(line) = next_line(&mut lines, file)? else {
            let broken = lines.broken;
            return Err(if broken { Problem::CutOff } else { Problem::Empty }.at(file, 0));
        };
        let header = header::parse(line.bytes).map_err(|problem| problem.at(file, line.number))?;
        Ok(of_spec!(Each header.spec, S => EventReader::<S, R>::new(file, header, lines)))
    }
}

/// Reads events one by one, in order of time; at equal times, invocations come before completions.
///
/// Every rule that holds for a whole file holds here, too, and one more: the lines must be in order of time, or what was
/// concluded from those before would not hold. What is kept: the processes (a few dozen bytes for each that ever acted),
/// the keys, the names of units, and the events of one instant.
pub struct EventReader<V: Vocabulary, R> {
    pub(super) validator: Validator<V>,
    pub(super) lines: Lines<R>,
    /// Events of the instant that has been read last: not to be given out before it is over.
    instant: Vec<Event<V>>,
    /// The time of the event that has been read last.
    last: u64,
    ready: VecDeque<Event<V>>,
    warning: Option<Warning>,
    ended: bool,
}

/// An event of a history. `Sent` is how the commands of its operation are kept.
pub struct Event<V: Vocabulary, Sent = Vec<Command<'static>>> {
    /// The line it stands in.
    pub line: u64,
    /// When, in nanoseconds on the history's clock; for a file without times, the number of the line.
    pub time: u64,
    /// Who acts.
    pub process: i64,
    /// The key, as a number from 0 in order of first appearance: see [`EventReader::key`].
    pub key: u32,
    /// The operation, as its number among those of its key, from 0 in order of the lines that invoke them.
    pub operation: u64,
    /// What happens to it.
    pub what: What<V::Op, V::Ret>,
    /// The commands that the client sent within the operation, on its completion, where they were recorded.
    pub commands: Sent,
}

/// An event of a stock counter, perhaps with who buys, whose commands are kept elsewhere.
pub type StockEvent = Event<Sales, ()>;

impl StockEvent {
    /// The same, with these commands.
    #[must_use]
    pub fn with<'a>(&self, commands: impl Iterator<Item = Command<'a>>) -> Event<Sales> {
        Event {
            line: self.line,
            time: self.time,
            process: self.process,
            key: self.key,
            operation: self.operation,
            what: self.what.clone(),
            commands: commands.map(Command::into_owned).collect(),
        }
    }
}

impl<Sent> Event<Sales, Sent> {
    /// The same, without who buys.
    #[must_use]
    pub fn without_buyer(self) -> Event<Stock, Sent> {
        Event {
            line: self.line,
            time: self.time,
            process: self.process,
            key: self.key,
            operation: self.operation,
            what: match self.what {
                What::Invoke(asked) => What::Invoke(asked.op),
                What::Ok(ret) => What::Ok(ret),
                What::Fail => What::Fail,
                What::Info(why) => What::Info(why),
            },
            commands: self.commands,
        }
    }
}

/// Puts events in order of time; at equal times, invocations in front.
pub fn in_order<V: Vocabulary>(events: &mut [Event<V>]) {
    let place = |event: &Event<V>| (event.time, !matches!(event.what, What::Invoke(_)));
    if !events.is_sorted_by_key(place) {
        events.sort_by_key(place);
    }
}

impl<V: Vocabulary> Clone for Event<V> {
    fn clone(&self) -> Self {
        Self {
            what: self.what.clone(),
            commands: self.commands.clone(),
            ..*self
        }
    }
}

impl<V: Vocabulary, R: BufRead> EventReader<V, R> {
    fn new(file: &str, header: Header, lines: Lines<R>) -> Self {
        Self {
            validator: Validator::new(file, header),
            lines,
            instant: Vec::new(),
            last: 0,
            ready: VecDeque::new(),
            warning: None,
            ended: false,
        }
    }

    /// What the history is about.
    pub const fn header(&self) -> &Header {
        &self.validator.header
    }

    /// The name and the initial value of a key that an event has named.
    #[must_use]
    pub fn key(&self, key: u32) -> Option<(&str, &V::Initial)> {
        let key = self.validator.keys.get(key as usize)?;
        Some((&key.name, &key.initial))
    }

    /// The names of the units sold so far.
    pub const fn units(&self) -> &Texts {
        &self.validator.units
    }

    /// What the times of the events are. Known from the first event on; nanoseconds until then.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.validator.pairing.clock()
    }

    /// What was noticed at the end of the file.
    pub const fn warning(&self) -> Option<&Warning> {
        self.warning.as_ref()
    }

    /// The next event; `None` at the end of the file. Operations still open then count as unknown.
    ///
    /// # Errors
    /// When the file cannot be read or is not right. Nothing comes after an error.
    pub fn next_event(&mut self) -> Result<Option<Event<V>>, ReadError> {
        while self.ready.is_empty() && !self.ended {
            let next = self.next_as_written()?;
            let last = self.instant.last().map(|event| event.time);
            if last != next.as_ref().map(|event| event.time) {
                let mut events = std::mem::take(&mut self.instant);
                in_order(&mut events);
                self.ready.extend(events);
            }
            self.instant.extend(next);
        }
        Ok(self.ready.pop_front())
    }

    /// The next event in order of the lines: of one instant, a completion may come before an invocation, and whether more of
    /// that instant follows is not known yet.
    ///
    /// # Errors
    /// As [`next_event`](Self::next_event).
    #[doc(hidden)]
    pub fn next_as_written(&mut self) -> Result<Option<Event<V>>, ReadError> {
        if self.ended {
            return Ok(None);
        }
        let next = self.read();
        self.ended = !matches!(next, Ok(Some(_)));
        next
    }

    fn read(&mut self) -> Result<Option<Event<V>>, ReadError> {
        let Some(line) = next_line(&mut self.lines, &self.validator.file)? else {
            if self.lines.broken {
                self.warning = Some(Notice::CompressedCutOff.at(&self.validator.file, None));
            }
            self.validator.end()?;
            return Ok(None);
        };
        let mut commands = Vec::new();
        let mut parsed = parse(line.bytes, str::from_utf8(line.bytes).ok(), &mut commands);
        match event(&mut self.validator, line, &mut parsed)? {
            None => {
                self.warning = Some(Notice::CutOff.at(&self.validator.file, Some(line.number)));
                self.validator.end()?;
                Ok(None)
            }
            Some(accepted) if accepted.time < self.last => {
                let (found, last) = (accepted.time, self.last);
                Err(Problem::OutOfOrder { found, last }.at(&self.validator.file, line.number))
            }
            Some(accepted) => {
                self.last = accepted.time;
                Ok(Some(Event {
                    line: line.number,
                    time: accepted.time,
                    process: accepted.process,
                    key: accepted.slot.key,
                    operation: accepted.slot.operation,
                    what: accepted.what,
                    commands: commands.into_iter().map(Command::into_owned).collect(),
                }))
            }
        }
    }
}

/// The next line that is not blank.
pub(super) fn next_line<'a, R: BufRead>(lines: &'a mut Lines<R>, file: &str) -> Result<Option<RawLine<'a>>, ReadError> {
    let number = lines.number;
    lines.next().map_err(|problem| problem.at(file, number + 1))
}

/// Checks a line that has been parsed, and takes its value. `None`: it is the last one, and cut off.
#[inline]
pub(super) fn event<V: Vocabulary>(
    validator: &mut Validator<V>,
    line: RawLine<'_>,
    parsed: &mut Result<Line<'_>, serde_json::Error>,
) -> Result<Option<Accepted<V>>, ReadError> {
    let fault = match parsed {
        Ok(parsed) => match validator.accept(line.number, parsed) {
            Ok(accepted) => return Ok(Some(accepted)),
            Err(fault) => fault,
        },
        Err(error) if error.is_eof() && !line.ended => return Ok(None),
        Err(_) => Fault::Problem(diagnose::event::<V>(line.bytes)),
    };
    Err(fault.at(&validator.file, line.number, line.bytes))
}
