//! Any mix: restocks, quantities, answers that say what is left and answers that do not, reads, sold-outs, indeterminate
//! operations. Exact; exponential only in what is open at one time.
//!
//! It walks from response to response and keeps every past that matters: a set of configurations, each with its level and
//! with which open operations have taken effect. A configuration in which the operation that returns now has not
//! taken effect is continued in every way that lets it. If none is left, the history is a violation.
//!
//! Normal forms keep the set small. Each rests on an exchange in an order that explains the history.
//! 1. *Act only for the response at hand.* Instants can be moved later until the next response needs them. So a
//!    continuation ends with the operation that returns.
//! 2. *Interchangeable moves* (same change, nothing said about the level): the one that returns first; indeterminate ones
//!    are a count, and come after those that must be made anyway. See [`dominance`] for why.
//! 3. *Observers* (reads, sold-outs) are done whenever the level suits them: they change nothing.
//! 4. *Only to needed levels.* Between two operations that ask for a level, moves are made only as far as the second one
//!    needs ([`jumps`]): what more is made can be made after it, ups first, so that the level stays above 0.
//!    Moves like the one that returns now are not made before it: it would have been chosen in their place.
//! 5. *Dominance.* See [`dominance`].
//! 6. *No future.* What was taken or added too early for an answer that is still to come: see [`bounds`] and [`crossings`].

mod bounds;
mod configuration;
mod crossings;
mod dominance;
mod endless;
mod jumps;
mod open;
mod paths;
mod settled;
mod walk;

pub(super) use self::{
    bounds::{Bounds, Sums},
    endless::{Endless, Settled},
    open::Role,
    settled::{Rest, rest_before, shortest_rest},
    walk::Stopped,
};

use self::{
    crossings::{Ahead, Crossings},
    paths::Paths,
    walk::Walk,
};
use super::{
    Decision, Refutation,
    invocations::Invocations,
    summary::Summary,
    view::{Horizon, Seen, View},
};
use crate::{
    checker::{Limits, Witness, budget::Budget},
    history::StockOperation,
};

/// More operations open at once than this are left to the general search.
pub(super) const MOST_OPEN: usize = 1024;

/// Decides the history; `None` when more than [`MOST_OPEN`] completed operations are open at once.
pub(super) fn check(view: View<'_>, initial: u64, summary: &Summary, limits: &Limits) -> Option<Decision> {
    let events = Events::of(view, summary);
    let crossings = Crossings::of(&events.invocations);
    let crossings = crossings.as_ref();
    Some(match events.most_open() {
        0..=64 => walk::<1>(&events, crossings, initial, limits),
        65..=128 => walk::<2>(&events, crossings, initial, limits),
        129..=256 => walk::<4>(&events, crossings, initial, limits),
        257..=MOST_OPEN => walk::<16>(&events, crossings, initial, limits),
        _ => return None,
    })
}

/// The first response with which an operation asks for a level that no order can reach: see [`bounds`]. More answers only
/// make more of them, so a bisection finds it. O(n log n).
pub(super) fn first_unreachable(operations: &[StockOperation], initial: u64) -> Option<Horizon> {
    let unreachable = |horizon: Horizon| {
        let view = View::new(operations, horizon);
        let invocations = Invocations::of(view, &Summary::of(view));
        !Bounds::of(&invocations, initial, Sums::default())
            .later(0)
            .allows(initial, 0)
    };
    if !unreachable(Horizon::END) {
        return None;
    }
    let responses = Horizon::responses(operations);
    let first = responses.partition_point(|&horizon| !unreachable(horizon));
    responses.get(first).copied()
}

/// Widths of the walks: a narrow one often finds an order where there is one; the last one is exact. The one before it is
/// as wide as a history's without an end, so that what passes there passes here.
const WIDTHS: [usize; 5] = [4, 64, 512, Endless::WIDTH, usize::MAX];

fn walk<const WORDS: usize>(
    events: &Events<'_>,
    crossings: Option<&Crossings>,
    initial: u64,
    limits: &Limits,
) -> Decision {
    let bounds = Bounds::of(&events.invocations, initial, Sums::default());
    if !bounds.later(0).allows(initial, 0) {
        return Decision::Refuted(Refutation::NOTHING);
    }
    let mut budget = Budget::new(*limits);
    for width in WIDTHS {
        let mut walk = Walk::<WORDS>::new(initial, width, budget, Paths::new());
        walk.look_ahead(crossings.map(Ahead::of));
        let stopped = match stroll(events, &bounds, &mut walk) {
            Ok(()) => return Decision::Order(Witness(walk.finish())),
            Err((Stopped::Limit(limit), _)) => return Decision::Undecided(limit),
            Err((Stopped::Refuted, at)) => at,
        };
        let exact;
        (budget, exact) = walk.stop();
        if exact {
            return Decision::Refuted(Refutation::Known {
                not_before: Some(stopped),
            });
        }
    }
    unreachable!("the last walk is exact")
}

/// Walks to the end, or to the response with which there is no configuration left.
///
/// A prefix that is a violation by itself has no past either when more is known. So no shorter one is.
fn stroll<const WORDS: usize>(
    events: &Events<'_>,
    bounds: &Bounds,
    walk: &mut Walk<'_, WORDS>,
) -> Result<(), (Stopped, Horizon)> {
    let mut invoked = 0;
    let mut invocations = events.invocations.iter().peekable();
    for &(at, index) in &events.responses {
        while let Some(seen) = invocations.next_if(|seen| seen.invoked <= at) {
            walk.invoke(&seen, bounds.of_operation(&seen));
            invoked += 1;
        }
        let role = Role::of(events.view.seen(index).what);
        let index_at = Horizon {
            at,
            index: index as usize,
        };
        walk.respond(role, index, bounds.later(invoked))
            .map_err(|stopped| (stopped, index_at))?;
    }
    Ok(())
}

/// Responses in order, and invocations in order. At one time invocations come first: intervals are closed.
struct Events<'a> {
    view: View<'a>,
    invocations: Invocations<'a>,
    responses: Vec<(u64, u32)>,
}

impl<'a> Events<'a> {
    fn of(view: View<'a>, summary: &Summary) -> Self {
        let mut responses: Vec<(u64, u32)> = view
            .iter()
            .filter(completed)
            .map(|seen| (seen.returned, seen.index))
            .collect();
        responses.sort_unstable();
        Self {
            view,
            invocations: Invocations::of(view, summary),
            responses,
        }
    }

    /// The most completed operations that are open at one time.
    fn most_open(&self) -> usize {
        let mut invocations = self.invocations.iter().filter(completed).peekable();
        let mut invoked = 0;
        let mut most = 0;
        for (returned, &(time, _)) in self.responses.iter().enumerate() {
            while invocations.next_if(|seen| seen.invoked <= time).is_some() {
                invoked += 1;
            }
            most = most.max(invoked - returned);
        }
        most
    }
}

fn completed(seen: &Seen) -> bool {
    !seen.is_indeterminate()
}
