//! Why a counterexample is one: the facts its sentence is made of.

use oversell_spec::stock::StockOp;

use super::{kind::Kind, parts::StockCounterexample};

/// A counterexample of the stock counter, its kind, and the facts that show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) kind: Kind,
    pub(super) counterexample: StockCounterexample,
    pub(super) reason: Reason,
}

/// The facts that show why no order explains the answers. Amounts are units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// All operations shown were told `bought`; the others leave too little for all of them.
    TooManySales {
        /// The stock at the beginning of the history.
        stock: u64,
        /// Put back, or possibly put back, until the last of these sales was told.
        restocked: u64,
        /// Sold until then, these sales included.
        sold: u64,
        /// What all the buyers shown had read before they took anything.
        read: Option<i64>,
    },
    /// Two buyers hold the same named unit.
    SameUnit,
    /// Two buys say that they took the same unit off the counter, or overlapping ones.
    SameUnits,
    /// The only operation shown was told something that the level, which is at least the initial one throughout, rules
    /// out.
    LevelAtLeast(Bound),
    /// As before, with the level at most the initial one.
    LevelAtMost(Bound),
    /// The first operation shown was over before the second began, and the level the second tells is above the first's.
    LevelRose,
    /// A level was told between those before and after a buy, which takes its units at once.
    WithinABuy,
    /// Found by leaving out whatever is not needed.
    Search {
        /// What had moved the stock from the initial one to that of the counterexample, where that is known.
        before: Option<Before>,
    },
}

/// Units moved by operations that are not shown, all of which count as over before those that are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Before {
    /// Units sold.
    pub(super) sold: u64,
    /// Units put back.
    pub(super) restocked: u64,
}

impl Before {
    pub(super) const NOTHING: Self = Self { sold: 0, restocked: 0 };

    /// With the units of one more operation, which took effect.
    pub(super) fn add(&mut self, op: StockOp) {
        match op {
            StockOp::Restock { quantity } => self.restocked = self.restocked.saturating_add(quantity),
            StockOp::Buy { quantity } => self.sold = self.sold.saturating_add(quantity),
            StockOp::Read => {}
        }
    }
}

impl Reason {
    /// How the stock came to be `left`, where the facts say so.
    pub(super) fn before(&self, left: u64) -> Option<Before> {
        match *self {
            Self::TooManySales { stock, restocked, .. } => Some(Before {
                sold: stock.saturating_add(restocked).saturating_sub(left),
                restocked,
            }),
            Self::LevelAtLeast(bound) | Self::LevelAtMost(bound) => Some(Before {
                sold: bound.sold,
                restocked: bound.restocked,
            }),
            Self::Search { before } => before,
            Self::SameUnit | Self::SameUnits | Self::LevelRose | Self::WithinABuy => None,
        }
    }
}

/// How the level at an operation is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    /// The stock at the beginning of the history.
    pub(super) stock: u64,
    /// Units put back: those that certainly were for a lower bound, those that possibly were for an upper one.
    pub(super) restocked: u64,
    /// Units sold: those that possibly were for a lower bound, those that certainly were for an upper one.
    pub(super) sold: u64,
    /// Of these, units whose buyers got no answer.
    pub(super) unanswered: u64,
}
