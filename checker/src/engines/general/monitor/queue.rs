//! Operations that have not been looked at yet, by invocation.

use std::collections::VecDeque;

use super::{
    act::{Act, Followed},
    outlook::Coming,
    windows::{Entry, Windows},
};

/// What is known of an operation.
#[derive(Clone, Debug)]
pub(super) enum Known<Ret> {
    Nothing,
    /// It certainly had no effect.
    Failed,
    /// Its answer will not come.
    Lost,
    Answered(u64, Ret),
}

#[derive(Clone, Debug)]
pub(super) struct Queued<Op, Ret> {
    pub(super) invoked: u64,
    pub(super) op: Op,
    pub(super) known: Known<Ret>,
}

impl<Op, Ret> Queued<Op, Ret> {
    /// When it returns, if that is known, and what it does; `None`: certainly nothing.
    pub(super) fn does<S: Followed<Op = Op, Ret = Ret>>(&self) -> Option<(Option<u64>, Act<&str>)> {
        match &self.known {
            Known::Failed => None,
            Known::Nothing | Known::Lost => Some((None, S::act(&self.op, None))),
            Known::Answered(at, ret) => Some((Some(*at), S::act(&self.op, Some(ret)))),
        }
    }

    pub(super) fn entry<S: Followed<Op = Op, Ret = Ret>>(
        &self,
        number: u64,
        windows: &mut Windows<S>,
    ) -> Option<Entry> {
        let (returns, act) = self.does::<S>()?;
        Some(windows.entry(number, self.invoked, returns, act))
    }
}

/// The first, if it is such a one.
pub(super) fn pop_if<T>(queue: &mut VecDeque<T>, is: impl FnOnce(&T) -> bool) -> Option<T> {
    if is(queue.front()?) { queue.pop_front() } else { None }
}

/// What is in the queue and may have taken effect, from the operation of this number on.
pub(super) fn coming<S: Followed>(
    queue: &VecDeque<Queued<S::Op, S::Ret>>,
    first: u64,
) -> impl Iterator<Item = Coming<'_>> + Clone {
    let numbered = (first..).zip(queue);
    numbered.filter_map(|(number, queued)| {
        let (returns, act) = queued.does::<S>()?;
        Some((queued.invoked, returns, number, act))
    })
}
