//! The forms of an EDN file, one by one.

use clojure_reader::{
    edn::{self, Edn},
    error::{Code, Error},
};

use super::plain::{DEEPEST, too_deep};
use crate::{
    history::Excerpt,
    interchange::{Trouble, error::excerpt, lines::Wrong},
};

/// What the comment in the first line of a file begins with that keeps a history's header. To other readers it is a comment.
pub(super) const HEADER: &str = ";; oversell ";

/// What follows it where values are `[key value]`.
pub(super) const INDEPENDENT: &str = "independent ";

/// The forms of a file, with the line in which each begins. Those of one vector or list around all are given one by one.
pub(super) struct Forms<'a> {
    text: &'a str,
    at: usize,
    line: u64,
    /// What ends the vector or list that is around all.
    close: Option<char>,
}

impl<'a> Forms<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut forms = Self {
            text,
            at: 0,
            line: 1,
            close: None,
        };
        forms.skip();
        forms.close = match forms.rest().chars().next() {
            Some('[') => Some(']'),
            Some('(') => Some(')'),
            _ => None,
        };
        forms.advance(usize::from(forms.close.is_some()));
        forms
    }

    pub(super) fn next(&mut self) -> Result<Option<(u64, Edn<'a>)>, Wrong> {
        loop {
            self.skip();
            let rest = self.rest();
            let discarded = rest.starts_with("#_");
            match (rest.chars().next(), self.close) {
                (None, None) => return Ok(None),
                (None, Some(_)) => {
                    let reason = "the list of operations is not closed".to_owned();
                    return Err((
                        self.line,
                        Trouble::NotEdn {
                            found: excerpt("the end of the file"),
                            reason,
                            column: 1,
                        },
                    ));
                }
                (Some(next), Some(close)) if next == close => {
                    self.advance(1);
                    self.close = None;
                    continue;
                }
                _ => {}
            }
            if discarded {
                self.advance(2);
            }
            let (line, from) = (self.line, self.rest());
            let (form, rest) = edn::read(from).map_err(|error| {
                let at = line + error.line.unwrap_or(1) as u64 - 1;
                (at, not_edn(from, &error))
            })?;
            self.advance(from.len() - rest.len());
            if !discarded {
                return Ok(Some((line, form)));
            }
        }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn advance(&mut self, bytes: usize) {
        self.line += self.rest()[..bytes].bytes().filter(|&byte| byte == b'\n').count() as u64;
        self.at += bytes;
    }

    /// Goes on to what is neither white nor a comment.
    fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let white = rest
                .find(|character: char| !(character.is_whitespace() || character == ',' || character == '\u{feff}'));
            self.advance(white.unwrap_or(rest.len()));
            if !self.rest().starts_with(';') {
                return;
            }
            let rest = self.rest();
            self.advance(rest.find('\n').unwrap_or(rest.len()));
        }
    }
}

/// Refuses what the reader, which calls itself for what is nested, could not come back from.
pub(super) fn not_too_deep(text: &str) -> Result<(), Wrong> {
    let Some(at) = too_deep(text) else { return Ok(()) };
    let before = &text[..at];
    let line = before.rsplit('\n').next().unwrap_or_default();
    let found = text[at - line.len()..].lines().next().unwrap_or_default();
    Err((
        before.bytes().filter(|&byte| byte == b'\n').count() as u64 + 1,
        Trouble::NotEdn {
            found: excerpt(found.trim()),
            reason: format!("nested more than {DEEPEST} deep: histories need about five levels"),
            column: line.chars().count() + 1,
        },
    ))
}

pub(super) fn not_edn(text: &str, error: &Error) -> Trouble {
    let reason = match &error.code {
        Code::UnexpectedEOF => "the file ends within it".to_owned(),
        Code::UnmatchedDelimiter(bracket) => format!("a `{bracket}` that nothing opened"),
        Code::HashMapDuplicateKey => "a map with the same field twice".to_owned(),
        Code::InvalidEscape => {
            "a string with an escape other than \\t, \\r, \\n, \\b, \\f, \\uNNNN, \\\\ and \\\"".to_owned()
        }
        other => format!("{other:?}"),
    };
    let line = text.lines().nth(error.line.unwrap_or(1) - 1).unwrap_or_default();
    Trouble::NotEdn {
        found: Excerpt::new(line.trim()),
        reason,
        column: error.column.unwrap_or(1),
    }
}
