//! What the columns of a table say, and what its outcomes mean.

use std::collections::BTreeMap;

use super::time::Times;

/// What a column can say of a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// What is bought. Without it, all purchases are of one item.
    Item,
    /// When it was asked for: before the request was sent.
    Asked,
    /// When it was answered: after the answer had come.
    Answered,
    /// How many units. Without it, or where it is empty: 1.
    Quantity,
    /// What was answered.
    Outcome,
    /// Who buys.
    Buyer,
    /// How many units were left, where they were bought.
    Remaining,
    /// Which unit was bought.
    Unit,
}

impl Column {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Item,
        Self::Asked,
        Self::Answered,
        Self::Quantity,
        Self::Outcome,
        Self::Buyer,
        Self::Remaining,
        Self::Unit,
    ];

    /// Its name: `item`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Item => "item",
            Self::Asked => "asked",
            Self::Answered => "answered",
            Self::Quantity => "quantity",
            Self::Outcome => "outcome",
            Self::Buyer => "buyer",
            Self::Remaining => "remaining",
            Self::Unit => "unit",
        }
    }
}

/// How a table is to be understood.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// What each column is called in the table. [`Column::Asked`], [`Column::Answered`] and [`Column::Outcome`] have to be there.
    pub columns: BTreeMap<Column, String>,
    /// Outcomes that say that the units were bought.
    pub bought: Vec<String>,
    /// Outcomes that say that too few were left.
    pub sold_out: Vec<String>,
    /// Outcomes that say that the buyer has had theirs.
    pub already: Vec<String>,
    /// Outcomes that leave open whether it took effect.
    pub unknown: Vec<String>,
    /// How times are written.
    pub times: Times,
    /// Units of an item that one buyer may have.
    pub limit: Option<u64>,
}

/// What is known of a purchase by its outcome.
pub(super) enum Outcome {
    Told(&'static str),
    Unknown,
}

impl Table {
    /// What an outcome means. `None`: nothing says.
    pub(super) fn outcome(&self, found: &str) -> Option<Outcome> {
        let is = |words: &[String]| words.iter().any(|word| word == found);
        if is(&self.bought) {
            Some(Outcome::Told(BOUGHT))
        } else if is(&self.sold_out) {
            Some(Outcome::Told("sold-out"))
        } else if is(&self.already) {
            Some(Outcome::Told("already"))
        } else if found.is_empty() || is(&self.unknown) {
            Some(Outcome::Unknown)
        } else {
            None
        }
    }
}

/// As history files have it.
pub(super) const BOUGHT: &str = "bought";
