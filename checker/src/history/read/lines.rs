//! Splits a file into lines.

use std::io::{BufRead, ErrorKind, Read};

use super::error::Problem;

/// The longest line that is read, in bytes: no event comes near it, and whoever passes something else by mistake gets
/// an answer instead of an exhausted memory.
pub const LONGEST: usize = 64 << 20;

/// The lines of a file that are not blank.
pub(super) struct Lines<R> {
    pub(super) from: R,
    /// How many have been read.
    pub(super) number: u64,
    line: Vec<u8>,
    /// Is the file compressed, and ended before its end?
    pub(super) broken: bool,
}

/// A line.
#[derive(Clone, Copy)]
pub(super) struct RawLine<'a> {
    /// Counted from 1.
    pub(super) number: u64,
    pub(super) bytes: &'a [u8],
    /// Does a line break follow it? Where none does, the file may be cut off.
    pub(super) ended: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) const fn new(from: R) -> Self {
        Self {
            from,
            number: 0,
            line: Vec::new(),
            broken: false,
        }
    }

    /// The next line that is not blank, without its line break and without a byte order mark.
    pub(super) fn next(&mut self) -> Result<Option<RawLine<'_>>, Problem> {
        loop {
            self.line.clear();
            let limit = LONGEST as u64 + 1;
            match self.from.by_ref().take(limit).read_until(b'\n', &mut self.line) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => self.broken = true,
                Err(error) => return Err(error.into()),
            }
            if self.line.is_empty() {
                return Ok(None);
            }
            self.number += 1;
            let ended = self.line.pop_if(|&mut byte| byte == b'\n').is_some();
            if self.line.len() > LONGEST {
                return Err(Problem::LongLine { limit: LONGEST });
            }
            if !strip_mark(self.number, &self.line).iter().all(u8::is_ascii_whitespace) {
                return Ok(Some(RawLine {
                    number: self.number,
                    bytes: strip_mark(self.number, &self.line),
                    ended,
                }));
            }
        }
    }
}

/// The line without the byte order mark that some editors put in front of the first one.
fn strip_mark(number: u64, line: &[u8]) -> &[u8] {
    let marked = if number == 1 {
        line.strip_prefix(b"\xef\xbb\xbf")
    } else {
        None
    };
    marked.unwrap_or(line)
}
