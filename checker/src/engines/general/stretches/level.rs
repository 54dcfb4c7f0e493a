//! What is open at one response.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::{
    super::{
        foresight::Searched,
        states::StateId,
        timeline::{Class, Open, Timeline},
    },
    automaton::{Automaton, Kind},
    past::{Bound, Masks, Past},
};

/// An operation that may take effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Candidate {
    /// By its response.
    Completed(u32),
    /// By its place and number in [`Timeline::maybes`].
    Maybe { place: u32, number: u32 },
}

/// Open operations of one class that lead from a state to another.
#[derive(Debug)]
pub(super) enum Move {
    /// Completed ones, in the order of their responses.
    Completed(StateId, SmallVec<[u32; 4]>),
    /// Indeterminate ones, by their place.
    Maybe(StateId, u32),
}

/// What is open at a response: completed operations in the order of their responses.
#[derive(Debug, Default)]
pub(super) struct Level {
    pub(super) at: u32,
    pub(super) observers: Vec<u32>,
    pub(super) resets: Vec<u32>,
    /// Blind operations and movers.
    pub(super) others: Vec<u32>,
    /// Resets, and the others, by class.
    pub(super) resets_by_class: Vec<SmallVec<[u32; 4]>>,
    pub(super) others_by_class: Vec<SmallVec<[u32; 4]>>,
    pub(super) masks: Masks,
}

impl Level {
    pub(super) fn of<S: Searched>(at: u32, timeline: &Timeline, open: &Open, automaton: &Automaton<'_, S>) -> Self {
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
        level.resets_by_class = by_class(timeline, &level.resets);
        level.others_by_class = by_class(timeline, &level.others);
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

/// Of completed operations of one class, in the order of their responses, those that have not taken effect, had been invoked by
/// `bound` and need to be tried: rule 4.
pub(super) fn representatives(timeline: &Timeline, past: &Past, completed: &[u32], bound: Bound) -> SmallVec<[u32; 4]> {
    let mut found: SmallVec<[u32; 4]> = SmallVec::new();
    for &rank in completed {
        if past.done.contains(timeline.slot[rank as usize]) || !fits(timeline, rank, bound) {
            continue;
        }
        let needed = found.last().is_none_or(|&other| {
            let mut bounds = past.bounds();
            bounds.any(|by| fits(timeline, other, by) && !fits(timeline, rank, by))
        });
        if needed {
            found.push(rank);
        }
    }
    found
}

/// The indeterminate operation at this place that is to be tried: rule 4.
pub(super) fn representative(timeline: &Timeline, past: &Past, place: u32, bound: Bound) -> Option<Candidate> {
    let (_, list) = &timeline.maybes[place as usize];
    let latest = timeline.returned[bound.checked_sub(1)? as usize];
    let fits = list.partition_point(|&(invoked, _)| invoked <= latest);
    let number = past.taken.last_left(place, fits)?;
    Some(Candidate::Maybe { place, number })
}

/// Of the resets that are open, those of each class that need to be tried: rule 4.
pub(super) fn resets(
    timeline: &Timeline,
    past: &Past,
    completed: &[SmallVec<[u32; 4]>],
    maybes: &[u32],
    bound: Bound,
) -> SmallVec<[Candidate; 16]> {
    let completed = completed
        .iter()
        .flat_map(|class| representatives(timeline, past, class, bound));
    let maybes = maybes.iter();
    let maybes = maybes.filter_map(|&place| representative(timeline, past, place, bound));
    completed.map(Candidate::Completed).chain(maybes).collect()
}

/// Operations in the order of their responses, by class.
pub(super) fn by_class(timeline: &Timeline, ranks: &[u32]) -> Vec<SmallVec<[u32; 4]>> {
    let mut classes: FxHashMap<Class, usize> = FxHashMap::default();
    let mut found: Vec<SmallVec<[u32; 4]>> = Vec::new();
    for &rank in ranks {
        let place = *classes.entry(timeline.class[rank as usize]).or_insert(found.len());
        match found.get_mut(place) {
            Some(list) => list.push(rank),
            None => found.push(SmallVec::from_elem(rank, 1)),
        }
    }
    found
}
