//! What can be stored under a key.

use std::{collections::VecDeque, sync::Arc};

use smallvec::SmallVec;

/// A string. Short ones, which is all of them in an exploration, need no allocation.
pub(super) type Bytes = SmallVec<[u8; 24]>;

/// A value. Collections are shared between the copies of a model until one of them changes; none is ever empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Value {
    String(Bytes),
    List(Arc<VecDeque<Bytes>>),
}

impl Value {
    /// As `TYPE` names it.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::String(_) => "string",
            Self::List(_) => "list",
        }
    }
}

/// The decimal digits of a number.
pub(super) fn decimal(number: i64) -> Bytes {
    Bytes::from_slice(itoa::Buffer::new().format(number).as_bytes())
}
