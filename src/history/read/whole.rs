//! Reads a whole file into memory.

use std::io::BufRead;

use super::{
    error::{ReadError, Warning},
    stream::{self, EventReader, Events},
    validator::{Accepted, Key, Validator, What},
    vocabulary::Vocabulary,
};
use crate::history::{History, KeyHistory, Operation, Response, Unknown, key::index};

/// Reads a history file. `file` is what messages call it.
///
/// Lines of different processes may stand in any order as long as they have times: only the times say what came before
/// what. The events of one process must be in order.
///
/// # Errors
/// When the file cannot be read or is not right; the first thing that is wrong is reported.
pub fn read(file: &str, from: impl BufRead) -> Result<(History, Vec<Warning>), ReadError> {
    match Events::open(file, from)? {
        Events::Stock(events) => body(events),
        Events::Register(events) => body(events),
        Events::Kv(events) => body(events),
    }
}

fn body<V: Vocabulary, R: BufRead>(events: EventReader<V, R>) -> Result<(History, Vec<Warning>), ReadError> {
    let EventReader {
        mut validator,
        mut lines,
        ..
    } = events;
    let mut builder = Builder { keys: Vec::new() };
    let mut warnings = Vec::new();
    while let Some(line) = stream::next_line(&mut lines, &validator.file)? {
        match stream::event(&mut validator, line)? {
            Some(event) => builder.add(&validator.keys, event),
            None => warnings.push(stream::cut_off(&validator.file, line.number)),
        }
    }
    Ok((builder.finish(validator), warnings))
}

/// The operations of each key, as they grow.
struct Builder<V: Vocabulary> {
    keys: Vec<Growing<V>>,
}

struct Growing<V: Vocabulary> {
    history: KeyHistory<V::Op, V::Ret, V::Initial>,
    /// Operations that certainly had no effect, to be taken out in the end.
    failed: Vec<u32>,
}

impl<V: Vocabulary> Builder<V> {
    fn add(&mut self, keys: &[Key<V>], event: Accepted<'_, V>) {
        let key = event.slot.key as usize;
        let new = keys.iter().skip(self.keys.len()).map(|key| Growing {
            history: KeyHistory::new(&key.name, key.initial.clone()),
            failed: Vec::new(),
        });
        self.keys.extend(new);
        let Growing { history, failed } = &mut self.keys[key];
        let operation = event.slot.operation as usize;
        for command in event.commands {
            history.commands.push(operation, &command.into_command());
        }
        match event.what {
            What::Invoke(op) => history.operations.push(Operation {
                process: event.process,
                invoked: event.time,
                op,
                response: None,
            }),
            What::Ok(ret) => history.operations[operation].response = Some(Response { at: event.time, ret }),
            What::Fail => failed.push(index(operation)),
            What::Info(why) => history.unknown.extend(why.map(|why| Unknown {
                operation: index(operation),
                at: event.time,
                why,
            })),
        }
    }

    fn finish(self, validator: Validator<V>) -> History {
        let settle = |Growing { mut history, failed }| {
            history.settle(failed);
            history
        };
        let mut keys: Vec<_> = self.keys.into_iter().map(settle).collect();
        keys.sort_by_key(|key| key.operations.first().map(|operation| operation.invoked));
        History {
            header: validator.header,
            clock: stream::clock(validator.pairing.timed()),
            body: V::body(keys, validator.units),
        }
    }
}
