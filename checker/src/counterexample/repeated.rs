//! Which numbers are there twice, without sorting them.

use std::ops::RangeInclusive;

/// Numbers, each of which is there no more than once or more often.
pub(super) struct Repeated {
    lowest: i128,
    /// How often each is there, up to 2.
    counts: Vec<u8>,
}

impl Repeated {
    /// Of all that are in these ranges. `None` when they are so far apart, or so many, that sorting them is better: when
    /// that would take more than `most` places or steps.
    pub(super) fn of(ranges: impl Iterator<Item = RangeInclusive<i128>> + Clone, most: usize) -> Option<Self> {
        let (mut lowest, mut highest, mut steps) = (i128::MAX, i128::MIN, 0);
        for range in ranges.clone() {
            lowest = lowest.min(*range.start());
            highest = highest.max(*range.end());
            steps += (range.end() - range.start() + 1).max(0);
        }
        let places = (highest.saturating_sub(lowest)).saturating_add(1).max(0);
        let most = i128::try_from(most).ok()?;
        if places > most || steps > most {
            return None;
        }
        let mut counts = vec![0_u8; usize::try_from(places).ok()?];
        for place in ranges.flatten() {
            let count = &mut counts[(place - lowest) as usize];
            *count = (*count + 1).min(2);
        }
        Some(Self { lowest, counts })
    }

    /// Is the number there at all?
    pub(super) fn contains(&self, number: i128) -> bool {
        self.count(number) > 0
    }

    /// Is any of these there more than once?
    pub(super) fn any_twice(&self, mut range: RangeInclusive<i128>) -> bool {
        range.any(|number| self.count(number) > 1)
    }

    fn count(&self, number: i128) -> u8 {
        let place = usize::try_from(number - self.lowest).ok();
        place.and_then(|place| self.counts.get(place)).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_or_says_that_it_is_too_much() {
        let ranges = [3..=5, 5..=6, 9..=9, -2..=-2];
        let repeated = Repeated::of(ranges.into_iter(), 20).expect("few enough");
        assert!(repeated.any_twice(4..=6) && !repeated.any_twice(6..=20) && !repeated.any_twice(-9..=4));
        assert!([-2, 3, 4, 5, 6, 9].into_iter().all(|number| repeated.contains(number)));
        assert!(![-3, 0, 7, 10].into_iter().any(|number| repeated.contains(number)));
        assert!(Repeated::of([0..=0, 20..=20].into_iter(), 20).is_none());
        let many = std::iter::repeat_n(0..=3, 6);
        assert!(Repeated::of(many, 20).is_none());
        assert!(!Repeated::of(std::iter::empty(), 20).expect("none").contains(0));
    }
}
