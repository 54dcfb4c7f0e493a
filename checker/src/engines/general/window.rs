//! Which of the open operations have taken effect: a bit each.

use std::hash::{Hash, Hasher};

/// A set of slots. Up to 128 of them need no allocation.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    low: [u64; 2],
    /// Further slots, without trailing zeros, so that equal sets are equal values.
    high: Vec<u64>,
}

/// Most sets have nothing in `high`, and are compared and hashed by the million.
impl PartialEq for Window {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.low == other.low
            && self.high.len() == other.high.len()
            && (self.high.is_empty() || self.high == other.high)
    }
}

impl Eq for Window {}

impl Hash for Window {
    #[inline]
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.low.hash(hasher);
        if !self.high.is_empty() {
            self.high.hash(hasher);
        }
    }
}

impl Window {
    #[inline]
    pub(super) fn contains(&self, slot: u32) -> bool {
        self.word(slot as usize / 64) >> (slot % 64) & 1 == 1
    }

    /// So many words of 64 slots each: no set has anything beyond them.
    pub(super) const fn words(&self) -> usize {
        2 + self.high.len()
    }

    /// The slots from 64 times `place` on, as bits.
    #[inline]
    pub(super) fn word(&self, place: usize) -> u64 {
        let word = self.low.get(place).or_else(|| self.high.get(place - 2));
        word.copied().unwrap_or_default()
    }

    /// How many slots from this one on are here, up to the first that is not; at most so many.
    pub(super) fn run(&self, from: u32, most: u32) -> u32 {
        let mut run = 0;
        while run < most {
            let slot = from + run;
            let left = 64 - slot % 64;
            let ones = (self.word(slot as usize / 64) >> (slot % 64)).trailing_ones();
            run += ones;
            if ones < left {
                break;
            }
        }
        run.min(most)
    }

    #[inline]
    pub(super) fn insert(&mut self, slot: u32) {
        if slot < 128 {
            self.low[slot as usize / 64] |= 1 << (slot % 64);
            return;
        }
        let (word, bit) = Self::place(slot);
        if self.high.len() <= word {
            self.high.resize(word + 1, 0);
        }
        self.high[word] |= 1 << bit;
    }

    pub(super) fn remove(&mut self, slot: u32) {
        if slot < 128 {
            self.low[slot as usize / 64] &= !(1 << (slot % 64));
            return;
        }
        let (word, bit) = Self::place(slot);
        if let Some(bits) = self.high.get_mut(word) {
            *bits &= !(1 << bit);
        }
        while self.high.last() == Some(&0) {
            self.high.pop();
        }
    }

    /// Those of `mask` that are here, but not there.
    pub(super) fn without(&self, other: &Self, mask: &Self) -> Self {
        let word = |words: &[u64], place: usize| words.get(place).copied().unwrap_or_default();
        let high = self.high.iter().enumerate();
        let mut high: Vec<u64> = high
            .map(|(place, bits)| bits & word(&mask.high, place) & !word(&other.high, place))
            .collect();
        while high.last() == Some(&0) {
            high.pop();
        }
        Self {
            low: std::array::from_fn(|place| self.low[place] & mask.low[place] & !other.low[place]),
            high,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.low == [0; 2] && self.high.is_empty()
    }

    /// Are all of these among the others?
    pub(super) fn is_within(&self, others: &Self) -> bool {
        (0..self.words()).all(|place| self.word(place) & !others.word(place) == 0)
    }

    pub(super) fn insert_all(&mut self, others: &Self) {
        if self.high.len() < others.high.len() {
            self.high.resize(others.high.len(), 0);
        }
        let words = self.low.iter_mut().chain(&mut self.high);
        words
            .zip(others.low.iter().chain(&others.high))
            .for_each(|(word, other)| *word |= other);
    }

    /// How many of `mask` are here.
    pub(super) fn count(&self, mask: &Self) -> u32 {
        let both = self.without(&Self::default(), mask);
        both.low.iter().map(|bits| bits.count_ones()).sum::<u32>()
            + both.high.iter().map(|bits| bits.count_ones()).sum::<u32>()
    }

    const fn place(slot: u32) -> (usize, u32) {
        ((slot as usize - 128) / 64, slot % 64)
    }
}

#[cfg(test)]
mod tests {
    use super::Window;

    #[test]
    fn sets_with_the_same_slots_are_equal() {
        let mut window = Window::default();
        for slot in [0, 127, 128, 191, 192, 700] {
            assert!(!window.contains(slot));
            window.insert(slot);
            assert!(window.contains(slot));
        }
        for slot in [700, 0, 192, 127, 191, 128] {
            window.remove(slot);
            assert!(!window.contains(slot));
        }
        assert_eq!(window, Window::default());
    }

    #[test]
    fn a_run_ends_at_the_first_slot_that_is_missing() {
        let mut window = Window::default();
        (3..300)
            .filter(|slot| *slot != 200)
            .for_each(|slot| window.insert(slot));
        assert_eq!(window.run(2, 9), 0);
        assert_eq!(window.run(3, 9), 9);
        assert_eq!(window.run(3, 500), 197);
        assert_eq!(window.run(128, 500), 72);
        assert_eq!(window.run(201, 500), 99);
        assert_eq!(window.run(300, 500), 0);
    }
}
