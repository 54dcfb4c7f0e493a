//! What one operation says of the level before and after it.

use oversell_spec::stock::{StockOp, StockRet};

/// Levels from `least` to `most`; none when `least` is the larger. Wider than 64 bits, so that sums cannot overflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::certificate) struct Level {
    pub(in crate::certificate) least: i128,
    pub(in crate::certificate) most: i128,
}

impl Level {
    /// Every level the specification has.
    pub(in crate::certificate) const ANY: Self = Self {
        least: 0,
        most: u64::MAX as i128,
    };
    const NONE: Self = Self { least: 1, most: 0 };

    pub(in crate::certificate) const fn exactly(level: i128) -> Self {
        Self {
            least: level,
            most: level,
        }
    }

    pub(in crate::certificate) fn and(self, other: Self) -> Self {
        Self {
            least: self.least.max(other.least),
            most: self.most.min(other.most),
        }
    }

    pub(in crate::certificate) const fn is_empty(self) -> bool {
        self.least > self.most
    }

    fn shifted(self, by: i128) -> Self {
        Self {
            least: self.least + by,
            most: self.most + by,
        }
    }
}

/// The levels right before an operation with this answer, if it took effect.
pub(in crate::certificate) fn before(op: &StockOp, ret: Option<&StockRet>) -> Level {
    if ret.is_none() {
        return Level::ANY;
    }
    // What is after it, less the change; and no level, before or after, is outside of what there is.
    after(op, ret).shifted(-change(op, ret)).and(Level::ANY)
}

/// The levels right after it, if it took effect.
///
/// Read off the specification: `bought` and `restock` change the level by their quantity, within its bounds; `sold-out` is
/// said below the quantity; an answer that names a level names the one after it. Without an answer, anything may be.
pub(in crate::certificate) fn after(op: &StockOp, ret: Option<&StockRet>) -> Level {
    let told = |level: &Option<i64>| level.map_or(Level::ANY, |level| Level::exactly(level.into()));
    let levels = match (op, ret) {
        (_, None) => Level::ANY,
        (StockOp::Buy { quantity }, Some(StockRet::Bought { remaining, .. })) => {
            told(remaining).and(Level::ANY.shifted(-i128::from(*quantity)))
        }
        (StockOp::Buy { quantity }, Some(StockRet::SoldOut | StockRet::Refused)) => Level {
            least: 0,
            most: i128::from(*quantity) - 1,
        },
        (StockOp::Read, Some(StockRet::Stock(level))) => Level::exactly((*level).into()),
        (StockOp::Restock { quantity }, Some(StockRet::Restocked { stock })) => {
            told(stock).and(Level::ANY.shifted(i128::from(*quantity)))
        }
        _ => Level::NONE,
    };
    levels.and(Level::ANY)
}

/// How much an operation changes the level when it takes effect. Without an answer it may be less: a buy may find too
/// little, a restock no room for all of it.
pub(in crate::certificate) fn change(op: &StockOp, ret: Option<&StockRet>) -> i128 {
    match (op, ret) {
        (StockOp::Buy { quantity }, None | Some(StockRet::Bought { .. })) => -i128::from(*quantity),
        (StockOp::Restock { quantity }, None | Some(StockRet::Restocked { .. })) => i128::from(*quantity),
        _ => 0,
    }
}
