//! Pairs each completion with its invocation: what each process is doing.

use hashbrown::{HashMap, hash_map::Entry};

use super::{
    error::{Excerpt, Problem},
    line::{self, F, Kind},
};
use crate::history::Clock;

/// What every process is doing, and what has been learnt about time.
///
/// Memory: a few dozen bytes for each process that has ever acted.
#[derive(Debug, Default)]
pub(super) struct Pairing {
    processes: HashMap<i64, Process>,
    /// Do events have times? Known from the first one, with its line.
    timed: Option<(bool, u64)>,
}

#[derive(Debug)]
struct Process {
    /// The line of its last event.
    line: u64,
    /// The time of its last event.
    time: u64,
    state: State,
    /// What its open operation asks for, where its completion may say it again.
    asked: Option<String>,
}

#[derive(Debug)]
enum State {
    Idle,
    Open {
        f: F,
        slot: Slot,
    },
    /// It was given up with `info`, and may be acting still.
    Gone,
}

/// An operation: its key, and its number among the key's operations (in order of the lines that invoke them).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) key: u32,
    pub(super) operation: u64,
    /// Units that it adds to the stock, if it takes effect.
    pub(super) added: u64,
}

/// An event as far as pairing is concerned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<'a> {
    pub(super) line: u64,
    pub(super) time: u64,
    pub(super) process: i64,
    /// The process as the line names it.
    pub(super) who: &'a line::Process<'a>,
    pub(super) kind: Kind,
    pub(super) f: F,
    /// The operation, for an invocation; for a completion, only its key is looked at.
    pub(super) slot: Slot,
}

impl Pairing {
    /// The time of an event; that of its line where the file gives none.
    pub(super) fn time(&mut self, time: Option<u64>, line: u64) -> Result<u64, Problem> {
        let has = time.is_some();
        let (timed, first) = *self.timed.get_or_insert((has, line));
        if timed == has {
            Ok(time.unwrap_or(line))
        } else {
            Err(Problem::MixedTime { has, first })
        }
    }

    /// What the times of the events are; nanoseconds before the first one.
    pub(super) fn clock(&self) -> Clock {
        match self.timed {
            Some((false, _)) => Clock::Lines,
            _ => Clock::Nanoseconds,
        }
    }

    /// Takes the next event, and returns the operation it belongs to: for an invocation that of the step, for a
    /// completion the one that is open. A completion may say again what was asked, but nothing else. `name` knows the
    /// names of keys, for messages.
    pub(super) fn step(
        &mut self,
        step: Step<'_>,
        asked: Option<String>,
        name: impl Fn(u32) -> String,
    ) -> Result<Slot, Problem> {
        let Step { line, time, .. } = step;
        let process = match self.processes.entry(step.process) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(_) if step.kind != Kind::Invoke => {
                return Err(Problem::NotInvoked {
                    process: step.who.to_string().into(),
                });
            }
            Entry::Vacant(entry) => entry.insert(Process {
                line,
                time,
                state: State::Idle,
                asked: None,
            }),
        };
        let (state, slot) = process.advance(step, name)?;
        if step.kind != Kind::Invoke
            && let (Some(found), Some(asked)) = (&asked, &process.asked)
            && found != asked
        {
            return Err(Problem::OtherValue {
                found: Excerpt::new(found),
                asked: Excerpt::new(asked),
                f: step.f.name(),
                process: step.who.to_string().into(),
                line: process.line,
            });
        }
        let asked = asked.filter(|_| step.kind == Kind::Invoke);
        *process = Process {
            line,
            time,
            state,
            asked,
        };
        Ok(slot)
    }
}

impl Process {
    fn advance(&self, step: Step<'_>, name: impl Fn(u32) -> String) -> Result<(State, Slot), Problem> {
        let process = || step.who.to_string().into_boxed_str();
        let line = self.line;
        match (&self.state, step.kind) {
            (State::Gone, _) => Err(Problem::AfterInfo {
                process: process(),
                info: line,
            }),
            (State::Open { .. }, Kind::Invoke) => Err(Problem::TwoOpen {
                process: process(),
                open: line,
            }),
            (State::Idle, Kind::Invoke) if step.time < self.time => Err(Problem::ProcessBackwards {
                process: process(),
                found: step.time,
                last: self.time,
                line,
            }),
            (State::Idle, Kind::Invoke) => {
                let (f, slot) = (step.f, step.slot);
                Ok((State::Open { f, slot }, slot))
            }
            (State::Idle, _) => Err(Problem::NotInvoked { process: process() }),
            (&State::Open { f, .. }, _) if f != step.f => Err(Problem::OtherF {
                found: step.f.name(),
                invoked: f.name(),
                process: process(),
                line,
            }),
            (&State::Open { slot, .. }, _) if slot.key != step.slot.key => Err(Problem::OtherKey {
                found: name(step.slot.key),
                invoked: name(slot.key),
                process: process(),
                line,
            }),
            (State::Open { .. }, _) if step.time < self.time => Err(Problem::Backwards {
                found: step.time,
                invoked: self.time,
                line,
            }),
            (&State::Open { slot, .. }, Kind::Info) => Ok((State::Gone, slot)),
            (&State::Open { slot, .. }, _) => Ok((State::Idle, slot)),
        }
    }
}
