//! Errors of commands, with the texts of the servers (`src/server.c`, `createSharedObjects`).

use std::borrow::Cow;

use super::Reply;

/// What a command answers.
pub(super) type Answer = Result<Reply, Fail>;

/// The text of an error reply, code included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fail(pub(super) Cow<'static, str>);

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
        Self(Cow::Borrowed(text))
    }

    /// A text that is put together.
    pub(super) const fn owned(text: String) -> Self {
        Self(Cow::Owned(text))
    }

    pub(super) fn arity(name: &str) -> Self {
        Self::owned(format!("ERR wrong number of arguments for '{name}' command"))
    }
}

impl From<Fail> for Reply {
    fn from(fail: Fail) -> Self {
        Self::Error(fail.0.into_owned())
    }
}
