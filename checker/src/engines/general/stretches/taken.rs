//! Which indeterminate operations have taken effect in a past.
//!
//! Those of a class are alike but for their invocations. Of those that fit somewhere, the one invoked last is taken: what
//! is left has then, up to each instant, as many that were invoked by it as with any other choice. They never return, so nothing
//! else tells them apart.

use smallvec::SmallVec;

/// By place in [`Timeline::maybes`](super::super::timeline::Timeline::maybes), and by number there; ascending.
#[derive(Clone, Debug, Default)]
pub(super) struct Taken(SmallVec<[(u32, u32); 4]>);

impl Taken {
    pub(super) fn insert(&mut self, place: u32, number: u32) {
        if let Err(at) = self.0.binary_search(&(place, number)) {
            self.0.insert(at, (place, number));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The last of the first `count` at a place that is left.
    pub(super) fn last_left(&self, place: u32, count: usize) -> Option<u32> {
        (0..count as u32).rev().find(|&number| !self.contains(place, number))
    }

    /// The first at a place that is left.
    pub(super) fn first_left(&self, place: u32) -> u32 {
        let mut first = 0;
        while self.contains(place, first) {
            first += 1;
        }
        first
    }

    /// Is up to each instant at least as much left as there is to `other`?
    pub(super) fn leaves_what(&self, other: &Self) -> bool {
        let mut theirs = other.0.iter().peekable();
        // In the sequence of places and numbers, each of its own stands no earlier than one of the other's at the same place.
        self.0.iter().all(|&(place, number)| {
            while theirs.next_if(|&&(its, _)| its < place).is_some() {}
            theirs
                .next()
                .is_some_and(|&(its, earlier)| its == place && earlier <= number)
        })
    }

    fn contains(&self, place: u32, number: u32) -> bool {
        self.0.binary_search(&(place, number)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// How many of those at a place that are invoked up to a number are taken.
    fn used(of: &[(u32, u32)], place: u32, upto: u32) -> usize {
        let by_then = |&&(at, number): &&(u32, u32)| at == place && number <= upto;
        of.iter().filter(by_then).count()
    }

    proptest! {
        #[test]
        fn what_is_left_is_compared_instant_by_instant(
            own in proptest::collection::btree_set((0..3_u32, 0..6_u32), 0..6),
            its in proptest::collection::btree_set((0..3_u32, 0..6_u32), 0..8),
        ) {
            let (own, its): (Vec<_>, Vec<_>) = (own.into_iter().collect(), its.into_iter().collect());
            let taken = |list: &[(u32, u32)]| {
                let mut taken = Taken::default();
                list.iter().rev().for_each(|&(place, number)| taken.insert(place, number));
                taken
            };
            let mut all = (0..3).flat_map(|place| (0..6).map(move |upto| (place, upto)));
            let expected = all.all(|(place, upto)| used(&own, place, upto) <= used(&its, place, upto));
            prop_assert_eq!(taken(&own).leaves_what(&taken(&its)), expected);
        }
    }
}
