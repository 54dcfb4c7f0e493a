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

use oversell_spec::stock::StockOp;

use super::{
    bounds::Sums,
    events::Events,
    role::{Change, Role},
};
use crate::engines::stock::view::Horizon;

/// A history, prepared for counting.
pub(super) struct Reach<'a> {
    initial: i128,
    events: &'a Events<'a>,
    /// By index: how many had returned when it was invoked, and its place among the responses; beyond all of them where there is none.
    before: Vec<u32>,
    place: Vec<u32>,
}

impl<'a> Reach<'a> {
    /// Of a history with so many units at first. O(n).
    pub(super) fn of(events: &'a Events<'a>, initial: u64) -> Self {
        let len = events.view.operations().len();
        let (mut before, mut place) = (vec![0; len], vec![u32::MAX; len]);
        for (at, &(_, index)) in (0..).zip(&events.responses) {
            place[index as usize] = at;
        }
        let mut returned = 0;
        for seen in events.invocations.iter() {
            while events.responses.get(returned).is_some_and(|&(at, _)| at < seen.invoked) {
                returned += 1;
            }
            before[seen.index as usize] = returned as u32;
        }
        Self {
            initial: i128::from(initial),
            events,
            before,
            place,
        }
    }

    /// Does some operation need a level that no order reaches?
    pub(super) fn fails(&self) -> bool {
        self.fails_within(self.events.responses.len())
    }

    /// The first response with which that is certain, if it ever is. O(n log n).
    pub(super) fn first_failure(&self) -> Option<Horizon> {
        if !self.fails() {
            return None;
        }
        let responses = &self.events.responses;
        let holds = |&(_, index): &(u64, u32)| !self.fails_within(self.place[index as usize] as usize + 1);
        let &(at, index) = responses.get(responses.partition_point(holds))?;
        Some(Horizon {
            at,
            index: index as usize,
        })
    }

    /// Does it, as far as is known with so many responses? O(n).
    fn fails_within(&self, responses: usize) -> bool {
        let view = self.events.view;
        let mut invoked = Sums::default();
        let mut begun = self.events.invocations.iter().peekable();
        let mut before = Sums::default();
        // Beyond 64 bits less is enough: what is known to have been added or taken only rules out more.
        let narrow = |sum: i128| u64::try_from(sum).unwrap_or(u64::MAX);
        let mut returned: Vec<(u64, u64)> = Vec::with_capacity(responses);
        self.events.responses[..responses].iter().any(|&(at, index)| {
            while let Some(next) = begun.next_if(|next| next.invoked <= at) {
                let known = (self.place[next.index as usize] as usize) < responses;
                invoked.add(if known {
                    Role::of(next.what)
                } else {
                    possible(view.operations()[next.index as usize].op)
                });
            }
            returned.push((narrow(before.up), narrow(before.down)));
            let role = Role::of(view.seen(index).what);
            let mut own = Sums::default();
            own.add(role);
            before.add(role);
            let (lowest, highest) = match role {
                Role::Move(change) => (if change.down { change.quantity } else { 0 }, u64::MAX),
                Role::Fixed { at, .. } => (at, at),
                Role::Observer { lowest, highest } => (lowest, highest),
                Role::Impossible => return true,
            };
            let (up, down) = returned[self.before[index as usize] as usize];
            let most = self.initial + invoked.up - own.up - i128::from(down);
            let least = self.initial + i128::from(up) - (invoked.down - own.down);
            i128::from(lowest) > most || i128::from(highest) < least
        })
    }
}

/// What an operation may do, its answer aside.
const fn possible(op: StockOp) -> Role {
    match op {
        StockOp::Buy { quantity } => Role::Move(Change { down: true, quantity }),
        StockOp::Restock { quantity } => Role::Move(Change { down: false, quantity }),
        StockOp::Read => Role::Observer {
            lowest: 0,
            highest: u64::MAX,
        },
    }
}

#[cfg(test)]
mod tests {
    use oversell_spec::Stock;
    use rand::{SeedableRng as _, rngs::SmallRng};

    use super::*;
    use crate::engines::{
        Verdict, brute_force,
        families::{small, truth::prefix},
        stock::view::View,
    };

    fn fails(initial: u64, view: View<'_>) -> bool {
        Reach::of(&Events::of(view), initial).fails()
    }

    /// What fails is a violation, and the first failure is the first prefix that fails.
    #[test]
    fn what_fails_is_a_violation() {
        let mut random = SmallRng::seed_from_u64(67);
        let mut seen = [0; 2];
        for _ in 0..40_000 {
            let (initial, operations) = small::random(&mut random, 8);
            let whole = View::new(&operations, Horizon::END);
            let events = Events::of(whole);
            let first = Reach::of(&events, initial).first_failure();
            let responses = Horizon::responses(&operations);
            let shortest = responses
                .into_iter()
                .find(|&last| fails(initial, View::new(&operations, last)));
            assert_eq!(first, shortest, "{initial} {operations:#?}");
            if let Some(last) = first {
                let verdict = brute_force(&Stock::new(initial), &prefix(&operations, (last.at, last.index)));
                assert!(matches!(verdict, Verdict::Violation(_)), "{initial} {operations:#?}");
            }
            seen[usize::from(first.is_some())] += 1;
        }
        assert!(seen.iter().all(|&seen| seen > 5_000), "{seen:?}");
    }
}
