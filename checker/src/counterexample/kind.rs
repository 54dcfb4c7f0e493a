//! What sort of wrong a violation is.

use std::fmt;

use serde::Serialize;

/// The kind of a violation, in the words of the contract. The order is the order of telling: what costs a shop most
/// comes first, so of several violations the smallest is the one to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// More units were sold than there were.
    Oversold,
    /// Two buyers were handed the same named unit.
    DuplicateUnit,
    /// Two buyers were told that their purchase left the same number of units.
    DuplicateRemaining,
    /// One buyer was sold more than one may have.
    TooManyForOneBuyer,
    /// A buyer was turned away although there were units enough.
    FalseSoldOut,
    /// A buyer was told to have had their share, and had not.
    AlreadyUntrue,
    /// Somebody was told that less than nothing was left.
    NegativeStock,
    /// A buyer or a restocker was told a stock that cannot have been.
    WrongRemaining,
    /// A reader was told a stock that cannot have been.
    WrongRead,
    /// No order of the operations explains the answers, and none of the above says why.
    NotLinearizable,
}

impl Kind {
    /// Every kind, most telling first.
    pub const ALL: [Self; 10] = [
        Self::Oversold,
        Self::DuplicateUnit,
        Self::DuplicateRemaining,
        Self::TooManyForOneBuyer,
        Self::FalseSoldOut,
        Self::AlreadyUntrue,
        Self::NegativeStock,
        Self::WrongRemaining,
        Self::WrongRead,
        Self::NotLinearizable,
    ];

    /// What it is called in a list of what else is wrong: `told a stock below zero`.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Oversold => "units sold that were not there",
            Self::DuplicateUnit => "a unit handed out again",
            Self::DuplicateRemaining => "the same number left, told again",
            Self::TooManyForOneBuyer => "more sold to one buyer than one may have",
            Self::FalseSoldOut => "turned away while enough was left",
            Self::AlreadyUntrue => "told to have had a share that they had not",
            Self::NegativeStock => "told a stock below zero",
            Self::WrongRemaining => "told a number left that cannot be",
            Self::WrongRead => "read a number that cannot be",
            Self::NotLinearizable => "an answer that fits no order",
        }
    }

    /// The name of the contract.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Oversold => "oversold",
            Self::DuplicateUnit => "duplicate-unit",
            Self::DuplicateRemaining => "duplicate-remaining",
            Self::TooManyForOneBuyer => "too-many-for-one-buyer",
            Self::FalseSoldOut => "false-sold-out",
            Self::AlreadyUntrue => "already-untrue",
            Self::NegativeStock => "negative-stock",
            Self::WrongRemaining => "wrong-remaining",
            Self::WrongRead => "wrong-read",
            Self::NotLinearizable => "not-linearizable",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
