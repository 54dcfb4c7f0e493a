//! What may and what must have happened by some instant, from the times of the operations alone.

use oversell_models::spec::stock::{StockOp, StockRet};
use rayon::slice::ParallelSliceMut as _;

use super::reason::Bound;
use crate::history::StockOperation;

/// Units moved by the operations of a history, summed up by time.
pub(super) struct Ledger {
    initial: u64,
    /// Buys with the answer `bought` or none, by invocation.
    buys_begun: Sums,
    /// Of these the ones without an answer.
    unanswered_begun: Sums,
    /// Buys with the answer `bought`, by response.
    bought_ended: Sums,
    /// Restocks with or without an answer, by invocation.
    restocks_begun: Sums,
    /// Restocks with an answer, by response.
    restocks_ended: Sums,
}

impl Ledger {
    pub(super) fn new(initial: u64, history: &[StockOperation]) -> Self {
        let buys = || {
            history.iter().filter_map(|operation| match operation.op {
                StockOp::Buy { quantity } => Some((operation, quantity)),
                _ => None,
            })
        };
        let bought = || buys().filter(|(operation, _)| is_bought(operation));
        let ever = history.iter().fold(initial, |sum, operation| match operation.op {
            StockOp::Restock { quantity } => sum.saturating_add(quantity),
            StockOp::Buy { .. } | StockOp::Read => sum,
        });
        // What asked for more than there ever was took nothing, answered or not.
        let unanswered = || buys().filter(|(operation, quantity)| operation.response.is_none() && *quantity <= ever);
        let restocks = || {
            history.iter().filter_map(|operation| match operation.op {
                StockOp::Restock { quantity } => Some((operation, quantity)),
                _ => None,
            })
        };
        let begun = |(operation, quantity): (&StockOperation, u64)| (operation.invoked, quantity);
        let ended = |(operation, quantity): (&StockOperation, u64)| {
            operation.response.as_ref().map(|response| (response.at, quantity))
        };
        Self {
            initial,
            buys_begun: Sums::new(bought().chain(unanswered()).map(begun)),
            unanswered_begun: Sums::new(unanswered().map(begun)),
            bought_ended: Sums::new(bought().filter_map(ended)),
            restocks_begun: Sums::new(restocks().map(begun)),
            restocks_ended: Sums::new(restocks().filter_map(ended)),
        }
    }

    /// The level just before `operation` took effect is at least this, whenever in its interval that was.
    ///
    /// Every unit that may have been sold by then is taken as sold (every buy begun by its response), and only what
    /// was certainly put back as put back (every restock over before its invocation).
    pub(super) fn at_least(&self, operation: &StockOperation) -> (i128, Bound) {
        let own = if is_bought(operation) { quantity(operation) } else { 0 };
        let returned = operation.returned();
        let bound = Bound {
            stock: self.initial,
            restocked: self.restocks_ended.before(operation.invoked),
            sold: self.buys_begun.until(returned).saturating_sub(own),
            unanswered: self.unanswered_begun.until(returned),
        };
        (bound.level(), bound)
    }

    /// The level just before `operation` took effect is at most this, whenever in its interval that was.
    ///
    /// Only what was certainly sold is taken as sold (every sale over before its invocation), and all that may have
    /// been put back as put back (every restock begun by its response).
    pub(super) fn at_most(&self, operation: &StockOperation) -> (i128, Bound) {
        let own = match operation.op {
            StockOp::Restock { quantity } => quantity,
            _ => 0,
        };
        let bound = Bound {
            stock: self.initial,
            restocked: self.restocks_begun.until(operation.returned()).saturating_sub(own),
            sold: self.bought_ended.before(operation.invoked),
            unanswered: 0,
        };
        (bound.level(), bound)
    }

    /// When the first restock began.
    pub(super) fn first_restock(&self) -> Option<u64> {
        self.restocks_begun.0.first().map(|&(at, _)| at)
    }
}

impl Bound {
    fn level(&self) -> i128 {
        i128::from(self.stock) + i128::from(self.restocked) - i128::from(self.sold)
    }
}

/// Running sums of quantities by time.
struct Sums(Vec<(u64, u64)>);

impl Sums {
    fn new(iter: impl Iterator<Item = (u64, u64)> + Clone) -> Self {
        // Counted first, as a list that grows by doubling would take up to three times the room.
        let mut items = Vec::with_capacity(iter.clone().count());
        items.extend(iter);
        items.par_sort_unstable();
        let mut sum = 0u64;
        for (_, quantity) in &mut items {
            sum = sum.saturating_add(*quantity);
            *quantity = sum;
        }
        Self(items)
    }

    /// The sum of those strictly before `time`.
    fn before(&self, time: u64) -> u64 {
        self.first(self.0.partition_point(|&(at, _)| at < time))
    }

    /// The sum of those at or before `time`.
    fn until(&self, time: u64) -> u64 {
        self.first(self.0.partition_point(|&(at, _)| at <= time))
    }

    fn first(&self, count: usize) -> u64 {
        count.checked_sub(1).map_or(0, |last| self.0[last].1)
    }
}

pub(super) fn is_bought(operation: &StockOperation) -> bool {
    answer(operation).is_some_and(|ret| matches!(ret, StockRet::Bought { .. }))
}

pub(super) fn is_sold_out(operation: &StockOperation) -> bool {
    answer(operation) == Some(StockRet::SoldOut)
}

pub(super) fn answer(operation: &StockOperation) -> Option<StockRet> {
    operation.response.map(|response| response.ret)
}

/// Units asked for or put back; a read moves none.
pub(super) fn quantity(operation: &StockOperation) -> u64 {
    match operation.op {
        StockOp::Buy { quantity } | StockOp::Restock { quantity } => quantity,
        StockOp::Read => 0,
    }
}

/// The stock that the answer tells.
pub(super) fn told(operation: &StockOperation) -> Option<i64> {
    match answer(operation)? {
        StockRet::Bought { remaining, .. } => remaining,
        StockRet::Stock(stock) => Some(stock),
        StockRet::Restocked { stock } => stock,
        StockRet::SoldOut => None,
    }
}

/// The levels just before and just after the operation, where its answer tells them.
pub(super) fn told_levels(operation: &StockOperation) -> Option<(i128, i128)> {
    let told = i128::from(told(operation)?);
    let quantity = i128::from(quantity(operation));
    Some(match operation.op {
        StockOp::Buy { .. } => (told + quantity, told),
        StockOp::Read => (told, told),
        StockOp::Restock { .. } => (told - quantity, told),
    })
}
