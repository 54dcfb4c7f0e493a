//! A configuration: what has taken effect so far, in one of the possible pasts.

use std::hash::{Hash, Hasher};

use smallvec::SmallVec;

use super::role::Change;

/// A set of slots of open operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Slots<const WORDS: usize>([u64; WORDS]);

impl<const WORDS: usize> Slots<WORDS> {
    pub(super) const NONE: Self = Self([0; WORDS]);

    pub(super) const fn contains(&self, slot: u16) -> bool {
        self.0[slot as usize / 64] >> (slot % 64) & 1 == 1
    }

    pub(super) const fn insert(&mut self, slot: u16) {
        self.0[slot as usize / 64] |= 1 << (slot % 64);
    }

    pub(super) const fn remove(&mut self, slot: u16) {
        self.0[slot as usize / 64] &= !(1 << (slot % 64));
    }

    /// Is every slot of this set in `other`?
    pub(super) fn within(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(mine, theirs)| mine & !theirs == 0)
    }

    /// How many slots are in it.
    pub(super) fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// The same set with room for more.
    pub(super) fn wider<const MORE: usize>(&self) -> Slots<MORE> {
        Slots(std::array::from_fn(|word| self.0.get(word).copied().unwrap_or(0)))
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] & other.0[word]))
    }
}

/// One possible past, at a response. Everything that returned before it has taken effect.
#[derive(Clone, Debug)]
pub(super) struct Configuration<const WORDS: usize> {
    /// Which of the open operations have taken effect.
    pub(super) done: Slots<WORDS>,
    /// How many indeterminate operations of each move have, by their places in [`Open::moves`](super::open::Open::moves).
    pub(super) taken: SmallVec<[u32; 4]>,
    /// The stock. It follows from what has taken effect, so it does not distinguish configurations.
    pub(super) level: u64,
    /// All that was ever taken. It follows, too.
    pub(super) gone: u64,
    /// The last effect, in [`Paths`](super::paths::Paths). Any past will do, so it does not distinguish them either.
    pub(super) last: u32,
}

impl<const WORDS: usize> Configuration<WORDS> {
    /// How many indeterminate operations of a move have.
    #[inline]
    pub(super) fn taken(&self, kind: usize) -> u32 {
        self.taken.get(kind).copied().unwrap_or(0)
    }

    /// The level changes, if it allows that.
    #[inline]
    pub(super) const fn apply(&mut self, change: Change) -> bool {
        let Some(level) = change.from(self.level) else {
            return false;
        };
        self.level = level;
        if change.down {
            self.gone += change.quantity;
        }
        true
    }
}

impl<const WORDS: usize> PartialEq for Configuration<WORDS> {
    fn eq(&self, other: &Self) -> bool {
        self.done == other.done && self.taken == other.taken
    }
}

impl<const WORDS: usize> Eq for Configuration<WORDS> {}

impl<const WORDS: usize> Hash for Configuration<WORDS> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.done.hash(state);
        self.taken.hash(state);
    }
}
