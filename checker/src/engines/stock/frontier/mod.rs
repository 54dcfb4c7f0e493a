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
mod events;
mod jumps;
mod open;
mod paths;
mod reach;
mod rest;
mod role;
mod settled;
mod walk;
mod widths;

pub(super) use self::{
    bounds::{Bounds, Sums},
    endless::Endless,
    events::MOST_OPEN,
    rest::{Rest, Settled},
    role::Role,
    settled::{rest_before, shortest_rest},
};

use self::{crossings::Crossings, events::Events, reach::Reach};
use super::{
    decision::{Decision, Refutation},
    view::{Horizon, View},
};
use crate::engines::budget::Budget;

/// Decides the history; `None` when more than [`MOST_OPEN`] completed operations are open at once.
pub(super) fn check(view: View<'_>, initial: u64, budget: &Budget) -> Option<Decision> {
    let events = Events::of(view);
    if Reach::of(&events, initial).fails() {
        return Some(Decision::Refuted(Refutation::NOTHING));
    }
    let crossings = Crossings::of(&events.invocations);
    let crossings = crossings.as_ref();
    Some(match events.most_open() {
        0..=64 => widths::check::<1>(&events, crossings, initial, budget.further()),
        65..=128 => widths::check::<2>(&events, crossings, initial, budget.further()),
        129..=256 => widths::check::<4>(&events, crossings, initial, budget.further()),
        257..=MOST_OPEN => widths::check::<16>(&events, crossings, initial, budget.further()),
        _ => return None,
    })
}

/// The first response with which an operation asks for a level that no order can reach, if one does: see [`reach`].
pub(super) fn first_unreachable(view: View<'_>, initial: u64) -> Option<Horizon> {
    let events = Events::of(view);
    Reach::of(&events, initial).first_failure()
}
