//! Levels that no order reaches, found by counting.
//!
//! Let an operation x be invoked at i, return at t, and need a level of at least l and at most h. What returned before i has
//! taken effect before x, and what was invoked after t has not. With s units at first, U(t) and D(t) what all restocks
//! and buys other than x may add and take that were invoked by t, and u(i) and d(i) what those added and took that
//! returned before i, the level that x finds is at most **s + U(t) − d(i)** and at least **s + u(i) − D(t)**. Where l is above
//! the first or h below the second, no order explains its answer.
//!
//! The longer the history is known, the more of this there is: a buy may take something until it is known to have been
//! turned away, and what has answered has taken effect. So the shortest prefix with such an operation is found by
//! bisection.

use oversell_models::spec::stock::StockOp;

use super::{
    Events, Horizon,
    open::{Change, Role},
};
use crate::checker::stock::view::What;

/// What is added and what is taken.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    up: i128,
    down: i128,
}

impl Sums {
    fn add(&mut self, change: Option<Change>) {
        match change {
            Some(Change { down: true, quantity }) => self.down += i128::from(quantity),
            Some(Change { down: false, quantity }) => self.up += i128::from(quantity),
            None => {}
        }
    }
}

/// An operation that has answered.
#[derive(Debug)]
struct Answered {
    index: u32,
    role: Role,
    /// How many had returned when it was invoked, and how many were invoked when it returned.
    before: u32,
    by: u32,
}

/// An operation that has begun.
#[derive(Debug)]
struct Begun {
    /// Its place among the responses; beyond all of them where there is none.
    response: u32,
    /// What it does according to its answer, and what it may do as long as that is not known.
    does: Option<Change>,
    may: Option<Change>,
}

/// A history, prepared for counting.
#[derive(Debug)]
pub(super) struct Reach {
    initial: i128,
    /// In the order of responses.
    answered: Vec<Answered>,
    /// In the order of invocations.
    begun: Vec<Begun>,
}

impl Reach {
    /// Of a history with so many units at first. O(n).
    pub(super) fn of(events: &Events<'_>, initial: u64) -> Self {
        // By index: how many had returned when it was invoked, and its place among the responses.
        let len = events.view.operations().len();
        let (mut before, mut place) = (vec![0; len], vec![u32::MAX; len]);
        for (at, &(_, index)) in (0..).zip(&events.responses) {
            place[index as usize] = at;
        }
        let mut begun = Vec::with_capacity(len);
        let mut invoked = Vec::with_capacity(len);
        let mut returned = 0;
        for seen in events.invocations.iter() {
            while events.responses.get(returned).is_some_and(|&(at, _)| at < seen.invoked) {
                returned += 1;
            }
            before[seen.index as usize] = returned as u32;
            invoked.push(seen.invoked);
            begun.push(Begun {
                response: place[seen.index as usize],
                does: change(seen.what),
                may: possible(events.view.operations()[seen.index as usize].op),
            });
        }
        let mut by = 0;
        let answered = events.responses.iter().map(|&(at, index)| {
            while invoked.get(by).is_some_and(|&invoked| invoked <= at) {
                by += 1;
            }
            Answered {
                index,
                role: Role::of(events.view.seen(index).what),
                before: before[index as usize],
                by: by as u32,
            }
        });
        Self {
            initial: i128::from(initial),
            answered: answered.collect(),
            begun,
        }
    }

    /// Does some operation need a level that no order reaches?
    pub(super) fn fails(&self) -> bool {
        self.fails_within(self.answered.len())
    }

    /// The first response with which that is certain, if it ever is. O(n log n).
    pub(super) fn first_failure(&self, events: &Events<'_>) -> Option<Horizon> {
        if !self.fails() {
            return None;
        }
        let (mut holds, mut fails) = (0, self.answered.len());
        while holds + 1 < fails {
            let middle = usize::midpoint(holds, fails);
            if self.fails_within(middle) {
                fails = middle;
            } else {
                holds = middle;
            }
        }
        let last = self.answered.get(holds)?;
        Some(events.view.seen(last.index).horizon())
    }

    /// Does it, as far as is known with so many responses? O(n).
    fn fails_within(&self, responses: usize) -> bool {
        let answered = &self.answered[..responses];
        let mut invoked = Sums::default();
        let mut begun = self.begun.iter();
        let mut so_far = 0;
        let mut returned = Vec::with_capacity(responses);
        let mut before = Sums::default();
        answered.iter().any(|one| {
            while so_far < one.by
                && let Some(next) = begun.next()
            {
                so_far += 1;
                let known = (next.response as usize) < responses;
                invoked.add(if known { next.does } else { next.may });
            }
            returned.push(before);
            let mine = match one.role {
                Role::Move(change) | Role::Fixed { change, .. } => Some(change),
                Role::Observer { .. } | Role::Impossible => None,
            };
            before.add(mine);
            let (lowest, highest) = match one.role {
                Role::Move(change) => (if change.down { change.quantity } else { 0 }, u64::MAX),
                Role::Fixed { at, .. } => (at, at),
                Role::Observer { lowest, highest } => (lowest, highest),
                Role::Impossible => return true,
            };
            let earlier = returned[one.before as usize];
            let mut own = Sums::default();
            own.add(mine);
            let most = self.initial + invoked.up - own.up - earlier.down;
            let least = self.initial + earlier.up - (invoked.down - own.down);
            i128::from(lowest) > most || i128::from(highest) < least
        })
    }
}

/// What an operation does.
fn change(what: What) -> Option<Change> {
    match Role::of(what) {
        Role::Move(change) | Role::Fixed { change, .. } => Some(change),
        Role::Observer { .. } | Role::Impossible => None,
    }
}

/// What it may do, its answer aside.
const fn possible(op: StockOp) -> Option<Change> {
    match op {
        StockOp::Buy { quantity } => Some(Change { down: true, quantity }),
        StockOp::Restock { quantity } => Some(Change { down: false, quantity }),
        StockOp::Read => None,
    }
}

#[cfg(test)]
mod tests {
    use oversell_models::spec::Stock;
    use rand::{SeedableRng as _, rngs::SmallRng};

    use super::*;
    use crate::checker::{
        Verdict, brute_force,
        families::small,
        stock::{summary::Summary, view::View},
    };

    fn fails(initial: u64, view: View<'_>) -> bool {
        Reach::of(&Events::of(view, &Summary::of(view)), initial).fails()
    }

    /// What fails is a violation, and the first failure is the first prefix that fails.
    #[test]
    fn what_fails_is_a_violation() {
        let mut random = SmallRng::seed_from_u64(67);
        let mut seen = [0; 2];
        for _ in 0..40_000 {
            let (initial, operations) = small::random(&mut random, 8);
            let whole = View::new(&operations, Horizon::END);
            let events = Events::of(whole, &Summary::of(whole));
            let first = Reach::of(&events, initial).first_failure(&events);
            let responses = Horizon::responses(&operations);
            let shortest = responses
                .into_iter()
                .find(|&last| fails(initial, View::new(&operations, last)));
            assert_eq!(first, shortest, "{initial} {operations:#?}");
            if let Some(last) = first {
                let verdict = brute_force(&Stock::new(initial), &last.prefix(&operations));
                assert!(matches!(verdict, Verdict::Violation(_)), "{initial} {operations:#?}");
            }
            seen[usize::from(first.is_some())] += 1;
        }
        assert!(seen.iter().all(|&seen| seen > 5_000), "{seen:?}");
    }
}
