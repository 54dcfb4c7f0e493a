//! What can be wrong with a history in another format.

use std::{fmt, io};

use thiserror::Error;

use crate::history::{Excerpt, Place, Problem, ReadError};

/// A history in another format cannot be read. Says where, what was found, and what was expected.
#[derive(Debug, Error)]
#[error("{place}: {trouble}")]
pub struct InterchangeError {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub trouble: Trouble,
}

impl InterchangeError {
    /// What is wrong with a history file, or with what was made of another one.
    pub(super) fn of(file: &str, error: ReadError) -> Self {
        Trouble::History(error.problem).at(file, error.place.line)
    }
}

/// What is wrong with a file.
#[derive(Debug, Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each says what it and its fields are")]
pub enum Trouble {
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    #[error("found a byte that is not UTF-8, expected text in UTF-8; convert the file")]
    NotUtf8,
    #[error("found no operation, expected maps such as {{:process 0, :type :invoke, :f :read, :value nil}}")]
    NoOperation,
    #[error("found {found}, which is not EDN ({reason}, column {column})")]
    NotEdn {
        found: Excerpt,
        reason: String,
        column: usize,
    },
    #[error("found {found}, expected {expected}")]
    Unexpected { found: Excerpt, expected: &'static str },
    #[error("found `:{field}` {found}, expected {expected}")]
    Field {
        field: &'static str,
        found: Excerpt,
        expected: &'static str,
    },
    #[error(
        "found `:quantity` {found} in an answer, but process {process} asked for {asked} in line {line}; expected that, or no \
         `:quantity`"
    )]
    OtherQuantity {
        found: Excerpt,
        asked: Excerpt,
        process: i64,
        line: u64,
    },
    #[error("the operation has no `:{field}`, expected {expected}")]
    Lacks {
        field: &'static str,
        expected: &'static str,
    },
    #[error(
        "found {found}, and all values are lists of two, so this may be `[key value]` of jepsen.independent, or a register of such \
         lists; say which with --independent, or --independent=false"
    )]
    Independent { found: Excerpt },
    #[error("found {found} in a value, expected {expected}; such a value has no counterpart in JSON")]
    NoJson { found: Excerpt, expected: &'static str },
    #[error("this is not JSON of the form expected: {reason}; expected a list of events or operations of Porcupine's")]
    NotJson { reason: String },
    #[error("found a return with Id {id}, which no call before it has")]
    NotCalled { id: i64 },
    #[error("nothing says how many units there were at the start; say it with --initial N")]
    NoStock,
    #[error(
        "found operations `{found}`, which no specification has together; expected `buy`, `read`, `restock` (a stock), `add`, `read` (a \
         counter), `read`, `write`, `cas` (a register) or `get`, `put`, `append` (a key-value store)"
    )]
    NoSpec { found: Excerpt },
    #[error(
        "found a transaction (`:txn`), which acts on several keys at once; each key is checked alone here, so transactions are not \
         supported: check them with Elle, or with a model of all keys in Knossos"
    )]
    Transaction,
    #[error("nothing says {what}; expected a column for it: --columns '…,{column}=NAME'")]
    NoColumn { column: &'static str, what: &'static str },
    #[error(
        "`asked` and `answered` are the same column; expected two, as one time does not tell which purchases overlapped: note one before \
         the request is sent, and one after its answer has come"
    )]
    OneTime,
    #[error("found the columns `{found}`, expected one that is called `{name}`")]
    OtherColumns { name: String, found: Excerpt },
    #[error("found \"{found}\" as `{column}`, expected {expected}")]
    Cell {
        column: &'static str,
        found: Excerpt,
        expected: &'static str,
    },
    #[error("this is not CSV: {reason}")]
    NotCsv { reason: String },
    #[error("the counter goes beyond 64 bits; expected it to stay within")]
    Counter,
    #[error("{0}")]
    History(Problem),
}

impl Trouble {
    pub(super) fn at(self, file: &str, line: Option<u64>) -> InterchangeError {
        InterchangeError {
            place: Place {
                file: file.to_owned(),
                line: line.filter(|_| !matches!(self, Self::Unreadable(_) | Self::NoStock | Self::NoSpec { .. })),
            },
            trouble: self,
        }
    }
}

/// The beginning of something.
pub(super) fn excerpt(of: impl fmt::Display) -> Excerpt {
    Excerpt::new(&of.to_string())
}
