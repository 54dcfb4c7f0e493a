//! The bounded stock counter of which one buyer may have so many units: buy, read, restock.

use std::collections::BTreeMap;

use crate::{
    sequential::SequentialSpec,
    stock::{Stock, StockOp, StockRet},
};

/// Who buys, as an index into the names a history keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Buyer(pub u32);

/// What a client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SalesOp {
    /// What it asks of the stock.
    pub op: StockOp,
    /// For whom, where it is a purchase and that was said. A purchase of nobody known has a buyer of its own.
    pub buyer: Option<Buyer>,
}

impl SalesOp {
    /// A purchase.
    #[must_use]
    pub const fn buy(quantity: u64, buyer: Option<Buyer>) -> Self {
        Self {
            op: StockOp::Buy { quantity },
            buyer,
        }
    }

    /// Units that are asked for; none where it is no purchase.
    #[must_use]
    pub const fn quantity(&self) -> u64 {
        match self.op {
            StockOp::Buy { quantity } => quantity,
            StockOp::Read | StockOp::Restock { .. } => 0,
        }
    }
}

/// What asks nothing for anybody.
impl From<StockOp> for SalesOp {
    fn from(op: StockOp) -> Self {
        Self { op, buyer: None }
    }
}

/// The state of the counter: its stock, and how many units each buyer has had.
///
/// A buy of `q` is [`Bought`](StockRet::Bought) only when at least `q` units are left and the buyer has no more than the limit with
/// them. It is [`SoldOut`](StockRet::SoldOut) only when fewer are left, [`Already`](StockRet::Already) only when the buyer would have
/// more than the limit, and [`Refused`](StockRet::Refused) when either is so; these change nothing. What is put back takes nothing
/// from what buyers have had.
///
/// ```
/// use oversell_spec::sales::{Buyer, Sales, SalesOp};
/// use oversell_spec::stock::StockRet;
/// use oversell_spec::SequentialSpec;
///
/// let mut sales = Sales::new(5, 1);
/// let buy = SalesOp::buy(1, Some(Buyer(7)));
/// assert!(sales.is_valid_step(&buy, &StockRet::BOUGHT));
/// assert!(!sales.is_valid_step(&buy, &StockRet::BOUGHT), "one is all that this buyer may have");
/// assert!(!sales.is_valid_step(&buy, &StockRet::SoldOut), "four are left");
/// assert!(sales.is_valid_step(&buy, &StockRet::Already));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sales {
    stock: Stock,
    limit: u64,
    had: BTreeMap<Buyer, u64>,
}

impl Sales {
    /// A counter with `level` units, of which each buyer may have `limit`.
    #[must_use]
    pub const fn new(level: u64, limit: u64) -> Self {
        Self {
            stock: Stock::new(level),
            limit,
            had: BTreeMap::new(),
        }
    }

    /// Units left.
    #[must_use]
    pub const fn level(&self) -> u64 {
        self.stock.level()
    }

    /// Units that one buyer may have.
    #[must_use]
    pub const fn limit(&self) -> u64 {
        self.limit
    }

    /// Units that this buyer has had.
    #[must_use]
    pub fn had(&self, buyer: Option<Buyer>) -> u64 {
        buyer.and_then(|buyer| self.had.get(&buyer).copied()).unwrap_or(0)
    }

    /// Would the buyer have more than the limit with so many?
    #[must_use]
    pub fn is_too_many(&self, quantity: u64, buyer: Option<Buyer>) -> bool {
        let sum = self.had(buyer).checked_add(quantity);
        sum.is_none_or(|sum| sum > self.limit)
    }

    /// The buyer has had so many more.
    fn take(&mut self, quantity: u64, buyer: Option<Buyer>) {
        if let Some(buyer) = buyer {
            *self.had.entry(buyer).or_insert(0) += quantity;
        }
    }
}

impl SequentialSpec for Sales {
    type Op = SalesOp;
    type Ret = StockRet;

    /// A buyer who may not have more is told so whether there is stock or not.
    fn invoke(&mut self, asked: &SalesOp) -> StockRet {
        let StockOp::Buy { quantity } = asked.op else {
            return self.stock.invoke(&asked.op);
        };
        if self.is_too_many(quantity, asked.buyer) {
            return StockRet::Already;
        }
        let ret = self.stock.invoke(&asked.op);
        if matches!(ret, StockRet::Bought { .. }) {
            self.take(quantity, asked.buyer);
        }
        ret
    }

    /// Accepts an answer that says less than [`invoke`](Self::invoke) would, and where two answers are right, either. The state
    /// after a refused step is unspecified.
    fn is_valid_step(&mut self, asked: &SalesOp, ret: &StockRet) -> bool {
        let StockOp::Buy { quantity } = asked.op else {
            return self.stock.is_valid_step(&asked.op, ret);
        };
        let too_many = self.is_too_many(quantity, asked.buyer);
        match ret {
            StockRet::Bought { .. } => {
                let right = !too_many && self.stock.is_valid_step(&asked.op, ret);
                if right {
                    self.take(quantity, asked.buyer);
                }
                right
            }
            StockRet::Already => too_many,
            StockRet::Refused => too_many || self.level() < quantity,
            ret => self.stock.is_valid_step(&asked.op, ret),
        }
    }
}
