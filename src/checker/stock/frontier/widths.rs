//! How wide the walk is: a narrow one often finds an order where there is one, and the widest is exact.
//!
//! A walk that has dropped pasts and then has none left means nothing. So a wider one goes back to the last response at which
//! one past was left and none had been dropped: what came before is decided, for what is kept there is all there is. Beyond
//! the response at which the narrow one ended, and where one past is left again, the walk may be narrow once more.

use super::{
    Events,
    bounds::{Bounds, Sums},
    crossings::{Ahead, Crossings},
    endless::Endless,
    open::Role,
    paths::Paths,
    walk::{Settlement, Stopped, Walk},
};
use crate::checker::{
    Limits, Witness,
    budget::Budget,
    stock::{Decision, Refutation, view::Horizon},
};

/// From the narrowest to that which is exact. The one before it is as wide as a history's without an end, so that what
/// passes there passes here.
const WIDTHS: [usize; 5] = if cfg!(any(test, fuzzing)) {
    [1, 2, 4, Endless::WIDTH, usize::MAX]
} else {
    [4, 64, 512, Endless::WIDTH, usize::MAX]
};

/// When a width was in vain so often, the walk does not become so narrow again.
const PATIENCE: [u8; WIDTHS.len()] = [1, 4, 4, 4, u8::MAX];

/// So many responses apart are the places that a walk can go back to, at least.
const STRIDE: usize = if cfg!(any(test, fuzzing)) { 2 } else { 64 };

/// A walk, and how far it has come.
pub(super) struct Stroll<'a, const WORDS: usize> {
    pub(super) walk: Walk<'a, WORDS>,
    at: Place,
}

/// How many operations have been invoked, and how many have returned.
#[derive(Clone, Copy, Default)]
struct Place {
    /// The next place in the order of invocations. In it also stand some that do not matter.
    next: usize,
    invoked: usize,
    returned: usize,
}

/// Decides the history with walks that are as wide as they have to be.
pub(super) fn check<const WORDS: usize>(
    events: &Events<'_>,
    crossings: Option<&Crossings>,
    initial: u64,
    limits: &Limits,
) -> Decision {
    let bounds = Bounds::of(&events.invocations, initial, Sums::default());
    if !bounds.later(0).allows(initial, 0) {
        return Decision::Refuted(Refutation::NOTHING);
    }
    let mut walk = Walk::<WORDS>::new(initial, WIDTHS[0], Budget::new(*limits), Paths::new());
    walk.look_ahead(crossings.map(Ahead::of));
    let mut now = Stroll::new(walk);
    let mut back = now.settlement().expect("there is one past at first");
    // The narrowest width that is still tried, how often it was in vain, and the width now, which stays until a response.
    let (mut narrowest, mut in_vain, mut width, mut until) = (0, 0, 0, 0);
    while let Some(&response) = events.responses.get(now.at.returned) {
        match now.step(events, &bounds, response) {
            Ok(()) => {}
            Err(Stopped::Limit(limit)) => return Decision::Undecided(limit),
            Err(Stopped::Refuted) if !now.walk.is_narrowed() => {
                let (at, index) = response;
                let not_before = Some(Horizon {
                    at,
                    index: index as usize,
                });
                return Decision::Refuted(Refutation::Known { not_before });
            }
            Err(Stopped::Refuted) => {
                if width == narrowest {
                    in_vain += 1;
                    if in_vain == PATIENCE[narrowest] {
                        (narrowest, in_vain) = (narrowest + 1, 0);
                    }
                }
                width += 1;
                until = now.at.returned;
                let (place, settlement) = &back;
                now.walk.go_back(settlement, WIDTHS[width]);
                now.at = *place;
                continue;
            }
        }
        let narrows = width > narrowest && now.at.returned > until;
        if (narrows || now.at.returned >= back.0.returned + STRIDE)
            && let Some(settlement) = now.settlement()
        {
            back = settlement;
            if narrows {
                width = narrowest;
                now.walk.set_width(WIDTHS[width]);
            }
        }
    }
    Decision::Order(Witness(now.walk.finish()))
}

impl<'a, const WORDS: usize> Stroll<'a, WORDS> {
    /// Before the first response.
    pub(super) fn new(walk: Walk<'a, WORDS>) -> Self {
        Self {
            walk,
            at: Place::default(),
        }
    }

    /// To the next response.
    ///
    /// A prefix that is a violation by itself has no past either when more is known. So where the walk ends, no shorter one
    /// is.
    pub(super) fn step(
        &mut self,
        events: &Events<'_>,
        bounds: &Bounds,
        (at, index): (u64, u32),
    ) -> Result<(), Stopped> {
        for (place, seen) in events.invocations.from(self.at.next) {
            if seen.invoked > at {
                break;
            }
            self.walk.invoke(&seen, bounds.of_operation(&seen));
            self.at.invoked += 1;
            self.at.next = place + 1;
        }
        let role = Role::of(events.view.seen(index).what);
        self.walk.respond(role, index, bounds.later(self.at.invoked))?;
        self.at.returned += 1;
        Ok(())
    }

    /// Where a wider walk can begin, if that is here.
    fn settlement(&self) -> Option<(Place, Settlement<'a, WORDS>)> {
        Some((self.at, self.walk.settlement()?))
    }
}
