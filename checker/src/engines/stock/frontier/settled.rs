//! What a history comes to from an instant on at which only one past was left: looking for when a violation was certain, its
//! prefixes need not all be walked from the start.
//!
//! The prefix up to the response `from` is walked, keeping every past that matters. Say one is left after some response,
//! and what was invoked by then had returned by `from` as well, or never returns. Then every longer prefix has the same
//! operations with the same answers up to there. If it has an order, so has the shorter one, from the same pasts; so it has
//! one that goes on from this past. What has not taken effect in it and what was invoked later, from the level that it
//! led to, is therefore linearizable if and only if the whole prefix is.

use super::{
    bounds::{Bounds, Sums},
    crossings::{Ahead, Crossings},
    endless::Endless,
    events::{Events, MOST_OPEN},
    paths::Paths,
    rest::{Rest, Settled},
    walk::Walk,
    widths::Stroll,
};
use crate::{
    engines::{
        budget::Budget,
        stock::view::{Horizon, View},
    },
    history::StockOperation,
};

/// After so many responses at the latest, the only past is noted again; earlier where the history is short.
const STRIDE: usize = 256;

/// The rest of the history from which every prefix up to `from` or further can be decided. `None` where there is no such
/// instant, or it cannot be found within the limits.
pub(in crate::engines::stock) fn rest_before(
    operations: &[StockOperation],
    initial: u64,
    from: Horizon,
    budget: &Budget,
) -> Option<Rest> {
    let view = View::new(operations, from);
    let begun = operations.iter().enumerate().filter(|(_, one)| one.invoked <= from.at);
    let later = begun.filter(|&(index, one)| {
        let answered = one.response.map(|response| response.at);
        answered.is_some_and(|at| !view.knows(at, index))
    });
    let until = later.map(|(_, one)| one.invoked).min().unwrap_or(u64::MAX);
    rest(view, initial, from, until, STRIDE, budget)
}

/// The shortest rest from which the prefix up to `from` can be decided.
pub(in crate::engines::stock) fn shortest_rest(
    operations: &[StockOperation],
    initial: u64,
    from: Horizon,
    budget: &Budget,
) -> Option<Rest> {
    rest(View::new(operations, from), initial, from, u64::MAX, 0, budget)
}

fn rest(view: View<'_>, initial: u64, from: Horizon, until: u64, stride: usize, budget: &Budget) -> Option<Rest> {
    let events = Events::of(view);
    let (at, settled) = match events.most_open() {
        0..=64 => last_settled::<1>(&events, initial, until, stride, budget),
        65..=128 => last_settled::<2>(&events, initial, until, stride, budget),
        129..=256 => last_settled::<4>(&events, initial, until, stride, budget),
        257..=MOST_OPEN => last_settled::<16>(&events, initial, until, stride, budget),
        _ => None,
    }?;
    let rest = Rest::of(view, at, settled);
    rest.indices.binary_search(&from.index).is_ok().then_some(rest)
}

/// The last response before `until` after which one past was left, and that past.
fn last_settled<const WORDS: usize>(
    events: &Events<'_>,
    initial: u64,
    until: u64,
    stride: usize,
    budget: &Budget,
) -> Option<(u64, Settled)> {
    let bounds = Bounds::of(&events.invocations, initial, Sums::default());
    let crossings = Crossings::of(&events.invocations);
    let ahead = crossings.as_ref().map(Ahead::of);
    let (budget, paths) = (budget.further(), Paths::forgotten());
    let mut now = Stroll::new(Walk::<WORDS>::new(initial, Endless::WIDTH, budget, paths, ahead));
    let (mut noted, mut last) = (0, None);
    for (place, &response) in events.responses.iter().enumerate() {
        let (at, _) = response;
        if at >= until || now.step(events, &bounds, response).is_err() || now.walk.narrowed {
            break;
        }
        if place >= noted + stride.min(place / 16)
            && let Some(settled) = now.walk.settled()
        {
            noted = place;
            last = Some((at, settled));
        }
    }
    last
}
