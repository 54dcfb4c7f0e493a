//! What a rehearsal asks, and what it finds out.

use redis::RedisError;

use super::{answer::Answer, code::Shop};

/// Units to begin with. 10 and 11 are for texts that are compared as texts.
pub(super) const STOCKS: [u64; 5] = [3, 0, 1, 10, 11];

/// One purchase of a rehearsal.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Purchases with the same number are of one item, one after the other.
    pub(crate) trial: usize,
    /// Units put on sale.
    pub(crate) stock: u64,
    pub(crate) buyer: u64,
    pub(crate) quantity: u64,
    pub(crate) answer: Answer,
    /// What the counter said.
    pub(crate) before: Option<i64>,
    pub(crate) after: Option<i64>,
    /// Units left before.
    pub(crate) left: u64,
    /// Units that it took.
    pub(crate) taken: u64,
    /// Units of this item that the buyer had had.
    pub(crate) had: u64,
    /// The buyer had something of another item.
    pub(crate) elsewhere: bool,
    /// The counter went on past its end: it says that more was taken than there was.
    pub(crate) drifts: bool,
}

/// What is wrong although nobody else was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// More was sold than was put on sale.
    Oversold {
        /// Units told to be bought, until then.
        sold: u64,
    },
    /// Refused while enough was left, to somebody who had nothing.
    Refused {
        /// Units left.
        left: u64,
    },
    /// Told to have had theirs, without having had any of this item.
    NeverHad,
    /// Told to have had theirs, and may have more.
    MayHaveMore {
        /// Units that the buyer has.
        has: u64,
        /// Units that one buyer may have.
        limit: u64,
    },
    /// Told another number of units that are left, where it was said that the answer tells it.
    Remaining {
        /// What the answer says.
        told: i64,
        /// Units left.
        left: u64,
    },
    /// Sold a unit that was sold before.
    SameUnit {
        /// Its name.
        unit: String,
    },
    /// Sold again to somebody who may have no more.
    TooMany {
        /// Units that the buyer has then.
        has: u64,
        /// Units that one buyer may have.
        limit: u64,
    },
    /// Told sold out, and units are gone.
    Lost {
        /// So many.
        taken: u64,
    },
    /// Sold, and another number of units is gone.
    Miscounted {
        /// Units asked for.
        asked: u64,
        /// Units gone.
        taken: u64,
    },
}

/// A fault and the purchase, as its place, that shows it.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) wrong: Wrong,
    pub(crate) at: usize,
}

/// All that a rehearsal found out.
#[derive(Clone, Debug)]
pub(crate) struct Rehearsal {
    /// The shop, with what its answers mean.
    pub(crate) shop: Shop,
    pub(crate) asked: Vec<Asked>,
    /// In the order in which they were found; the first is the one to be told.
    pub(crate) faults: Vec<Fault>,
    pub(crate) notes: Vec<String>,
}

/// Why a rehearsal says nothing: in words, of the connection, a command of the shop, or answers that do not say what they mean.
#[derive(Debug)]
pub(crate) struct Unrehearsed(pub(crate) String);

impl From<RedisError> for Unrehearsed {
    fn from(error: RedisError) -> Self {
        Self(error.to_string())
    }
}
