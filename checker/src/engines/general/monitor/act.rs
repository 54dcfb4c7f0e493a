//! What operations on a text do: that of a register, or that under a key.

use std::hash::Hash;

use oversell_spec::SequentialSpec;
use oversell_spec::{
    Kv, Register,
    kv::{KvOp, KvRet},
    register::{RegisterOp, RegisterRet},
};

use super::super::foresight::Foresee;

/// What an operation with a known answer does to a text; one whose answer will never come, if it takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act<T> {
    /// It sees this text, and changes nothing.
    Sees(T),
    /// It sees any text but this, and changes nothing.
    Misses(T),
    /// It puts this text there, whatever was there.
    Resets(T),
    /// It finds the first text and puts the second there.
    Changes(T, T),
    /// It adds this text to the end, whatever was there.
    Appends(T),
    /// Nothing that anybody could tell.
    Nothing,
    /// Its answer is wrong in every state.
    Never,
}

impl<T> Act<T> {
    pub(super) fn map<U>(self, mut with: impl FnMut(T) -> U) -> Act<U> {
        match self {
            Self::Sees(text) => Act::Sees(with(text)),
            Self::Misses(text) => Act::Misses(with(text)),
            Self::Resets(text) => Act::Resets(with(text)),
            Self::Changes(old, new) => {
                let old = with(old);
                Act::Changes(old, with(new))
            }
            Self::Appends(text) => Act::Appends(with(text)),
            Self::Nothing => Act::Nothing,
            Self::Never => Act::Never,
        }
    }

    /// Is it accepted in every state, and may it change it?
    pub(super) const fn is_blind(&self) -> bool {
        matches!(self, Self::Resets(_) | Self::Appends(_))
    }
}

/// A specification whose state is a text, and whose operations are [acts](Act) on it. See [`Monitor`](super::Monitor).
pub trait Followed:
    Foresee + SequentialSpec<Op: Clone + PartialEq + Hash, Ret: Clone + PartialEq + Hash> + Clone + PartialEq + Hash
{
    /// The text that it is.
    fn text(&self) -> &str;

    /// With this text.
    fn with(text: String) -> Self;

    /// What the operation does that was told this, or nothing.
    fn act<'a>(op: &'a Self::Op, ret: Option<&'a Self::Ret>) -> Act<&'a str>;

    /// An operation that does this, with its answer. `None`: there is none.
    fn doing(act: Act<String>) -> Option<(Self::Op, Self::Ret)>;
}

impl Followed for Register<String> {
    fn text(&self) -> &str {
        &self.0
    }

    fn with(text: String) -> Self {
        Self(text)
    }

    fn act<'a>(op: &'a Self::Op, ret: Option<&'a Self::Ret>) -> Act<&'a str> {
        match (op, ret) {
            (RegisterOp::Read, None) => Act::Nothing,
            (RegisterOp::Read, Some(RegisterRet::Value(value))) => Act::Sees(value),
            (RegisterOp::Write(value), None | Some(RegisterRet::Done)) => Act::Resets(value),
            (RegisterOp::Cas(old, new), None) if old == new => Act::Nothing,
            (RegisterOp::Cas(old, new), Some(RegisterRet::Done)) if old == new => Act::Sees(old),
            (RegisterOp::Cas(old, new), None | Some(RegisterRet::Done)) => Act::Changes(old, new),
            (RegisterOp::Cas(old, _), Some(RegisterRet::Mismatch)) => Act::Misses(old),
            _ => Act::Never,
        }
    }

    fn doing(act: Act<String>) -> Option<(RegisterOp<String>, RegisterRet<String>)> {
        Some(match act {
            Act::Sees(value) => (RegisterOp::Read, RegisterRet::Value(value)),
            Act::Misses(value) => (RegisterOp::Cas(value, String::new()), RegisterRet::Mismatch),
            Act::Resets(value) => (RegisterOp::Write(value), RegisterRet::Done),
            Act::Changes(old, new) => (RegisterOp::Cas(old, new), RegisterRet::Done),
            Act::Appends(_) | Act::Nothing | Act::Never => return None,
        })
    }
}

impl Followed for Kv {
    fn text(&self) -> &str {
        &self.0
    }

    fn with(text: String) -> Self {
        Self(text)
    }

    fn act<'a>(op: &'a KvOp, ret: Option<&'a KvRet>) -> Act<&'a str> {
        match (op, ret) {
            (KvOp::Get, None) => Act::Nothing,
            (KvOp::Get, Some(KvRet::Value(value))) => Act::Sees(value),
            (KvOp::Put(value), None | Some(KvRet::Done)) => Act::Resets(value),
            (KvOp::Append(text), None) if text.is_empty() => Act::Nothing,
            (KvOp::Append(text), None | Some(KvRet::Done)) => Act::Appends(text),
            _ => Act::Never,
        }
    }

    fn doing(act: Act<String>) -> Option<(KvOp, KvRet)> {
        Some(match act {
            Act::Sees(value) => (KvOp::Get, KvRet::Value(value)),
            Act::Resets(value) => (KvOp::Put(value), KvRet::Done),
            Act::Appends(text) => (KvOp::Append(text), KvRet::Done),
            Act::Misses(_) | Act::Changes(..) | Act::Nothing | Act::Never => return None,
        })
    }
}
