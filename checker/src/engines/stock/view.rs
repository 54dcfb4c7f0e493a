//! What the engines see of a history: its operations up to a horizon, without names and processes.

use oversell_spec::stock::{StockOp, StockRet};

use crate::{
    engines::general,
    history::{Response, StockOperation},
};

/// How far a history is known: up to and with the response of one operation. Responses are ordered by time, then by
/// index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Horizon {
    /// When that response came.
    pub(super) at: u64,
    /// Whose it is.
    pub(super) index: usize,
}

impl Horizon {
    /// Everything is known.
    pub(super) const END: Self = Self {
        at: u64::MAX,
        index: usize::MAX,
    };

    /// Everything but this response and what came later; `None` where no response can have come before it.
    pub(super) fn just_before(self) -> Option<Self> {
        let Self { at, index } = self;
        let same_time = index.checked_sub(1).map(|index| Self { at, index });
        same_time.or_else(|| {
            Some(Self {
                at: at.checked_sub(1)?,
                index: usize::MAX,
            })
        })
    }

    /// Every response of a history, in order.
    pub(super) fn responses(operations: &[StockOperation]) -> Vec<Self> {
        let responses = general::responses(operations).into_iter();
        responses.map(|(at, index)| Self { at, index }).collect()
    }
}

/// What an operation did, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Took `quantity`; the level was `remaining` after it, where that was said.
    Bought { quantity: u64, remaining: Option<i64> },
    /// Found less than `quantity`.
    SoldOut { quantity: u64 },
    /// Found this level.
    Read { level: i64 },
    /// Added `quantity`; the level was `stock` after it, where that was said.
    Restocked { quantity: u64, stock: Option<i64> },
    /// May have taken `quantity`, or nothing.
    MaybeBuy { quantity: u64 },
    /// May have added `quantity`, or nothing.
    MaybeRestock { quantity: u64 },
    /// The answer does not belong to the question.
    Nonsense,
}

/// One operation as an engine sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// Its index in the history.
    pub(super) index: u32,
    /// When it was invoked.
    pub(super) invoked: u64,
    /// When it returned; `u64::MAX` when that is not known.
    pub(super) returned: u64,
    pub(super) what: What,
    /// It is a buy that was told which unit it took.
    pub(super) named: bool,
}

impl Seen {
    /// Is it not known whether it took effect?
    pub(super) const fn is_indeterminate(&self) -> bool {
        matches!(self.what, What::MaybeBuy { .. } | What::MaybeRestock { .. })
    }

    /// Its response.
    pub(super) const fn horizon(&self) -> Horizon {
        Horizon {
            at: self.returned,
            index: self.index as usize,
        }
    }
}

/// A history up to a horizon. What had not returned by then is indeterminate, what was invoked later is not there.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    operations: &'a [StockOperation],
    horizon: Horizon,
}

impl<'a> View<'a> {
    pub(super) const fn new(operations: &'a [StockOperation], horizon: Horizon) -> Self {
        Self { operations, horizon }
    }

    pub(super) const fn operations(&self) -> &'a [StockOperation] {
        self.operations
    }

    pub(super) const fn horizon(&self) -> Horizon {
        self.horizon
    }

    /// Is the response at this time of this operation known?
    #[inline]
    pub(super) fn knows(&self, at: u64, index: usize) -> bool {
        Horizon { at, index } <= self.horizon
    }

    /// Is what is invoked at this time within the horizon?
    #[inline]
    pub(super) const fn begins(&self, invoked: u64) -> bool {
        invoked <= self.horizon.at
    }

    /// Every operation that matters, by index. Indeterminate reads do not: they change nothing and say nothing.
    pub(super) fn iter(self) -> impl Iterator<Item = Seen> {
        (0..self.operations.len()).filter_map(move |index| self.get(index))
    }

    /// The operation at `index`, if it matters.
    #[inline(always)]
    pub(super) fn get(&self, index: usize) -> Option<Seen> {
        let operation = &self.operations[index];
        if !self.begins(operation.invoked) {
            return None;
        }
        let answer = operation.response.filter(|response| self.knows(response.at, index));
        let what = match (operation.op, answer.map(|response| response.ret)) {
            (StockOp::Buy { quantity }, Some(StockRet::Bought { remaining, .. })) => {
                What::Bought { quantity, remaining }
            }
            (StockOp::Buy { quantity }, Some(StockRet::SoldOut | StockRet::Refused)) => What::SoldOut { quantity },
            (StockOp::Buy { quantity }, None) => What::MaybeBuy { quantity },
            (StockOp::Read, Some(StockRet::Stock(level))) => What::Read { level },
            (StockOp::Read, None) => return None,
            (StockOp::Restock { quantity }, Some(StockRet::Restocked { stock })) => What::Restocked { quantity, stock },
            (StockOp::Restock { quantity }, None) => What::MaybeRestock { quantity },
            _ => What::Nonsense,
        };
        Some(Seen {
            index: index as u32,
            invoked: operation.invoked,
            returned: answer.map_or(u64::MAX, |response| response.at),
            what,
            named: matches!(
                answer,
                Some(Response {
                    ret: StockRet::Bought { unit: Some(_), .. },
                    ..
                })
            ),
        })
    }

    /// The same for an index that an engine took from this view.
    #[inline]
    pub(super) fn seen(&self, index: u32) -> Seen {
        self.get(index as usize).expect("the index came from this view")
    }
}
