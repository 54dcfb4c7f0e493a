//! Sorting what is nearly sorted.
//!
//! Clients record their operations side by side: in the order of invocations, responses are out of order only among those
//! that were open at one time, and so are levels, which fall with time. So it suffices to sort short stretches, and then
//! what is out of order where two of them meet. Whether that was enough is looked at; if not, all is sorted.

use rayon::{iter::ParallelIterator as _, slice::ParallelSliceMut as _};

/// A stretch: so many stay in the cache nearest to the core while they are sorted.
const STRETCH: usize = 1 << 12;

/// Sorts by `key`; what has the same key may come in any order. O(n log n), most of it in short stretches where nothing
/// is far from its place.
pub(super) fn sort<T: Copy + Send, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K + Sync) {
    if items.is_sorted_by_key(&key) {
        return;
    }
    items
        .par_chunks_mut(STRETCH)
        .for_each(|stretch| stretch.sort_unstable_by_key(&key));
    for border in (STRETCH..items.len()).step_by(STRETCH) {
        let end = items.len().min(border + STRETCH);
        let (before, after) = (&items[border - STRETCH..border], &items[border..end]);
        let (last, first) = (key(&before[STRETCH - 1]), key(&after[0]));
        if first < last {
            let from = border - STRETCH + before.partition_point(|item| key(item) <= first);
            let to = border + after.partition_point(|item| key(item) < last);
            items[from..to].sort_unstable_by_key(&key);
        }
    }
    if !items.is_sorted_by_key(&key) {
        items.par_sort_unstable_by_key(&key);
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng, seq::SliceRandom as _};

    use super::*;

    #[test]
    fn sorts_whatever_the_distance() {
        let mut random = SmallRng::seed_from_u64(5);
        for len in [0, 1, 2, STRETCH - 1, STRETCH, STRETCH + 1, 5 * STRETCH + 17] {
            for distance in [1, 64, STRETCH / 2, 3 * STRETCH, 10 * STRETCH] {
                let mut items: Vec<(usize, usize)> = (0..len)
                    .map(|place| (place + random.random_range(0..distance), place))
                    .collect();
                // One that is far away from where all others are.
                items.iter_mut().take(1).for_each(|item| item.0 = len);
                let mut expected = items.clone();
                expected.sort_unstable();
                sort(&mut items, |&item| item);
                assert_eq!(items, expected, "{len} {distance}");
                items.shuffle(&mut random);
                sort(&mut items, |&item| item);
                assert_eq!(items, expected, "{len} {distance}, shuffled");
            }
        }
    }
}
