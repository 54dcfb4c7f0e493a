//! Which algorithm a history is put before.

use std::fmt;

use super::{
    counting,
    decision::{Decision, Refutation, Refuted},
    eager, frontier,
    outline::Outline,
    search,
    summary::Summary,
    sweep, tiling, units,
    view::View,
};
use crate::engines::budget::Budget;

/// The algorithm that gave a verdict on a stock counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Engine {
    /// An answer that is wrong in every history: a negative level, a unit sold twice.
    Answers,
    /// Only `bought` and `sold-out`, no restock: counting.
    Counting,
    /// Every buy says what remains, no restock: the answers must tile the stock.
    Tiling,
    /// No restock, buys of one unit: one sweep over time.
    Sweep,
    /// Restocks, and nothing that depends on a level but `bought`: the order with the highest levels.
    Eager,
    /// Any other mix: every past that matters, from response to response.
    Frontier,
    /// Histories beyond the contract (quantity 0, levels beyond 64 bits), or with very many operations open at once: the
    /// [general search](crate::engines::general).
    Search,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Answers => "answers",
            Self::Counting => "counting",
            Self::Tiling => "tiling",
            Self::Sweep => "sweep",
            Self::Eager => "eager",
            Self::Frontier => "frontier",
            Self::Search => "search",
        })
    }
}

pub(super) fn decide(outline: &Outline<'_>, initial: u64, budget: &Budget) -> (Decision, Engine) {
    let (view, summary) = (outline.view(), &outline.summary);
    let mut engine = choose(view, initial, summary);
    let decision = match engine {
        Engine::Answers => Err(Refuted).into(),
        Engine::Counting => counting::check(outline, initial).into(),
        Engine::Tiling => match tiling::check(outline, initial) {
            Ok(witness) => Decision::Order(witness),
            Err(borders) => Decision::Refuted(Refutation::Tiled(borders)),
        },
        Engine::Sweep => {
            let (borders, order) = tiling::begin(outline, initial);
            match sweep::run_from(outline, initial, &borders, order) {
                Ok(witness) => Decision::Order(witness),
                Err(dead) => Decision::Refuted(Refutation::Swept(dead)),
            }
        }
        Engine::Eager => eager::check(view, initial, summary).into(),
        Engine::Frontier if eager::first_without_stock(view, initial, summary).is_some() => Err(Refuted).into(),
        Engine::Frontier => frontier::check(view, initial, budget).unwrap_or_else(|| {
            engine = Engine::Search;
            search::check(view, initial, budget.further())
        }),
        Engine::Search => search::check(view, initial, budget.further()),
    };
    (decision, engine)
}

fn choose(view: View<'_>, initial: u64, summary: &Summary) -> Engine {
    let restocked = summary.restocks + summary.maybe_restocks > 0;
    if summary.impossible || (summary.named > 0 && units::first_duplicate(view).is_some()) {
        Engine::Answers
    } else if summary.zero || !summary.levels_fit(initial) || u32::try_from(view.operations().len()).is_err() {
        Engine::Search
    } else if restocked {
        let asks = summary.valued + summary.valued_restocks + summary.reads + summary.sold_outs;
        if asks == 0 { Engine::Eager } else { Engine::Frontier }
    } else if summary.valued + summary.reads == 0 && (summary.unit_maybe_buys || summary.sold_outs == 0) {
        Engine::Counting
    } else if summary.unvalued + summary.maybe_buys == 0 {
        Engine::Tiling
    } else if summary.unit_buys {
        Engine::Sweep
    } else {
        Engine::Frontier
    }
}
