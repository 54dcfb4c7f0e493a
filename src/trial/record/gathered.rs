//! The key that is being sold, while it can be kept as a whole.

use std::iter;

use oversell_checker::history::{Command, Operation, Response, StockEvent, Unknown, What};

use super::super::sold::{Key, Sold};

/// What has happened to a key so far.
pub(super) struct Gathered<S: Sold> {
    pub(super) key: Key<S>,
    /// Operations that certainly had no effect.
    pub(super) failed: Vec<u32>,
}

impl<S: Sold> Gathered<S> {
    pub(super) fn new(key: &str, initial: S::Initial) -> Self {
        Self {
            key: Key::<S>::new(key, initial),
            failed: Vec::new(),
        }
    }

    pub(super) fn event<'a>(&mut self, event: &StockEvent, commands: impl Iterator<Item = Command<'a>>) {
        let operation = usize::try_from(event.operation).unwrap_or(usize::MAX);
        let number = u32::try_from(operation).unwrap_or(u32::MAX);
        match S::happened(event.with(iter::empty())).what {
            What::Invoke(op) => self.key.operations.push(Operation {
                process: event.process,
                invoked: event.time,
                op,
                response: None,
            }),
            What::Ok(ret) => {
                self.key.operations[operation].response = Some(Response { at: event.time, ret });
            }
            What::Fail => self.failed.push(number),
            What::Info(why) => self.key.unknown.push(Unknown {
                operation: number,
                at: event.time,
                why: why.unwrap_or_default(),
            }),
        }
        commands.for_each(|command| self.key.commands.push(operation, &command));
    }

    pub(super) fn finish(mut self) -> Key<S> {
        self.key.settle(self.failed);
        self.key
    }
}
