//! What must hold.

use std::fmt;

use super::{interleavings::Interleavings, state::State};
use crate::explorer::Wrong;

/// A promise that a stock counter makes, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Property {
    /// No more units are told to be bought than there were: at most the initial stock and what was restocked.
    NeverOversold,
    /// No buyer is told to have more units than one buyer may have, and nobody is told to have theirs who cannot have.
    LimitPerBuyer,
    /// Nobody is told "sold out" while enough units are left, in any order that explains the answers before. Where none
    /// does any more, units are counted: enough of the initial stock is left when even all operations under way or of
    /// unknown outcome cannot have taken it.
    SoldOutIsTrue,
    /// The answers are those of one counter, each operation at some instant between its first command and its last
    /// reply.
    Linearizable,
    /// When all is over, the stock is what the answers and the operations that never returned leave of it. Where the
    /// answers contradict each other, at least no unit is gone that nobody was told to have and nobody of unknown outcome
    /// asked for.
    NoUnitLeaked,
    /// Whatever has happened, every client can still come to its end, without the help of a fault.
    EveryoneFinishes,
}

impl Property {
    /// All of them, the gravest first.
    pub const ALL: [Self; 6] = [
        Self::NeverOversold,
        Self::LimitPerBuyer,
        Self::SoldOutIsTrue,
        Self::Linearizable,
        Self::NoUnitLeaked,
        Self::EveryoneFinishes,
    ];

    /// As in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NeverOversold => "never-oversold",
            Self::LimitPerBuyer => "limit-per-buyer",
            Self::SoldOutIsTrue => "sold-out-is-true",
            Self::Linearizable => "linearizable",
            Self::NoUnitLeaked => "no-unit-leaked",
            Self::EveryoneFinishes => "everyone-finishes",
        }
    }

    /// What it is called when it does not hold: a word or two for a table.
    #[must_use]
    pub const fn broken(self) -> &'static str {
        match self {
            Self::NeverOversold => "oversells",
            Self::LimitPerBuyer => "too many for one",
            Self::SoldOutIsTrue => "false sold-out",
            Self::Linearizable => "wrong answer",
            Self::NoUnitLeaked => "leaks",
            Self::EveryoneFinishes => "gets stuck",
        }
    }

    /// Does it hold in this state? [`EveryoneFinishes`](Self::EveryoneFinishes) is not a matter of one state:
    /// as far as that goes, it does.
    #[must_use]
    pub fn holds(self, model: &Interleavings, state: &State) -> bool {
        match self {
            Self::NeverOversold => state.told <= model.setup.stock.saturating_add(state.restocked),
            Self::LimitPerBuyer => {
                let limit = model.rules.limit.unwrap_or(u64::MAX);
                let wrong = state.monitor.wrong();
                state.told_each.iter().all(|told| *told <= limit)
                    && !matches!(wrong, Some(Wrong::TooMany | Wrong::AlreadyUntrue))
            }
            Self::SoldOutIsTrue => !state.denied && state.monitor.wrong() != Some(Wrong::FalseSoldOut),
            Self::Linearizable => state.monitor.wrong().is_none(),
            Self::NoUnitLeaked => !state.is_over() || model.is_accounted_for(state),
            Self::EveryoneFinishes => true,
        }
    }
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Interleavings {
    /// Can the stock at the end be explained by the answers and the operations that never returned?
    fn is_accounted_for(&self, state: &State) -> bool {
        let Some(stock) = self.final_stock(state) else {
            return true;
        };
        // Answers that contradict each other explain nothing: then units can only be counted.
        let counted = || {
            let known = i128::from(stock) + i128::from(state.told) + i128::from(state.unknown);
            known >= i128::from(self.setup.stock)
        };
        match state.monitor.may_be(&self.rules, stock, &[]) {
            Ok(may) => may.unwrap_or_else(counted),
            Err(crowded) => {
                self.note(crowded);
                true
            }
        }
    }

    /// Units that are gone although no buyer was told that they are his, when all is over: taken by operations whose
    /// outcome nobody learned.
    pub(super) fn untold(&self, state: &State) -> u64 {
        if !state.is_over() || state.monitor.wrong().is_some() {
            return 0;
        }
        let Some(stock) = self.final_stock(state) else {
            return 0;
        };
        let there = i128::from(self.setup.stock) + i128::from(state.restocked);
        let gone = there - i128::from(stock) - i128::from(state.told);
        u64::try_from(gone.max(0)).unwrap_or(u64::MAX)
    }
}
