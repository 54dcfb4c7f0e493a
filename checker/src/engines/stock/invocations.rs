//! Operations in the order of their invocations; free where a history is stored that way.

use super::view::{Seen, View};

/// The order of invocations.
pub(super) struct Invocations<'a> {
    view: View<'a>,
    /// Indices in that order; `None` where they stand so already.
    sorted: Option<Vec<u32>>,
}

impl<'a> Invocations<'a> {
    /// Sorts only where it must. O(n log n), or O(n).
    pub(super) fn of(view: View<'a>) -> Self {
        if view.iter().is_sorted_by_key(|seen| seen.invoked) {
            return Self::in_order(view);
        }
        let mut keyed: Vec<(u64, u32)> = view.iter().map(|seen| (seen.invoked, seen.index)).collect();
        keyed.sort_unstable();
        let sorted = Some(keyed.into_iter().map(|(_, index)| index).collect());
        Self { view, sorted }
    }

    /// Of a history that is known to stand in that order.
    pub(super) const fn in_order(view: View<'a>) -> Self {
        Self { view, sorted: None }
    }

    /// The history they are from.
    pub(super) const fn view(&self) -> View<'a> {
        self.view
    }

    /// How many there are, those that do not matter among them or not.
    pub(super) fn len(&self) -> usize {
        self.sorted.as_ref().map_or(self.view.operations().len(), Vec::len)
    }

    /// Are they stored in that order?
    pub(super) const fn are_in_order(&self) -> bool {
        self.sorted.is_none()
    }

    /// The index of the operation at a place.
    #[inline]
    pub(super) fn index(&self, place: usize) -> usize {
        self.sorted.as_ref().map_or(place, |sorted| sorted[place] as usize)
    }

    /// The operation at a place, if it matters.
    #[inline(always)]
    pub(super) fn get(&self, place: usize) -> Option<Seen> {
        self.view.get(self.index(place))
    }

    /// Every operation, from the one at place `from` on, with its place.
    pub(super) fn from(&self, from: usize) -> impl Iterator<Item = (usize, Seen)> {
        (from..self.len()).filter_map(move |place| Some((place, self.get(place)?)))
    }

    /// Every operation.
    pub(super) fn iter(&self) -> impl Iterator<Item = Seen> {
        self.from(0).map(|(_, seen)| seen)
    }
}
