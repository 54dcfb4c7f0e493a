//! A past: what is to be known of an order that explains the answers so far.

use smallvec::SmallVec;

use super::{
    super::{states::StateId, window::Window},
    taken::Taken,
};

/// A stretch that is over: it ends where a later one begins, and may still be lengthened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct End {
    pub(super) state: StateId,
    /// Only what had been invoked by then fits in.
    pub(super) bound: Bound,
    /// Of the stretch.
    pub(super) number: u32,
    /// What is added stands right before this operation, by its index in the history; [`LAST`]: last in the stretch.
    pub(super) before: u32,
}

impl End {
    /// What can be added there, and comes back to that state, can be added here.
    pub(super) const fn stands_in_for(&self, other: &Self) -> bool {
        self.state == other.state && self.bound >= other.bound
    }
}

/// Nothing follows.
pub(super) const LAST: u32 = u32::MAX;

/// A point in time, as a number of responses: right before the last of them. Zero is before everything.
pub(super) type Bound = u32;

#[derive(Clone, Debug)]
pub(super) struct Past {
    /// What the present stretch has led to.
    pub(super) state: StateId,
    /// Its number.
    pub(super) present: u32,
    /// When it began.
    pub(super) began: Bound,
    /// The ends of those before it, as far as something could still be added.
    pub(super) ends: SmallVec<[End; 4]>,
    /// Where loops can still be added: the last place of each state that was left, in the order of the states.
    pub(super) visits: SmallVec<[End; 2]>,
    /// Stretches begun so far.
    pub(super) stretches: u32,
    /// Which open operations have taken effect.
    pub(super) done: Window,
    /// Which indeterminate operations have.
    pub(super) taken: Taken,
    /// The last of its steps.
    pub(super) last: u32,
}

/// Open slots at a response, by what their operations are.
#[derive(Debug, Default)]
pub(super) struct Masks {
    pub(super) observers: Window,
    pub(super) resets: Window,
    pub(super) others: Window,
}

impl Past {
    /// Whatever `other` can become, this one can become as well. `hidden` are the open operations that may be hidden in this
    /// past.
    ///
    /// Same present state; at least as much observed; the same movers taken; resets that it has not taken, but the other has,
    /// may be hidden; every end of the other is among its own, and the present stretch began no earlier; where the other can
    /// take a loop, this one can take it there, at an end, or first of all that is still to come. So every
    /// continuation of the other is one of this past, with the surplus hidden.
    pub(super) fn covers(&self, other: &Self, masks: &Masks, hidden: &Window) -> bool {
        self.state == other.state
            && self.began >= other.began
            && other.done.without(&self.done, &masks.observers).is_empty()
            && self.done.without(&other.done, &masks.resets).is_empty()
            && other.done.without(&self.done, &masks.resets).is_within(hidden)
            && self.done.without(&other.done, &masks.others).is_empty()
            && other.done.without(&self.done, &masks.others).is_empty()
            && self.taken.leaves_what(&other.taken)
            && self.has_ends_of(other)
            && self.has_visits_of(other)
    }

    fn has_visits_of(&self, other: &Self) -> bool {
        other.visits.iter().all(|its| {
            its.state == self.state || self.visits.iter().chain(&self.ends).any(|own| own.stands_in_for(its))
        })
    }

    /// A state is left at this place.
    pub(super) fn leave(&mut self, place: End) {
        match self.visits.binary_search_by_key(&place.state, |visit| visit.state) {
            Ok(at) if self.visits[at].bound < place.bound => self.visits[at] = place,
            Ok(_) => {}
            Err(at) => self.visits.insert(at, place),
        }
    }

    fn has_ends_of(&self, other: &Self) -> bool {
        if other.ends.len() > self.ends.len() {
            return false;
        }
        // Sorted by state, and then by bound: the latest of each state go with the latest.
        let mut own = self.ends.iter().rev();
        other.ends.iter().rev().all(|its| {
            own.find(|own| own.state <= its.state)
                .is_some_and(|own| own.state == its.state && own.bound >= its.bound)
        })
    }

    /// By when something must have been invoked to come in before the present stretch, or into one that is over, or into a loop.
    pub(super) fn bounds(&self) -> impl Iterator<Item = Bound> {
        let places = self.ends.iter().chain(&self.visits);
        places.map(|end| end.bound).chain([self.began])
    }

    /// The more promising first, where not all can be kept: much observed with little.
    pub(super) fn promise(&self, masks: &Masks) -> (i64, std::cmp::Reverse<Bound>) {
        let used = self.done.count(&masks.resets) + self.done.count(&masks.others);
        let score = i64::from(used) + self.taken.len() as i64 - i64::from(self.done.count(&masks.observers));
        (score, std::cmp::Reverse(self.began))
    }
}
