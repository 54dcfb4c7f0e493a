//! Reads the lines of a certificate.

use std::io::{self, BufRead, Read as _};

use super::{
    error::{CertificateError, Wrong},
    format::Line,
};
use crate::history::{Excerpt, LONGEST_LINE, visible};

/// Longest line, in bytes: room for a key that fills a line of a history, and for what is said of it. Whoever passes something else by
/// mistake gets an answer instead of an exhausted memory.
const LONGEST: u64 = 2 * LONGEST_LINE as u64;

pub(super) struct Lines<R> {
    from: R,
    file: String,
    number: u64,
    line: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(file: &str, from: R) -> Self {
        Self {
            from,
            file: file.to_string(),
            number: 0,
            line: Vec::new(),
        }
    }

    /// This is wrong, in the line that was read last.
    pub(super) fn error(&self, wrong: Wrong) -> CertificateError {
        CertificateError {
            file: self.file.clone(),
            line: self.number,
            wrong,
        }
    }

    /// The next line without its end; `None` after the last.
    fn next(&mut self) -> Result<Option<&[u8]>, CertificateError> {
        self.line.clear();
        self.number += 1;
        let read = self.from.by_ref().take(LONGEST).read_until(b'\n', &mut self.line);
        match read {
            Ok(0) => Ok(None),
            Ok(_) if self.line.last() != Some(&b'\n') && self.line.len() as u64 >= LONGEST => {
                let long = io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("a line of more than {} MiB", LONGEST >> 20),
                );
                Err(self.error(long.into()))
            }
            Ok(_) => Ok(Some(self.line.trim_ascii_end())),
            Err(error) => Err(self.error(error.into())),
        }
    }

    /// The next line as a `T`, which people call `expected`.
    pub(super) fn read<T: Line>(&mut self, expected: impl Fn() -> String) -> Result<T, CertificateError> {
        let parsed = match self.next()? {
            Some(line) => T::parse(line),
            None => return Err(self.error(Wrong::Ends(expected()))),
        };
        parsed.map_err(|error| {
            self.error(Wrong::Line {
                found: format!("`{}` ({})", self.excerpt(), visible(&error.to_string())),
                expected: expected(),
            })
        })
    }

    /// The line that was read last as something else.
    pub(super) fn again<T: Line>(&self) -> serde_json::Result<T> {
        T::parse(self.line.trim_ascii_end())
    }

    /// Nothing may follow.
    pub(super) fn end(&mut self) -> Result<(), CertificateError> {
        match self.next()? {
            None => Ok(()),
            Some(_) => Err(self.error(Wrong::Trailing)),
        }
    }

    /// The beginning of the line that was read last.
    pub(super) fn excerpt(&self) -> Excerpt {
        Excerpt::new(&String::from_utf8_lossy(self.line.trim_ascii_end()))
    }
}
