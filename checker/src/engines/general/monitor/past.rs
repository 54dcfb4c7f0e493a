//! One way that everything can have come about so far, as far as it matters for what is to come.

use smallvec::SmallVec;

use super::names::Name;

/// A set of open operations, by their slots. As few words as it needs, so that equal sets are equal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Slots(SmallVec<[u64; 1]>);

impl Slots {
    pub(super) fn has(&self, slot: usize) -> bool {
        self.0.get(slot / 64).is_some_and(|word| word & (1 << (slot % 64)) != 0)
    }

    pub(super) fn add(&mut self, slot: usize) {
        if self.0.len() <= slot / 64 {
            self.0.resize(slot / 64 + 1, 0);
        }
        self.0[slot / 64] |= 1 << (slot % 64);
    }

    pub(super) fn remove(&mut self, slot: usize) {
        if let Some(word) = self.0.get_mut(slot / 64) {
            *word &= !(1 << (slot % 64));
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    pub(super) fn add_all(&mut self, others: &Self) {
        if self.0.len() < others.0.len() {
            self.0.resize(others.0.len(), 0);
        }
        for (word, other) in self.0.iter_mut().zip(&others.0) {
            *word |= other;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Are all of these among the others?
    pub(super) fn is_within(&self, others: &Self) -> bool {
        let other = |place: usize| others.0.get(place).copied().unwrap_or(0);
        self.0.iter().enumerate().all(|(place, word)| word & !other(place) == 0)
    }
}

/// How many indeterminate operations of each class have taken effect, by class; none of those that nobody took.
pub(super) type Taken = SmallVec<[(u32, u32); 2]>;

/// See the module. Everything that was answered has taken effect.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Past {
    pub(super) state: Name,
    /// The open operations that have taken effect.
    pub(super) done: Slots,
    pub(super) taken: Taken,
}

impl Past {
    pub(super) fn of(state: Name) -> Self {
        Self {
            state,
            done: Slots::default(),
            taken: Taken::new(),
        }
    }

    pub(super) fn taken(&self, class: u32) -> u32 {
        self.place(class).map_or(0, |place| self.taken[place].1)
    }

    pub(super) fn take(&mut self, class: u32) {
        match self.place(class) {
            Ok(place) => self.taken[place].1 += 1,
            Err(place) => self.taken.insert(place, (class, 1)),
        }
    }

    /// So many of the class have taken effect in every past, and are counted no more.
    pub(super) fn settle(&mut self, class: u32, count: u32) {
        if let Ok(place) = self.place(class) {
            self.taken[place].1 -= count;
            if self.taken[place].1 == 0 {
                self.taken.remove(place);
            }
        }
    }

    fn place(&self, class: u32) -> Result<usize, usize> {
        self.taken.binary_search_by_key(&class, |&(class, _)| class)
    }
}
