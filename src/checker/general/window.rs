//! Which of the open operations have taken effect: a bit each.

/// A set of slots. Up to 128 of them need no allocation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Window {
    low: u128,
    /// Further slots, without trailing zeros, so that equal sets are equal values.
    high: Vec<u64>,
}

impl Window {
    pub(super) fn contains(&self, slot: u32) -> bool {
        if slot < 128 {
            return self.low >> slot & 1 == 1;
        }
        let (word, bit) = Self::place(slot);
        self.high.get(word).is_some_and(|bits| bits >> bit & 1 == 1)
    }

    pub(super) fn insert(&mut self, slot: u32) {
        if slot < 128 {
            self.low |= 1 << slot;
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
            self.low &= !(1 << slot);
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
}
