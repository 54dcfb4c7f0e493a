//! Confirms a counterexample of the stock counter by trying every order.

use oversell_spec::stock::{StockOp, StockRet, Unit};

use rustc_hash::FxHashSet;

use super::parts::{Others, Span, StockCounterexample};
use crate::{engines::Verdict, history::StockOperation};

/// What trying every order has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// No order explains the answers: the counterexample is one.
    Confirmed,
    /// Some order explains the answers: what was taken for a counterexample is none.
    Refuted,
    /// There are too many orders to try them all.
    TooMany,
}

impl From<Verdict> for Confirmation {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Violation(_) => Self::Confirmed,
            Verdict::Linearizable(_) => Self::Refuted,
            Verdict::Undecided(_) => Self::TooMany,
        }
    }
}

/// Most operations that are tried in every order.
pub const MOST_OPERATIONS: usize = 24;

/// Most combinations of operations done and stock reached that are looked at.
pub(super) const MOST_CONFIGURATIONS: usize = 1_000_000;

/// The same for those who ask many times, while a counterexample is made plainer.
pub(super) const BRIEFLY: usize = 5_000;

/// Tries every order of the operations as far as they are needed (relaxed), and every way in which others may have
/// sold and put back meanwhile.
#[must_use]
pub fn confirm(counterexample: &StockCounterexample) -> Confirmation {
    confirm_within(MOST_CONFIGURATIONS, counterexample)
}

pub(super) fn confirm_within(most: usize, counterexample: &StockCounterexample) -> Confirmation {
    let operations: Vec<_> = counterexample.operations.iter().map(|shown| shown.relaxed).collect();
    try_within(most, counterexample.initial, &operations, &counterexample.others)
}

/// Tries every order of these operations, and every way in which others may have sold and put back meanwhile.
pub(super) fn try_within(most: usize, initial: u64, operations: &[StockOperation], others: &Others) -> Confirmation {
    if operations.len() > MOST_OPERATIONS {
        return Confirmation::TooMany;
    }
    let start = Configuration {
        done: 0,
        level: i128::from(initial),
        sold: 0,
        restocked: 0,
    };
    let mut seen = FxHashSet::from_iter([start.key()]);
    let mut open = vec![start];
    while let Some(configuration) = open.pop() {
        if configuration.finishes(operations, others) {
            return Confirmation::Refuted;
        }
        for next in configuration.next(operations, others) {
            if seen.insert(next.key()) {
                if seen.len() > most {
                    return Confirmation::TooMany;
                }
                open.push(next);
            }
        }
    }
    Confirmation::Confirmed
}

/// How far an order has come: which operations are done (a bit each), the level they have led to, and how many units
/// others have sold and put back in between.
#[derive(Clone, Copy)]
struct Configuration {
    done: u32,
    level: i128,
    sold: u64,
    restocked: u64,
}

impl Configuration {
    /// What distinguishes it: the level follows from that.
    const fn key(&self) -> (u32, u64, u64) {
        (self.done, self.sold, self.restocked)
    }

    /// Is every operation with a response done, and can the others do what they still must? They put back first, as
    /// much as they may, and sell then, as little as they must.
    fn finishes(&self, operations: &[StockOperation], others: &Others) -> bool {
        let all_done = (0..operations.len()).all(|index| self.has(index) || operations[index].response.is_none());
        let must_sell = i128::from(others.sold.least.saturating_sub(self.sold));
        let may_restock = left(&others.restocked, self.restocked);
        all_done && may_restock.is_none_or(|units| self.level + i128::from(units) >= must_sell)
    }

    fn has(&self, index: usize) -> bool {
        self.done & (1 << index) != 0
    }

    fn next(self, operations: &[StockOperation], others: &Others) -> impl Iterator<Item = Self> {
        (0..operations.len()).filter_map(move |index| {
            let waits = |other: usize| !self.has(other) && operations[other].precedes(&operations[index]);
            if self.has(index) || (0..operations.len()).any(waits) {
                return None;
            }
            self.after(index, operations, others)
        })
    }

    /// Does this operation now, after others have brought the level to where it accepts its answer.
    ///
    /// They do so by the fewest units. Whatever they do beyond that they can as well do later, when it is needed: an
    /// answer fixes the level before it, or asks for enough (then more than enough can be added later), or for too
    /// little (then more can be sold later).
    fn after(&self, index: usize, operations: &[StockOperation], others: &Others) -> Option<Self> {
        let operation = &operations[index];
        let answer = operation.response.map(|response| response.ret);
        let (before, after) = levels(operation.op, answer, self.level)?;
        if before < 0 || after < 0 || (named(answer).is_some() && self.handed_out(operations, answer)) {
            return None;
        }
        let mut next = Self {
            done: self.done | (1 << index),
            level: after,
            ..*self
        };
        let units = u64::try_from((before - self.level).unsigned_abs()).ok()?;
        let (used, span) = if before < self.level {
            (&mut next.sold, &others.sold)
        } else {
            (&mut next.restocked, &others.restocked)
        };
        if left(span, *used).is_some_and(|left| left < units) {
            return None;
        }
        *used = used.checked_add(units)?;
        Some(next)
    }

    /// Has the unit of this answer been sold already?
    fn handed_out(&self, operations: &[StockOperation], answer: Option<StockRet>) -> bool {
        let sold = |(index, operation): (usize, &StockOperation)| {
            self.has(index) && named(operation.response.map(|response| response.ret)) == named(answer)
        };
        operations.iter().enumerate().any(sold)
    }
}

/// How many more units others may move; `None`: any number.
fn left(span: &Span, used: u64) -> Option<u64> {
    span.most.map(|most| most.saturating_sub(used))
}

fn named(answer: Option<StockRet>) -> Option<Unit> {
    match answer {
        Some(StockRet::Bought { unit, .. }) => unit,
        _ => None,
    }
}

/// The level nearest to `now` at which the operation gets this answer, and the level after it.
fn levels(op: StockOp, answer: Option<StockRet>, now: i128) -> Option<(i128, i128)> {
    Some(match (op, answer) {
        (StockOp::Buy { quantity }, Some(StockRet::Bought { remaining: None, .. }) | None) => {
            let before = now.max(i128::from(quantity));
            (before, before - i128::from(quantity))
        }
        (
            StockOp::Buy { quantity },
            Some(StockRet::Bought {
                remaining: Some(told), ..
            }),
        ) => (i128::from(told) + i128::from(quantity), i128::from(told)),
        (StockOp::Buy { quantity }, Some(StockRet::SoldOut | StockRet::Refused)) => {
            let before = now.min(i128::from(quantity) - 1);
            (before, before)
        }
        (StockOp::Read, Some(StockRet::Stock(told))) => (i128::from(told), i128::from(told)),
        (StockOp::Read, None) => (now, now),
        (StockOp::Restock { quantity }, Some(StockRet::Restocked { stock: None }) | None) => {
            (now, now + i128::from(quantity))
        }
        (StockOp::Restock { quantity }, Some(StockRet::Restocked { stock: Some(told) })) => {
            (i128::from(told) - i128::from(quantity), i128::from(told))
        }
        _ => return None,
    })
}
