//! What can be wrong with a history file, and how it is said.

use std::{borrow::Cow, fmt, io};

use thiserror::Error;

use crate::history::{FORMAT, Spec, VERSION, number, visible};

/// A history file cannot be read. Says where, what was found, what was expected and what to do.
#[derive(Debug, Error)]
#[error("{place}: {problem}")]
pub struct ReadError {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub problem: Problem,
}

/// Something that deserves attention but does not keep a file from being read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{place}: {notice}")]
pub struct Warning {
    /// Where.
    pub place: Place,
    /// What was noticed.
    pub notice: Notice,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The name the file was given when it was opened.
    pub file: String,
    /// The line, counted from 1; `None` when it is about the whole file.
    pub line: Option<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&visible(&self.file))?;
        self.line.map_or(Ok(()), |line| write!(f, ":{line}"))
    }
}

/// See [`Warning`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Notice {
    /// The writer crashed in the middle of the last line.
    #[error(
        "the file is cut off in the middle of this line: it is read up to here, and what was open counts as unknown"
    )]
    CutOff,
    /// The compressed data ends before its end.
    #[error("the compressed data is cut off: it is read as far as it goes, and what was open counts as unknown")]
    CompressedCutOff,
}

impl Notice {
    /// In a few words, for programs: why there is more of the history than was read.
    #[must_use]
    pub const fn cut_short(&self) -> &'static str {
        match self {
            Self::CutOff => "the file is cut off in the middle of its last line",
            Self::CompressedCutOff => "the compressed data is cut off",
        }
    }

    pub(super) fn at(self, file: &str, line: Option<u64>) -> Warning {
        Warning {
            place: Place {
                file: file.to_owned(),
                line,
            },
            notice: self,
        }
    }
}

/// What is wrong with a file.
#[derive(Debug, Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each says what it and its fields are")]
pub enum Problem {
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("found nothing in it, expected a header such as {EXAMPLE}; was the run that wrote it interrupted?")]
    Empty,
    #[error(
        "the compressed data is cut off before anything of it can be read, expected a header such as {EXAMPLE}; was the file copied \
         or written only in part?"
    )]
    CutOff,
    #[error("found binary data, expected lines of JSON in UTF-8; is this a history file?")]
    Binary,
    #[error("found a byte that is not UTF-8 at column {column}, expected JSON in UTF-8; convert the file")]
    NotUtf8 { column: usize },
    #[error("the line is longer than {limit} bytes, expected one event; is this a history file?")]
    LongLine { limit: usize },
    #[error("found {found}, which is not JSON ({reason}, column {column}); expected one JSON object a line")]
    NotJson {
        found: Excerpt,
        reason: String,
        column: usize,
    },
    #[error("found {found}, expected one JSON object a line")]
    NotAnObject { found: Excerpt },
    #[error("found {found} as the first line, expected a header such as {EXAMPLE}; add one")]
    NoHeader { found: Excerpt },
    #[error("found a second header, expected events only; put the histories into separate files")]
    SecondHeader,
    #[error("the header has no `{field}`, expected {expected}; add it")]
    HeaderLacks {
        field: &'static str,
        expected: &'static str,
    },
    #[error("found `{field}` {found} in the header, expected {expected}")]
    Header {
        field: &'static str,
        found: Excerpt,
        expected: &'static str,
    },
    #[error("found version {found} of the format, but only version {VERSION} is read; use a newer version of oversell")]
    Version { found: Excerpt },
    #[error("found `spec` {found}, expected {}", specs())]
    Spec { found: Excerpt },
    #[error("found `initial` {found} for key \"{}\", expected {expected}", shortened(key))]
    Initial {
        key: String,
        found: Excerpt,
        expected: &'static str,
    },
    #[error(
        "found key \"{}\", which has no value in the header's `initial`; add it there, or give one value for all",
        shortened(key)
    )]
    NoInitial { key: String },
    #[error("found more than 4294967296 keys, expected fewer; put them into several files")]
    TooManyKeys,
    #[error(
        "found more than some four thousand million operations or commands on one key, or a thousand million different commands \
         and replies; expected fewer in one file: check it as it comes, with `check --follow -`"
    )]
    TooMuch,
    #[error(
        "found `{}` twice in one object, expected it once; which one is meant?",
        visible(field)
    )]
    Duplicate { field: String },
    #[error("the event has no `{field}`, expected {expected}")]
    Lacks {
        field: &'static str,
        expected: &'static str,
    },
    #[error("found `{field}` {found}, expected {expected}")]
    Field {
        field: &'static str,
        found: Excerpt,
        expected: &'static str,
    },
    #[error("found `f` \"{found}\", which `{spec}` does not have; expected {expected}")]
    UnknownF {
        found: Excerpt,
        spec: Spec,
        expected: &'static str,
    },
    #[error(
        "this event has {} `time`, line {first} has {}; expected it on every event, or on none",
        if *has {"a"} else {"no"},
        if *has {"none"} else {"one"}
    )]
    MixedTime { has: bool, first: u64 },
    #[error(
        "found a completion of process {process}, which has no operation open; expected an `invoke` of it before this line"
    )]
    NotInvoked { process: Box<str> },
    #[error(
        "found an invocation of process {process}, whose operation of line {open} is still open; expected its \
         completion first: a process does one operation at a time"
    )]
    TwoOpen { process: Box<str>, open: u64 },
    #[error(
        "found process {process} again after its `info` in line {info}; expected it never to act again: what it did \
         may still be going on, so go on under a new process number"
    )]
    AfterInfo { process: Box<str>, info: u64 },
    #[error(
        "found the completion of `{found}`, but process {process} invoked `{invoked}` in line {line}; expected that"
    )]
    OtherF {
        found: &'static str,
        invoked: &'static str,
        process: Box<str>,
        line: u64,
    },
    #[error(
        "found a completion on key \"{}\", but process {process} invoked this on key \"{}\" in line {line}; \
         expected that key",
        shortened(found),
        shortened(invoked)
    )]
    OtherKey {
        found: String,
        invoked: String,
        process: Box<str>,
        line: u64,
    },
    #[error(
        "found the completion of `{f}` with the value {found}, but process {process} asked for {asked} in line {line}; expected \
         that, or null"
    )]
    OtherValue {
        found: Excerpt,
        asked: Excerpt,
        f: &'static str,
        process: Box<str>,
        line: u64,
    },
    #[error(
        "found a completion at {found} ns, before its invocation at {invoked} ns in line {line}; expected time not to \
         run backwards: is the clock monotonic?"
    )]
    Backwards { found: u64, invoked: u64, line: u64 },
    #[error(
        "found process {process} at {found} ns, though it had come to {last} ns in line {line}; expected the events of \
         one process in order of time: is the clock monotonic?"
    )]
    ProcessBackwards {
        process: Box<str>,
        found: u64,
        last: u64,
        line: u64,
    },
    #[error(
        "found an event at {found} ns after one at {last} ns; expected events in order of time, without which they \
         cannot be checked as they arrive: check the whole file"
    )]
    OutOfOrder { found: u64, last: u64 },
    #[error(
        "the restocks of key \"{}\" up to here and its initial value exceed {}; expected them to stay within 64 bits",
        shortened(key),
        u64::MAX
    )]
    Overflow { key: String },
}

/// The header that messages show.
const EXAMPLE: &str = r#"{"format":"oversell-history","version":1,"spec":"stock","initial":100}"#;

fn specs() -> String {
    Spec::ALL.map(|spec| format!("\"{spec}\"")).join(" or ")
}

/// A key of any length, cut in the middle where it is long.
fn shortened(key: &str) -> Cow<'_, str> {
    const EACH: usize = 32;
    let characters = key.chars().count();
    if characters <= 3 * EACH {
        return visible(key);
    }
    let begin: String = key.chars().take(EACH).collect();
    let end: String = key.chars().skip(characters - EACH).collect();
    format!(
        "{} … {} ({} characters)",
        visible(&begin),
        visible(&end),
        number(characters as u64)
    )
    .into()
}

/// A key in the words of a message: by its name, and without one where it has none.
pub fn the_key(name: &str) -> String {
    if name.is_empty() {
        "the key without a name".to_string()
    } else {
        format!("key `{}`", shortened(name))
    }
}

/// What was found, shortened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt(Box<str>);

impl Excerpt {
    /// Characters that are shown.
    const LONGEST: usize = 72;

    /// The beginning of the text, without what a terminal would take as a command.
    /// Of this text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut characters = text
            .chars()
            .map(|character| if character.is_control() { '\u{fffd}' } else { character });
        let mut shown: String = characters.by_ref().take(Self::LONGEST).collect();
        if characters.next().is_some() {
            shown.push('…');
        }
        Self(shown.into())
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Problem {
    pub(super) fn at(self, file: &str, line: u64) -> ReadError {
        let line = match self {
            Self::Io(_) | Self::Empty | Self::CutOff => None,
            _ => Some(line),
        };
        ReadError {
            place: Place {
                file: file.to_owned(),
                line,
            },
            problem: self,
        }
    }
}

const _: () = assert!(VERSION == 1 && FORMAT.len() == 16, "the example header names both");
