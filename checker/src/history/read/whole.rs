//! Reads a whole file into memory.

use std::io::BufRead;

use super::{
    blocks::{Blocks, Parsed, ParsedLine, Pieces},
    error::{Notice, Problem, ReadError, Warning},
    stream::{self, EventReader, Events},
    validator::{Accepted, Validator, What},
    vocabulary::Vocabulary,
};
use crate::each;
use crate::history::{Command, History, KeyHistory, Operation, Response, Unknown, decompressed, key::index};

/// Reads a history file, compressed or not. `file` is what messages call it.
///
/// Lines of different processes may stand in any order as long as they have times: only the times say what came before
/// what. The events of one process must be in order.
///
/// # Errors
/// When the file cannot be read or is not right; the first thing that is wrong is reported.
pub fn read(file: &str, from: impl BufRead + Send) -> Result<(History, Vec<Warning>), ReadError> {
    read_keys(file, from, |_| true)
}

/// Reads the operations on some keys. The other lines are checked, too, and not kept.
///
/// # Errors
/// As of [`read`].
pub fn read_keys(
    file: &str,
    from: impl BufRead + Send,
    wanted: impl Fn(&str) -> bool + Send + Sync,
) -> Result<(History, Vec<Warning>), ReadError> {
    let from = decompressed(from).map_err(|error| Problem::Io(error).at(file, 0))?;
    each!(Events::open(file, from)?, events => body(events, &wanted))
}

fn body<V: Vocabulary, R: BufRead + Send>(
    events: EventReader<V, R>,
    wanted: Wanted<'_>,
) -> Result<(History, Vec<Warning>), ReadError> {
    let EventReader { validator, lines, .. } = events;
    let mut whole = Whole {
        wanted,
        validator,
        keys: Vec::new(),
        lines: lines.number,
        warnings: Vec::new(),
    };
    let mut blocks = Blocks::new(lines.from);
    let mut spare = Vec::new();
    let mut next = blocks.next(Vec::new());
    while let Some(block) = next.map_err(|problem| problem.at(&whole.validator.file, whole.lines + 1))? {
        let recycled = std::mem::take(&mut spare);
        let (added, read) = rayon::join(|| whole.add_block(&block), || blocks.next(recycled));
        added?;
        (next, spare) = (read, block);
    }
    if blocks.broken {
        whole
            .warnings
            .push(Notice::CompressedCutOff.at(&whole.validator.file, None));
    }
    whole.validator.end()?;
    Ok(whole.finish())
}

/// Which keys are kept.
type Wanted<'a> = &'a (dyn Fn(&str) -> bool + Send + Sync);

/// What has been read so far.
struct Whole<'a, V: Vocabulary> {
    wanted: Wanted<'a>,
    validator: Validator<V>,
    keys: Vec<Growing<V>>,
    /// How many lines.
    lines: u64,
    warnings: Vec<Warning>,
}

/// The operations of a key.
struct Growing<V: Vocabulary> {
    history: KeyHistory<V::Op, V::Ret, V::Initial>,
    wanted: bool,
    /// Operations that certainly had no effect, to be taken out in the end.
    failed: Vec<u32>,
}

impl<V: Vocabulary> Whole<'_, V> {
    /// Parses the pieces of a block on all cores; this thread also checks them, in order.
    fn add_block(&mut self, block: &[u8]) -> Result<(), ReadError> {
        let pieces = Pieces::new(block);
        let helpers = rayon::current_num_threads().min(pieces.len()).saturating_sub(1);
        rayon::scope(|scope| {
            for _ in 0..helpers {
                scope.spawn(|_| while pieces.parse_one() {});
            }
            let added = (0..pieces.len()).try_for_each(|index| self.add_piece(pieces.take(index)));
            pieces.stop();
            added
        })
    }

    fn add_piece(&mut self, piece: Parsed<'_>) -> Result<(), ReadError> {
        let mut lines = piece.lines;
        for ParsedLine { raw, line, commands } in &mut lines {
            raw.number += self.lines;
            match stream::event(&mut self.validator, *raw, line)? {
                Some(event) => self.add(event, &piece.commands[commands.clone()], raw.number)?,
                None => self
                    .warnings
                    .push(Notice::CutOff.at(&self.validator.file, Some(raw.number))),
            }
        }
        self.lines += piece.count;
        Ok(())
    }

    fn add(&mut self, event: Accepted<V>, commands: &[Command<'_>], line: u64) -> Result<(), ReadError> {
        let key = event.slot.key as usize;
        let new = self.validator.keys.iter().skip(self.keys.len()).map(|key| Growing {
            history: KeyHistory::new(&key.name, key.initial.clone()),
            wanted: (self.wanted)(&key.name),
            failed: Vec::new(),
        });
        self.keys.extend(new);
        let Growing {
            history,
            wanted,
            failed,
        } = &mut self.keys[key];
        if !*wanted {
            return Ok(());
        }
        if history.operations.len() >= u32::MAX as usize || history.commands.is_full() {
            return Err(Problem::TooMuch.at(&self.validator.file, line));
        }
        let operation = event.slot.operation as usize;
        history
            .buyers
            .extend(event.buyer.map(|buyer| (index(operation), buyer)));
        for command in commands {
            history.commands.push(operation, command);
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
        Ok(())
    }

    fn finish(self) -> (History, Vec<Warning>) {
        let settle = |Growing {
                          mut history, failed, ..
                      }: Growing<V>| {
            history.settle(failed);
            history
        };
        let wanted = self.keys.into_iter().filter(|key| key.wanted);
        let mut keys: Vec<_> = wanted.map(settle).collect();
        keys.sort_by_key(|key| key.operations.first().map(|operation| operation.invoked));
        let validator = self.validator;
        let history = History {
            header: validator.header,
            clock: validator.pairing.clock(),
            body: V::body(keys),
            units: validator.units,
        };
        (history, self.warnings)
    }
}
