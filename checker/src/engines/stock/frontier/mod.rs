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
//!
//! Before it walks, it looks whether some answer can be ruled out by counting: see [`reach`].

mod bounds;
mod configuration;
mod crossings;
mod dominance;
mod endless;
mod jumps;
mod open;
mod paths;
mod reach;
mod settled;
mod walk;
mod widths;

pub(super) use self::{
    bounds::{Bounds, Sums},
    endless::{Endless, Settled},
    open::Role,
    settled::{Rest, rest_before, shortest_rest},
    walk::Stopped,
};

use self::{crossings::Crossings, reach::Reach};
use super::{
    Decision, Refutation,
    invocations::Invocations,
    summary::Summary,
    view::{Horizon, Seen, View},
};
use crate::engines::Limits;

/// More operations open at once than this are left to the general search.
pub(super) const MOST_OPEN: usize = 1024;

/// Decides the history; `None` when more than [`MOST_OPEN`] completed operations are open at once.
pub(super) fn check(view: View<'_>, initial: u64, summary: &Summary, limits: &Limits) -> Option<Decision> {
    let events = Events::of(view, summary);
    if Reach::of(&events, initial).fails() {
        return Some(Decision::Refuted(Refutation::NOTHING));
    }
    let crossings = Crossings::of(&events.invocations);
    let crossings = crossings.as_ref();
    Some(match events.most_open() {
        0..=64 => widths::check::<1>(&events, crossings, initial, limits),
        65..=128 => widths::check::<2>(&events, crossings, initial, limits),
        129..=256 => widths::check::<4>(&events, crossings, initial, limits),
        257..=MOST_OPEN => widths::check::<16>(&events, crossings, initial, limits),
        _ => return None,
    })
}

/// The first response with which an operation asks for a level that no order can reach, if one does: see [`reach`].
pub(super) fn first_unreachable(view: View<'_>, initial: u64, summary: &Summary) -> Option<Horizon> {
    let events = Events::of(view, summary);
    Reach::of(&events, initial).first_failure()
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
