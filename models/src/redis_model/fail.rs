//! Errors of commands, with the texts of the servers (`src/server.c`, `createSharedObjects`).

use std::borrow::Cow;

use thiserror::Error;

use super::Reply;

/// What a command answers.
pub(super) type Answer = Result<Reply, Fail>;

/// What the model of Redis cannot say, because it lacks something that a server has: nothing that follows would be worth
/// anything.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("the model of Redis {0}")]
pub struct Unmodelled(Cow<'static, str>);

impl Unmodelled {
    /// What it lacks, after "the model of Redis".
    pub(super) fn new(what: impl Into<Cow<'static, str>>) -> Self {
        Self(what.into())
    }
}

/// Why there is no reply of the usual kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fail {
    /// A server refuses, too: the text of its error reply, code included.
    Error(Cow<'static, str>),
    /// Only the model refuses. A script cannot catch it.
    Unmodelled(Unmodelled),
}

impl Fail {
    pub(super) const WRONG_TYPE: Self = Self::text("WRONGTYPE Operation against a key holding the wrong kind of value");
    pub(super) const SYNTAX: Self = Self::text("ERR syntax error");
    pub(super) const NOT_AN_INTEGER: Self = Self::text("ERR value is not an integer or out of range");
    pub(super) const NOT_A_FLOAT: Self = Self::text("ERR value is not a valid float");
    pub(super) const OVERFLOW: Self = Self::text("ERR increment or decrement would overflow");

    pub(super) const NOT_POSITIVE: Self = Self::text("ERR value is out of range, must be positive");
    pub(super) const OUT_OF_RANGE: Self = Self::text("ERR index out of range");
    pub(super) const NO_SUCH_KEY: Self = Self::text("ERR no such key");

    /// A fixed text.
    pub(super) const fn text(text: &'static str) -> Self {
        Self::Error(Cow::Borrowed(text))
    }

    /// A text that is put together.
    pub(super) const fn owned(text: String) -> Self {
        Self::Error(Cow::Owned(text))
    }

    /// As [`Unmodelled::new`].
    pub(super) fn unmodelled(what: impl Into<Cow<'static, str>>) -> Self {
        Self::Unmodelled(Unmodelled::new(what))
    }

    /// What a client gets: the refusal of a server is a reply, too.
    pub(super) fn reply(self) -> Result<Reply, Unmodelled> {
        match self {
            Self::Error(text) => Ok(Reply::Error(text.into_owned())),
            Self::Unmodelled(unmodelled) => Err(unmodelled),
        }
    }

    pub(super) fn arity(name: &str) -> Self {
        Self::owned(format!("ERR wrong number of arguments for '{name}' command"))
    }
}

impl From<Unmodelled> for Fail {
    fn from(unmodelled: Unmodelled) -> Self {
        Self::Unmodelled(unmodelled)
    }
}
