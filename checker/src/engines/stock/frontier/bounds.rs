//! Pasts without a future: what was taken or added too early for an answer that is still to come.
//!
//! Let x be an operation that needs a level of at least l, and return at time t. From any configuration before x, the
//! level is highest at x when everything restocked by t has been added and nothing more has been taken. With s units at
//! first, U(t) of all restocks invoked by t, and g units gone so far, that is s + U(t) − g. So **g ≤ s + U(t) − l**, or x
//! never finds its level. Likewise, if x needs a level of at most h, and D(t) is what all buys invoked by t may take,
//! what has been there so far, first or added, is at most **h + D(t)**.
//!
//! Both hold for what is open and for what is not invoked yet; its answer is in the history already. Without restocks this
//! leaves the levels only one order: no configuration passes one that is still needed.

use super::role::{Change, Role};
use crate::engines::stock::{invocations::Invocations, view::Seen};

/// The most that may be gone, and the most that may have been there, first or added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engines::stock) struct Bound {
    gone: i128,
    added: i128,
}

impl Bound {
    pub(super) const NONE: Self = Self {
        gone: i128::MAX,
        added: i128::MAX,
    };

    /// Has a past with this level, and with so many units `gone`, a future?
    #[inline]
    pub(super) fn allows(self, level: u64, gone: u64) -> bool {
        i128::from(gone) <= self.gone && i128::from(level) + i128::from(gone) <= self.added
    }

    #[inline]
    fn and(self, other: Self) -> Self {
        Self {
            gone: self.gone.min(other.gone),
            added: self.added.min(other.added),
        }
    }
}

/// What some operations may add, and what they may take.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::engines::stock) struct Sums {
    pub(super) up: i128,
    pub(super) down: i128,
}

impl Sums {
    /// One more operation.
    pub(in crate::engines::stock) fn add(&mut self, role: Role) {
        if let Role::Move(change) | Role::Fixed { change, .. } = role {
            *(if change.down { &mut self.down } else { &mut self.up }) += i128::from(change.quantity);
        }
    }
}

/// Bounds are looked for in so many of the operations to come, or up to twice as many: those further on hardly ask for more, and
/// what is found rests on no answer that is further away.
const BLOCK: usize = if cfg!(any(test, fuzzing)) { 4 } else { 64 };

/// The bounds of a history.
#[derive(Debug)]
pub(in crate::engines::stock) struct Bounds {
    initial: u64,
    before: Sums,
    /// Of each operation, in the order of invocations: when it was invoked, and what it and all before it may add and
    /// take.
    invoked: Vec<u64>,
    sums: Vec<Sums>,
    /// The bound of each and those behind it, up to the end of the next block.
    later: Vec<Bound>,
    /// When the last of each and those before it returned.
    returned: Vec<u64>,
}

impl Bounds {
    /// The bounds of what is in `invocations`, before which `before` was invoked.
    pub(in crate::engines::stock) fn of(invocations: &Invocations<'_>, initial: u64, before: Sums) -> Self {
        let len = invocations.view().operations().len();
        let mut bounds = Self {
            initial,
            before,
            invoked: Vec::with_capacity(len),
            sums: Vec::with_capacity(len),
            later: Vec::with_capacity(len),
            returned: Vec::with_capacity(len),
        };
        let (mut sums, mut returned) = (before, 0);
        for seen in invocations.iter() {
            sums.add(Role::of(seen.what));
            bounds.invoked.push(seen.invoked);
            bounds.sums.push(sums);
            if !seen.is_indeterminate() {
                returned = returned.max(seen.returned);
            }
            bounds.returned.push(returned);
        }
        for seen in invocations.iter() {
            bounds.later.push(bounds.of_operation(&seen));
        }
        let mut next = Bound::NONE;
        for block in bounds.later.chunks_mut(BLOCK).rev() {
            let mut own = Bound::NONE;
            for bound in block.iter_mut().rev() {
                own = own.and(*bound);
                *bound = own.and(next);
            }
            next = own;
        }
        bounds
    }

    /// What the operations ask for that come after so many, in the order of invocations.
    pub(in crate::engines::stock) fn later(&self, invoked: usize) -> Bound {
        self.later.get(invoked).copied().unwrap_or(Bound::NONE)
    }

    /// Up to when answers have been looked at, as long as no more than so many were invoked: those of the operations whose
    /// bounds were, and those of all that were invoked by then.
    pub(super) fn rests_on(&self, invoked: usize) -> u64 {
        let last = (invoked / BLOCK + 2) * BLOCK;
        let bounded = self.last_return(last);
        self.last_return(self.invoked.partition_point(|&time| time <= bounded))
    }

    /// When the last of so many returned.
    fn last_return(&self, invoked: usize) -> u64 {
        let all = invoked.min(self.returned.len());
        all.checked_sub(1).map_or(0, |last| self.returned[last])
    }

    /// What one operation asks for that returns.
    pub(in crate::engines::stock) fn of_operation(&self, seen: &Seen) -> Bound {
        let (lowest, highest) = match Role::of(seen.what) {
            Role::Fixed { at, .. } => (at, at),
            Role::Observer { lowest, highest } => (lowest, highest),
            Role::Move(Change { down: true, quantity }) if seen.returned < u64::MAX => (quantity, u64::MAX),
            Role::Move(_) | Role::Impossible => return Bound::NONE,
        };
        let by_then = self.invoked.partition_point(|&time| time <= seen.returned);
        let sums = by_then.checked_sub(1).map_or(self.before, |last| self.sums[last]);
        Bound {
            gone: i128::from(self.initial) + sums.up - i128::from(lowest),
            added: i128::from(highest) + sums.down,
        }
    }
}
