//! How wide the walk is: a narrow one often finds an order where there is one, and the widest is exact.
//!
//! As long as it costs little, all pasts are kept: where none is left then, the history is a violation. Where it costs too
//! much, only a few are. A walk that has dropped pasts and then has none left means nothing, so wider ones take over from
//! where it came by shortly before, and then from further back; beyond the response at which the narrow one ended, they
//! are narrow once more. What they begin from is a response after which one past was left. Where others had been dropped
//! before, an order that is found from there is one, but none found still means nothing: in the end the walk goes back to
//! the last response at which one past was left and none had been dropped, and keeps more and more of them from there on.
//! What came before that response is decided, for what is kept there is all there is.

use std::collections::VecDeque;

use super::{
    bounds::{Bounds, Sums},
    crossings::{Ahead, Crossings},
    endless::Endless,
    events::Events,
    paths::Paths,
    rest::Rest,
    role::Role,
    walk::{Settlement, Walk},
};
use crate::engines::{
    Witness,
    budget::{Budget, let_go},
    stock::{
        decision::{Decision, Refutation},
        view::Horizon,
    },
    stopped::Stopped,
};

/// From the narrowest to that which is exact. The one before it is as wide as a history's without an end, so that what
/// passes there passes here.
const WIDTHS: [usize; 5] = if cfg!(any(test, fuzzing)) {
    [1, 2, 4, Endless::WIDTH, usize::MAX]
} else {
    [4, 64, 512, Endless::WIDTH, usize::MAX]
};

/// When a width was in vain so often, the walk does not become so narrow again.
const PATIENCE: [u8; WIDTHS.len()] = [16, 16, 16, 16, u8::MAX];

/// So many pasts (by place in [`WIDTHS`]) are kept at first, as long as no more than so many states are visited for each
/// response, and at the last.
const CHEAP: (usize, u64) = (2, 12);

/// Where a walk that has dropped pasts ends, others begin so many responses before, so wide, one after the other.
const NEAR: [(usize, usize); 4] = [(64, 1), (256, 1), (256, 2), (1024, 2)];

/// So many responses apart are the places that a walk can go back to, at least.
const STRIDE: usize = if cfg!(any(test, fuzzing)) { 2 } else { 64 };

/// So many of them are remembered.
const HALTS: usize = 32;

/// A walk, and how far it has come.
pub(super) struct Stroll<'a, const WORDS: usize> {
    pub(super) walk: Walk<'a, WORDS>,
    at: Place,
}

/// A response after which one past was left, or the beginning.
struct Halt<const WORDS: usize> {
    at: Place,
    past: Settlement<WORDS>,
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
    budget: Budget,
) -> Decision {
    let bounds = Bounds::of(&events.invocations, initial, Sums::default());
    let ahead = crossings.map(Ahead::of);
    let mut now = Stroll::new(Walk::<WORDS>::new(
        initial,
        WIDTHS[CHEAP.0],
        budget,
        Paths::new(),
        ahead,
    ));
    let mut halts = Halts::from(now.halt().expect("there is one past at first"));
    let mut course = Course::new();
    while let Some(&response) = events.responses.get(now.at.returned) {
        match now.step(events, &bounds, response) {
            Ok(()) => {
                if let Some(width) = course.after_step(now.at.returned, now.walk.budget.visited()) {
                    now.walk.width = width;
                }
                if now.at.returned >= halts.last().at.returned + STRIDE
                    && let Some(halt) = now.halt()
                {
                    halts.add(halt);
                }
            }
            Err(Stopped::Limit(limit)) => {
                let_go(limit, now);
                return Decision::Undecided(limit);
            }
            Err(Stopped::Refuted) if !now.walk.narrowed => {
                let (at, index) = response;
                return Decision::Refuted(Refutation::Known {
                    not_before: Some(Horizon {
                        at,
                        index: index as usize,
                    }),
                    rest: halts.rest(events, &bounds, at).map(Box::new),
                });
            }
            Err(Stopped::Refuted) => {
                let (halt, width) = course.after_end(now.at.returned, &mut halts);
                now.go_back(events, halt, width);
            }
        }
    }
    Decision::Order(Witness(now.walk.finish()))
}

/// How wide the walk is now, and why.
struct Course {
    /// The width now, by place in [`WIDTHS`].
    width: usize,
    /// Is keeping all pasts still cheap?
    cheap: bool,
    /// The narrowest width that is still tried, and how often it was in vain.
    narrowest: usize,
    in_vain: u8,
    /// After how many responses the walk has ended furthest, and how many others have begun before that.
    furthest: usize,
    attempts: usize,
}

impl Course {
    const fn new() -> Self {
        Self {
            width: CHEAP.0,
            cheap: true,
            narrowest: 0,
            in_vain: 0,
            furthest: 0,
            attempts: 0,
        }
    }

    /// The walk has come so far and has visited so many states. The width from here on, if it changes.
    const fn after_step(&mut self, returned: usize, visited: u64) -> Option<usize> {
        let narrows = if self.cheap {
            self.cheap = visited <= CHEAP.1 * (returned + STRIDE) as u64;
            !self.cheap
        } else {
            self.width > self.narrowest && returned > self.furthest + STRIDE
        };
        if !narrows {
            return None;
        }
        self.width = self.narrowest;
        Some(WIDTHS[self.width])
    }

    /// The walk has dropped pasts, and has come no further. Where it goes back to, and how wide it is from there.
    fn after_end<'h, const WORDS: usize>(
        &mut self,
        returned: usize,
        halts: &'h mut Halts<WORDS>,
    ) -> (&'h Halt<WORDS>, usize) {
        if returned > self.furthest {
            (self.furthest, self.attempts) = (returned, 0);
        }
        if self.width == self.narrowest {
            self.in_vain += 1;
            if self.in_vain == PATIENCE[self.narrowest] {
                (self.narrowest, self.in_vain) = (self.narrowest + 1, 0);
            }
        }
        self.cheap = false;
        let near = NEAR.get(self.attempts).copied();
        let near = near.filter(|&(far, _)| halts.go_back_near(self.furthest.saturating_sub(far)));
        if let Some((_, width)) = near {
            self.width = width;
            self.attempts += 1;
        } else {
            halts.near.clear();
            self.width = (self.width + 1).max(CHEAP.0);
            self.attempts = NEAR.len();
        }
        (halts.last(), WIDTHS[self.width])
    }
}

/// Where a walk can go back to.
struct Halts<const WORDS: usize> {
    /// None had been dropped: what came before is decided. There is always one.
    exact: VecDeque<Halt<WORDS>>,
    /// Behind them, some had been dropped.
    near: VecDeque<Halt<WORDS>>,
}

impl<const WORDS: usize> Halts<WORDS> {
    fn from(start: Halt<WORDS>) -> Self {
        Self {
            exact: VecDeque::from([start]),
            near: VecDeque::new(),
        }
    }

    fn last(&self) -> &Halt<WORDS> {
        let last = self.near.back().or(self.exact.back());
        last.expect("there is always one")
    }

    fn add(&mut self, halt: Halt<WORDS>) {
        let halts = if halt.past.narrowed {
            &mut self.near
        } else {
            &mut self.exact
        };
        if halts.len() == HALTS {
            halts.pop_front();
        }
        halts.push_back(halt);
    }

    /// Only those after at most so many responses are left. Is there one at which some had been dropped?
    fn go_back_near(&mut self, returned: usize) -> bool {
        let left = self.near.partition_point(|halt| halt.at.returned <= returned);
        self.near.truncate(left);
        left > 0
    }

    /// What is left of the history from one of them on: every prefix that knows the answers up to `at` is linearizable if and only
    /// if what is left of it is.
    ///
    /// What was found out up to there rests on no later answer, so it holds for each of these prefixes.
    fn rest(&self, events: &Events<'_>, bounds: &Bounds, at: u64) -> Option<Rest> {
        let known = |halt: &&Halt<WORDS>| bounds.rests_on(halt.at.invoked) < at;
        let halt = self.exact.iter().rev().find(known)?;
        let (last, _) = events.responses.get(halt.at.returned.checked_sub(1)?)?;
        Some(Rest::of(events.view, *last, halt.past.settled()))
    }
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
    fn halt(&self) -> Option<Halt<WORDS>> {
        let past = self.walk.settlement()?;
        Some(Halt { at: self.at, past })
    }

    /// Goes back to where it came by, with another width.
    fn go_back(&mut self, events: &Events<'_>, to: &Halt<WORDS>, width: usize) {
        self.walk.go_back(&to.past, width);
        for (place, seen) in events.invocations.from(to.at.next) {
            if place >= self.at.next {
                break;
            }
            self.walk.take_back(&seen);
        }
        self.at = to.at;
    }
}
