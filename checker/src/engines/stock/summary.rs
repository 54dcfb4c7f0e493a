//! What a history contains: decides which engine may take it.

use super::view::{Seen, What};

/// Counts and sums over the operations of one key.
#[derive(Clone, Debug, Default)]
pub(super) struct Summary {
    /// `bought` with `remaining`.
    pub(super) valued: usize,
    /// `bought` without.
    pub(super) unvalued: usize,
    pub(super) maybe_buys: usize,
    pub(super) sold_outs: usize,
    pub(super) reads: usize,
    pub(super) restocks: usize,
    /// Restocks that said what the stock was after them.
    pub(super) valued_restocks: usize,
    pub(super) maybe_restocks: usize,
    /// Every buy that took or may have taken something has quantity 1.
    pub(super) unit_buys: bool,
    /// Every indeterminate buy has quantity 1.
    pub(super) unit_maybe_buys: bool,
    /// Every buy that was told sold-out has quantity 1.
    pub(super) unit_sold_outs: bool,
    /// There is a quantity of 0, which the contract does not know.
    pub(super) zero: bool,
    /// Buys that were told which unit they took.
    pub(super) named: usize,
    /// Units of all acknowledged buys.
    pub(super) bought: u128,
    /// Units of all restocks, acknowledged or not.
    pub(super) restocked: u128,
    /// The operations stand in the order of their invocations.
    pub(super) by_invocation: bool,
    /// Some answer is not one to its question.
    pub(super) nonsense: bool,
    /// Some answer is impossible in any history: negative, or not an answer to its question.
    pub(super) impossible: bool,
}

impl Summary {
    /// Of nothing.
    pub(super) fn new() -> Self {
        Self {
            unit_buys: true,
            unit_maybe_buys: true,
            unit_sold_outs: true,
            by_invocation: true,
            ..Self::default()
        }
    }

    /// Adds what is in another part; whether the two stand in order is not looked at.
    pub(super) fn join(&mut self, other: &Self) {
        self.valued += other.valued;
        self.unvalued += other.unvalued;
        self.maybe_buys += other.maybe_buys;
        self.sold_outs += other.sold_outs;
        self.reads += other.reads;
        self.restocks += other.restocks;
        self.valued_restocks += other.valued_restocks;
        self.maybe_restocks += other.maybe_restocks;
        self.unit_buys &= other.unit_buys;
        self.unit_maybe_buys &= other.unit_maybe_buys;
        self.unit_sold_outs &= other.unit_sold_outs;
        self.zero |= other.zero;
        self.named += other.named;
        self.bought += other.bought;
        self.restocked += other.restocked;
        self.by_invocation &= other.by_invocation;
        self.nonsense |= other.nonsense;
        self.impossible |= other.impossible;
    }

    /// Adds an operation; whether it stands in order is not looked at.
    #[inline(always)]
    pub(super) fn add(&mut self, seen: &Seen) {
        let negative = |level: Option<i64>| level.is_some_and(|level| level < 0);
        self.named += usize::from(seen.named);
        match seen.what {
            What::Bought { quantity, remaining } => {
                *(if remaining.is_some() {
                    &mut self.valued
                } else {
                    &mut self.unvalued
                }) += 1;
                self.bought += u128::from(quantity);
                self.unit_buys &= quantity == 1;
                self.zero |= quantity == 0;
                self.impossible |= negative(remaining);
            }
            What::MaybeBuy { quantity } => {
                self.maybe_buys += 1;
                self.unit_buys &= quantity == 1;
                self.unit_maybe_buys &= quantity == 1;
                self.zero |= quantity == 0;
            }
            What::SoldOut { quantity } => {
                self.sold_outs += 1;
                self.unit_sold_outs &= quantity == 1;
                self.impossible |= quantity == 0;
            }
            What::Read { level } => {
                self.reads += 1;
                self.impossible |= level < 0;
            }
            What::Restocked { quantity, stock } => {
                self.restocks += 1;
                self.valued_restocks += usize::from(stock.is_some());
                self.restocked += u128::from(quantity);
                self.zero |= quantity == 0;
                self.impossible |= negative(stock);
            }
            What::MaybeRestock { quantity } => {
                self.maybe_restocks += 1;
                self.restocked += u128::from(quantity);
                self.zero |= quantity == 0;
            }
            What::Nonsense => {
                self.nonsense = true;
                self.impossible = true;
            }
        }
    }

    /// Nothing is put back, and every buy is of one unit, also as long as its answer is not known.
    pub(super) const fn by_one(&self) -> bool {
        self.restocks + self.maybe_restocks == 0 && self.unit_buys && self.unit_sold_outs && !self.nonsense
    }

    /// No level, from so many units at first, is beyond 64 bits.
    pub(super) fn levels_fit(&self, initial: u64) -> bool {
        u128::from(initial) + self.restocked <= u128::from(u64::MAX)
    }

    /// Operations that matter.
    pub(super) const fn len(&self) -> usize {
        self.valued
            + self.unvalued
            + self.maybe_buys
            + self.sold_outs
            + self.reads
            + self.restocks
            + self.maybe_restocks
    }
}
