//! What may and what must have happened by some instant, from the times of the operations alone.

use oversell_spec::stock::{StockOp, StockRet};

use super::{nearly, reason::Bound, tell::Tell as _};
use crate::history::StockOperation;

/// Units moved by the operations of a history, summed up by time.
pub(super) struct Ledger {
    initial: u64,
    sums: Moves<Sums>,
}

/// One for each way in which operations tell of units that were moved.
struct Moves<T> {
    /// Buys with the answer `bought` or none, by invocation.
    buys_begun: T,
    /// Of these the ones without an answer.
    unanswered_begun: T,
    /// Buys with the answer `bought`, by response.
    bought_ended: T,
    /// Restocks with or without an answer, by invocation.
    restocks_begun: T,
    /// Restocks with an answer, by response.
    restocks_ended: T,
}

/// Times, and quantities or running sums of them.
type Sums = Vec<(u64, u64)>;

impl Ledger {
    pub(super) fn new(initial: u64, history: &[StockOperation]) -> Self {
        let mut sums = moves(history, u64::MAX);
        let ever = sums.restocks_begun.iter().map(|&(_, quantity)| quantity);
        let ever = ever.fold(initial, u64::saturating_add);
        // What asked for more than there ever was took nothing, answered or not.
        if sums.unanswered_begun.iter().any(|&(_, quantity)| quantity > ever) {
            sums = moves(history, ever);
        }
        sum_up(&mut sums.buys_begun);
        sum_up(&mut sums.unanswered_begun);
        sum_up(&mut sums.bought_ended);
        sum_up(&mut sums.restocks_begun);
        sum_up(&mut sums.restocks_ended);
        Self { initial, sums }
    }

    /// To ask about one operation after the other.
    pub(super) const fn look(&self) -> Look<'_> {
        Look {
            initial: self.initial,
            sums: Moves {
                buys_begun: Cursor::of(&self.sums.buys_begun),
                unanswered_begun: Cursor::of(&self.sums.unanswered_begun),
                bought_ended: Cursor::of(&self.sums.bought_ended),
                restocks_begun: Cursor::of(&self.sums.restocks_begun),
                restocks_ended: Cursor::of(&self.sums.restocks_ended),
            },
        }
    }

    /// When sales were told, in order.
    pub(super) fn sales_told(&self) -> impl Iterator<Item = u64> {
        self.sums.bought_ended.iter().map(|&(at, _)| at)
    }

    /// What may have been put back by `time`.
    pub(super) fn restocked_by(&self, time: u64) -> u64 {
        Cursor::of(&self.sums.restocks_begun).until(time)
    }

    /// When the first restock began.
    pub(super) fn first_restock(&self) -> Option<u64> {
        self.sums.restocks_begun.first().map(|&(at, _)| at)
    }
}

/// The way into a ledger for questions about operations that are asked in the order of their invocations, or nearly: each
/// answer is looked for from where the last one was found.
pub(super) struct Look<'a> {
    initial: u64,
    sums: Moves<Cursor<'a>>,
}

impl Look<'_> {
    /// The level just before `operation` took effect is at least this, whenever in its interval that was.
    ///
    /// Every unit that may have been sold by then is taken as sold (every buy begun by its response), and only what
    /// was certainly put back as put back (every restock over before its invocation).
    pub(super) fn at_least(&mut self, operation: &StockOperation) -> (i128, Bound) {
        let own = if is_bought(operation) { quantity(operation) } else { 0 };
        let returned = operation.returned();
        let bound = Bound {
            stock: self.initial,
            restocked: self.sums.restocks_ended.before(operation.invoked),
            sold: self.sums.buys_begun.until(returned).saturating_sub(own),
            unanswered: self.sums.unanswered_begun.until(returned),
        };
        (bound.level(), bound)
    }

    /// The level just before `operation` took effect is at most this, whenever in its interval that was.
    ///
    /// Only what was certainly sold is taken as sold (every sale over before its invocation), and all that may have
    /// been put back as put back (every restock begun by its response).
    pub(super) fn at_most(&mut self, operation: &StockOperation) -> (i128, Bound) {
        let own = match operation.op {
            StockOp::Restock { quantity } => quantity,
            _ => 0,
        };
        let bound = Bound {
            stock: self.initial,
            restocked: self.sums.restocks_begun.until(operation.returned()).saturating_sub(own),
            sold: self.sums.bought_ended.before(operation.invoked),
            unanswered: 0,
        };
        (bound.level(), bound)
    }

    /// What is left of the stock and of all that may have been put back by `time` when every sale told by then is taken off.
    pub(super) fn told_by(&mut self, time: u64) -> i128 {
        let sold = self.sums.bought_ended.until(time);
        self.left_of_all(time, sold)
    }

    /// The same without the sales told at that very time.
    pub(super) fn told_before(&mut self, time: u64) -> i128 {
        let sold = self.sums.bought_ended.before(time);
        self.left_of_all(time, sold)
    }

    fn left_of_all(&mut self, time: u64, sold: u64) -> i128 {
        match self.sums.restocks_begun.until(time) {
            // That, or more.
            u64::MAX => i128::MAX,
            restocked => i128::from(self.initial) + i128::from(restocked) - i128::from(sold),
        }
    }
}

impl Bound {
    fn level(&self) -> i128 {
        i128::from(self.stock) + i128::from(self.restocked) - i128::from(self.sold)
    }
}

/// The quantities that are moved, in one pass over the history. Purchases of more than `most` units without an answer are
/// left out.
fn moves(history: &[StockOperation], most: u64) -> Moves<Sums> {
    // Room for everything in each: what is not used of it takes no memory, and nothing is ever moved.
    let room = || Vec::with_capacity(history.len());
    let mut lists = Moves {
        buys_begun: room(),
        unanswered_begun: room(),
        bought_ended: room(),
        restocks_begun: room(),
        restocks_ended: room(),
    };
    for operation in history {
        let (begun, answered) = (operation.invoked, operation.response.is_some());
        match operation.op {
            StockOp::Restock { quantity } => {
                lists.restocks_begun.push((begun, quantity));
                if answered {
                    lists.restocks_ended.push((operation.returned(), quantity));
                }
            }
            StockOp::Buy { quantity } if is_bought(operation) => {
                lists.buys_begun.push((begun, quantity));
                lists.bought_ended.push((operation.returned(), quantity));
            }
            StockOp::Buy { quantity } if !answered && quantity <= most => {
                lists.buys_begun.push((begun, quantity));
                lists.unanswered_begun.push((begun, quantity));
            }
            StockOp::Buy { .. } | StockOp::Read => {}
        }
    }
    lists
}

/// From quantities to their running sums by time.
fn sum_up(items: &mut [(u64, u64)]) {
    nearly::sort(items, |&item| item);
    let mut sum = 0u64;
    for (_, quantity) in items {
        sum = sum.saturating_add(*quantity);
        *quantity = sum;
    }
}

/// Where the last answer about some sums was found.
struct Cursor<'a> {
    sums: &'a [(u64, u64)],
    place: usize,
}

impl<'a> Cursor<'a> {
    const fn of(sums: &'a Sums) -> Self {
        Self {
            sums: sums.as_slice(),
            place: 0,
        }
    }

    /// The sum of those strictly before `time`.
    fn before(&mut self, time: u64) -> u64 {
        self.sum_while(|at| at < time)
    }

    /// The sum of those at or before `time`.
    fn until(&mut self, time: u64) -> u64 {
        self.sum_while(|at| at <= time)
    }

    /// The sum of all up to the last of which `within` holds, looked for in growing steps from the last place on.
    fn sum_while(&mut self, within: impl Fn(u64) -> bool) -> u64 {
        let holds = |place: usize| within(self.sums[place].0);
        let (mut low, mut high) = (self.place, self.place);
        let mut step = 1;
        while low > 0 && !holds(low - 1) {
            high = low - 1;
            low = low.saturating_sub(step);
            step *= 2;
        }
        step = 1;
        while high < self.sums.len() && holds(high) {
            low = high + 1;
            high = (high + step).min(self.sums.len());
            step *= 2;
        }
        self.place = low + self.sums[low..high].partition_point(|&(at, _)| within(at));
        self.place.checked_sub(1).map_or(0, |last| self.sums[last].1)
    }
}

#[inline]
pub(super) fn is_bought(operation: &StockOperation) -> bool {
    answer(operation).is_some_and(|ret| matches!(ret, StockRet::Bought { .. }))
}

pub(super) fn is_sold_out(operation: &StockOperation) -> bool {
    matches!(answer(operation), Some(StockRet::SoldOut | StockRet::Refused))
}

#[inline]
pub(super) fn answer(operation: &StockOperation) -> Option<StockRet> {
    operation.response.map(|response| response.ret)
}

/// Units asked for or put back; a read moves none.
#[inline]
pub(super) fn quantity(operation: &StockOperation) -> u64 {
    match operation.op {
        StockOp::Buy { quantity } | StockOp::Restock { quantity } => quantity,
        StockOp::Read => 0,
    }
}

/// The stock that the answer tells.
#[inline]
pub(super) fn told(operation: &StockOperation) -> Option<i64> {
    operation.op.told(&answer(operation)?)
}

/// The levels just before and just after the operation, where its answer tells them.
#[inline]
pub(super) fn told_levels(operation: &StockOperation) -> Option<(i128, i128)> {
    let told = i128::from(told(operation)?);
    let quantity = i128::from(quantity(operation));
    Some(match operation.op {
        StockOp::Buy { .. } => (told + quantity, told),
        StockOp::Read => (told, told),
        StockOp::Restock { .. } => (told - quantity, told),
    })
}
