//! An operation in a window.

use super::super::{act::Act, names::Name};

/// An operation of which everything is known.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Entry {
    pub(in super::super) number: u64,
    pub(in super::super) invoked: u64,
    /// `None`: never, or nobody knows yet.
    pub(in super::super) returns: Option<u64>,
    pub(in super::super) act: Act<Name>,
}

impl Entry {
    /// Has it been answered by then?
    pub(super) fn is_answered(&self, upto: u64) -> bool {
        self.returns.is_some_and(|at| at <= upto)
    }

    /// Had it been answered before then?
    pub(super) fn is_over(&self, by: u64) -> bool {
        self.returns.is_some_and(|at| at < by)
    }

    /// Without its answer it says nothing.
    pub(super) const fn only_answers(&self) -> bool {
        matches!(self.act, Act::Sees(_) | Act::Misses(_) | Act::Nothing | Act::Never)
    }
}
