//! Cuts a file into blocks and pieces that end with a line, so that they can be parsed side by side.

use std::{
    io::{BufRead, ErrorKind, Read},
    ops::Range,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use memchr::{memchr, memrchr};

use super::{
    error::Problem,
    line::Line,
    lines::{LONGEST, RawLine},
    parse,
};
use crate::history::Command;

/// How much is read at once. While a block is parsed, the next one is read.
const BLOCK: usize = 1 << 20;

/// How much is parsed at once. While pieces are parsed, those before them are checked.
const PIECE: usize = 128 << 10;

/// Reads blocks that end with a line.
pub(super) struct Blocks<R> {
    from: R,
    /// The beginning of a line whose end has not been read yet.
    begun: Vec<u8>,
    /// Is the file compressed, and ended before its end?
    pub(super) broken: bool,
}

impl<R: BufRead> Blocks<R> {
    pub(super) const fn new(from: R) -> Self {
        Self {
            from,
            begun: Vec::new(),
            broken: false,
        }
    }

    /// The next block, in the memory of one that is no longer needed. Only the last one may end without a line break.
    pub(super) fn next(&mut self, mut block: Vec<u8>) -> Result<Option<Vec<u8>>, Problem> {
        block.clear();
        block.append(&mut self.begun);
        loop {
            let searched = block.len();
            match self.from.by_ref().take(BLOCK as u64).read_to_end(&mut block) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => self.broken = true,
                Err(error) => return Err(error.into()),
            }
            if block.len() == searched {
                return Ok((!block.is_empty()).then_some(block));
            }
            if let Some(end) = memrchr(b'\n', &block[searched..]) {
                self.begun.extend_from_slice(&block[searched + end + 1..]);
                block.truncate(searched + end + 1);
                return Ok(Some(block));
            }
            if block.len() > LONGEST {
                return Err(Problem::LongLine { limit: LONGEST });
            }
        }
    }
}

/// The pieces of a block.
fn pieces(mut block: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    while !block.is_empty() {
        let least = PIECE.min(block.len()) - 1;
        let end = block[least..]
            .iter()
            .position(|&byte| byte == b'\n')
            .map_or(block.len(), |end| least + end + 1);
        let (piece, rest) = block.split_at(end);
        pieces.push(piece);
        block = rest;
    }
    pieces
}

/// A piece whose lines have been parsed.
pub(super) struct Parsed<'a> {
    /// The lines that are not blank.
    pub(super) lines: Vec<ParsedLine<'a>>,
    /// The commands of all of them.
    pub(super) commands: Vec<Command<'a>>,
    /// How many lines there are, blank ones too.
    pub(super) count: u64,
}

/// A line that has been parsed.
pub(super) struct ParsedLine<'a> {
    /// The line, with its number within the piece, from 1.
    pub(super) raw: RawLine<'a>,
    pub(super) line: Result<Line<'a>, serde_json::Error>,
    /// Which of the piece's commands are its own.
    pub(super) commands: Range<usize>,
}

/// Pieces that are parsed by several threads, while one takes them in order, and parses, too, rather than wait.
pub(super) struct Pieces<'a> {
    pieces: Vec<&'a [u8]>,
    /// How many have been begun, from the first on.
    begun: AtomicUsize,
    parsed: Vec<Mutex<Option<Parsed<'a>>>>,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(block: &'a [u8]) -> Self {
        let pieces = pieces(block);
        Self {
            begun: AtomicUsize::new(0),
            parsed: pieces.iter().map(|_| Mutex::default()).collect(),
            pieces,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Parses the next piece, up to the first line that is wrong. `false`: all have been begun.
    pub(super) fn parse_one(&self) -> bool {
        let index = self.begun.fetch_add(1, Ordering::Relaxed);
        let Some(piece) = self.pieces.get(index) else {
            return false;
        };
        let parsed = parse(piece);
        *self.parsed[index].lock().unwrap_or_else(PoisonError::into_inner) = Some(parsed);
        true
    }

    /// Piece `index`, when it is parsed. It is taken, and has to be taken only once.
    pub(super) fn take(&self, index: usize) -> Parsed<'a> {
        loop {
            let parsed = self.parsed[index].lock().unwrap_or_else(PoisonError::into_inner).take();
            match parsed {
                Some(parsed) => return parsed,
                // Another thread is at it, and needs less time than it would take to sleep and be woken.
                None if !self.parse_one() => thread::yield_now(),
                None => {}
            }
        }
    }

    /// The others need not be parsed.
    pub(super) fn stop(&self) {
        self.begun.store(self.pieces.len(), Ordering::Relaxed);
    }
}

fn parse(piece: &[u8]) -> Parsed<'_> {
    let text = str::from_utf8(piece).ok();
    // Most lines are longer than this; the list grows otherwise.
    let mut lines = Vec::with_capacity(piece.len() / 64);
    let mut commands = Vec::new();
    let mut count = 0;
    let mut start = 0;
    while start < piece.len() {
        count += 1;
        let end = memchr(b'\n', &piece[start..]).map(|length| start + length);
        let place = start..end.unwrap_or(piece.len());
        let (bytes, ended) = (&piece[place.clone()], end.is_some());
        start += bytes.len() + 1;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let first = commands.len();
        let line = parse::parse(bytes, text.and_then(|text| text.get(place)), &mut commands);
        if first == 0 && !commands.is_empty() {
            // Where there are commands, there are many.
            commands.reserve(piece.len() / 128);
        }
        let wrong = line.is_err();
        lines.push(ParsedLine {
            raw: RawLine {
                number: count,
                bytes,
                ended,
            },
            line,
            commands: first..commands.len(),
        });
        if wrong {
            break;
        }
    }
    Parsed { lines, commands, count }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn blocks_are_the_file_and_end_with_lines(lines in prop::collection::vec(0..PIECE, 0..200), ended in any::<bool>()) {
            let mut file = Vec::new();
            for length in lines {
                file.resize(file.len() + length, b'x');
                file.push(b'\n');
            }
            if !ended {
                file.pop();
            }
            let mut blocks = Blocks::new(file.as_slice());
            let mut joined = Vec::new();
            while let Some(block) = blocks.next(Vec::new()).unwrap() {
                prop_assert_eq!(joined.last().unwrap_or(&b'\n'), &b'\n');
                let pieces = pieces(&block);
                prop_assert!(pieces.iter().rev().skip(1).all(|piece| piece.ends_with(b"\n")));
                prop_assert_eq!(pieces.concat(), block.as_slice());
                joined.extend(block);
            }
            prop_assert_eq!(joined, file);
        }
    }
}
