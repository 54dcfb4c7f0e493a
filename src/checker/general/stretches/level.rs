//! What is open at one response.

use super::{
    super::timeline::{Open, Timeline},
    automaton::{Automaton, Kind},
    past::{Bound, Masks, Past},
};
use crate::checker::general::foresight::Foresee;
use smallvec::SmallVec;
use std::hash::Hash;

/// An operation that may take effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Candidate {
    /// By its response.
    Completed(u32),
    /// By its place and number in [`Timeline::maybes`].
    Maybe { place: u32, number: u32 },
}

/// What is open at a response: completed operations in the order of their responses.
#[derive(Debug, Default)]
pub(super) struct Level {
    pub(super) at: u32,
    pub(super) observers: Vec<u32>,
    pub(super) resets: Vec<u32>,
    /// Blind operations and movers.
    pub(super) others: Vec<u32>,
    pub(super) masks: Masks,
}

impl Level {
    pub(super) fn of<S>(at: u32, timeline: &Timeline, open: &Open, automaton: &Automaton<'_, S>) -> Self
    where
        S: Foresee + Clone + PartialEq + Hash,
    {
        let mut level = Self { at, ..Self::default() };
        for rank in open.iter() {
            let (list, mask) = match automaton.kind(timeline.class[rank as usize]) {
                Kind::Observer => (&mut level.observers, &mut level.masks.observers),
                Kind::Reset => (&mut level.resets, &mut level.masks.resets),
                Kind::Blind | Kind::Mover => (&mut level.others, &mut level.masks.others),
            };
            list.push(rank);
            mask.insert(timeline.slot[rank as usize]);
        }
        for list in [&mut level.observers, &mut level.resets, &mut level.others] {
            list.sort_unstable();
        }
        level
    }

    /// The bound of a stretch that begins now.
    pub(super) const fn now(&self) -> Bound {
        self.at + 1
    }
}

/// Had this completed operation been invoked by then?
pub(super) fn fits(timeline: &Timeline, rank: u32, bound: Bound) -> bool {
    bound > 0 && timeline.position[rank as usize] < timeline.invoked[bound as usize - 1]
}

/// Of `completed` and of the indeterminate ones at `maybes`, those of each class that have not taken effect, had been invoked by
/// `bound` and need to be tried: rule 4.
pub(super) fn candidates(
    timeline: &Timeline,
    past: &Past,
    completed: &[u32],
    maybes: &[u32],
    bound: Bound,
) -> SmallVec<[Candidate; 16]> {
    // Of each class, that which was invoked last of those that are to be tried.
    let mut classes: SmallVec<[(u32, u32); 16]> = SmallVec::new();
    let mut found = SmallVec::new();
    for &rank in completed {
        let class = timeline.class[rank as usize];
        if past.done.contains(timeline.slot[rank as usize]) || !fits(timeline, rank, bound) {
            continue;
        }
        match classes.iter_mut().find(|(known, _)| *known == class) {
            None => classes.push((class, rank)),
            Some((_, other))
                if past
                    .bounds()
                    .any(|by| fits(timeline, *other, by) && !fits(timeline, rank, by)) =>
            {
                *other = rank;
            }
            Some(_) => continue,
        }
        found.push(Candidate::Completed(rank));
    }
    let latest = bound.checked_sub(1).map(|at| timeline.returned[at as usize]);
    for &place in maybes {
        let (_, list) = &timeline.maybes[place as usize];
        let fits = latest.map_or(0, |latest| list.partition_point(|&(invoked, _)| invoked <= latest));
        if let Some(number) = past.taken.last_left(place, fits) {
            found.push(Candidate::Maybe { place, number });
        }
    }
    found
}
