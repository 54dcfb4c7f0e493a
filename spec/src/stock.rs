//! The bounded stock counter: buy, read, restock.

use std::collections::BTreeSet;

use crate::sequential::SequentialSpec;

/// The name of one sold unit, as an index into the names a history keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unit(pub u32);

/// What a client asks of the stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StockOp {
    /// Take `quantity` units, all or none. At least 1.
    Buy {
        /// Units asked for.
        quantity: u64,
    },
    /// How many units are left?
    Read,
    /// Put `quantity` units back. At least 1.
    Restock {
        /// Units put back.
        quantity: u64,
    },
}

/// What the client was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StockRet {
    /// The units are the buyer's.
    Bought {
        /// The stock after the purchase, where the answer said so. Negative only in a wrong answer.
        remaining: Option<i64>,
        /// Which unit was handed out, where the answer named one.
        unit: Option<Unit>,
    },
    /// Fewer units than asked for were left; nothing changed.
    SoldOut,
    /// This buyer has as many units as one buyer may have; nothing changed.
    Already,
    /// Either [`SoldOut`](Self::SoldOut) or [`Already`](Self::Already); nothing changed.
    Refused,
    /// Answer to [`StockOp::Read`]: the stock.
    Stock(i64),
    /// Answer to [`StockOp::Restock`], optionally with the stock after it.
    Restocked {
        /// The stock after the restock, where the answer said so.
        stock: Option<i64>,
    },
}

impl StockRet {
    /// `bought`, with nothing else known.
    pub const BOUGHT: Self = Self::Bought {
        remaining: None,
        unit: None,
    };

    /// `bought`, and `remaining` units were left after it.
    #[must_use]
    pub const fn bought(remaining: i64) -> Self {
        Self::Bought {
            remaining: Some(remaining),
            unit: None,
        }
    }
}

/// The state of the counter: units left, and the named units that were sold.
///
/// A buy of `q` is [`Bought`](StockRet::Bought) only when at least `q` units are left and takes them away; it is
/// [`SoldOut`](StockRet::SoldOut) only when fewer are left and changes nothing. A named unit is sold at most once. The
/// level is never negative.
///
/// ```
/// use oversell_spec::stock::{Stock, StockOp, StockRet};
/// use oversell_spec::SequentialSpec;
///
/// let mut stock = Stock::new(1);
/// let buy = StockOp::Buy { quantity: 1 };
/// assert!(stock.is_valid_step(&buy, &StockRet::bought(0)));
/// assert!(!stock.is_valid_step(&buy, &StockRet::BOUGHT), "the last unit is gone");
/// assert!(stock.is_valid_step(&buy, &StockRet::SoldOut));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stock {
    level: u64,
    sold: BTreeSet<Unit>,
}

impl Stock {
    /// A counter with `level` units and nothing sold yet.
    #[must_use]
    pub const fn new(level: u64) -> Self {
        Self {
            level,
            sold: BTreeSet::new(),
        }
    }

    /// Units left.
    #[must_use]
    pub const fn level(&self) -> u64 {
        self.level
    }

    /// The level as an answer would give it; `None` when it is beyond 63 bits, which no answer can name.
    fn told(&self) -> Option<i64> {
        i64::try_from(self.level).ok()
    }

    /// Does an answer that may name the level agree with it?
    fn agrees(&self, told: Option<i64>) -> bool {
        told.is_none_or(|told| self.told() == Some(told))
    }
}

impl SequentialSpec for Stock {
    type Op = StockOp;
    type Ret = StockRet;

    /// The fullest answer: `bought` and `restock` say what remains. No unit is named: the specification has no names to
    /// give, it only refuses one that was sold before.
    ///
    /// A restock beyond 64 bits leaves the counter at its largest value.
    fn invoke(&mut self, op: &StockOp) -> StockRet {
        match *op {
            StockOp::Buy { quantity } => match self.level.checked_sub(quantity) {
                Some(rest) => {
                    self.level = rest;
                    StockRet::Bought {
                        remaining: self.told(),
                        unit: None,
                    }
                }
                None => StockRet::SoldOut,
            },
            StockOp::Read => StockRet::Stock(self.told().unwrap_or(i64::MAX)),
            StockOp::Restock { quantity } => {
                self.level = self.level.saturating_add(quantity);
                StockRet::Restocked { stock: self.told() }
            }
        }
    }

    /// Accepts an answer that says less than [`invoke`](Self::invoke) would: `bought` without `remaining` fits wherever
    /// `bought` fits. The state after a refused step is unspecified.
    fn is_valid_step(&mut self, op: &StockOp, ret: &StockRet) -> bool {
        match (*op, *ret) {
            (StockOp::Buy { quantity }, StockRet::Bought { remaining, unit }) => {
                let Some(rest) = self.level.checked_sub(quantity) else {
                    return false;
                };
                self.level = rest;
                self.agrees(remaining) && unit.is_none_or(|unit| self.sold.insert(unit))
            }
            (StockOp::Buy { quantity }, StockRet::SoldOut | StockRet::Refused) => self.level < quantity,
            (StockOp::Read, StockRet::Stock(told)) => self.told() == Some(told),
            (StockOp::Restock { quantity }, StockRet::Restocked { stock }) => {
                let Some(level) = self.level.checked_add(quantity) else {
                    return false;
                };
                self.level = level;
                self.agrees(stock)
            }
            _ => false,
        }
    }
}
