//! What an operation is to the walk.

use crate::engines::stock::view::What;

/// A change of the level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engines::stock) struct Change {
    /// Down or up.
    pub(in crate::engines::stock) down: bool,
    pub(in crate::engines::stock) quantity: u64,
}

impl Change {
    pub(super) const fn from(self, level: u64) -> Option<u64> {
        if self.down {
            level.checked_sub(self.quantity)
        } else {
            level.checked_add(self.quantity)
        }
    }
}

/// What an operation is to the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engines::stock) enum Role {
    /// Changes the level and says nothing about it, other than that it sufficed.
    Move(Change),
    /// Changes the level from exactly `at`.
    Fixed { at: u64, change: Change },
    /// Saw a level in this range, and changes nothing.
    Observer { lowest: u64, highest: u64 },
    /// No level explains it.
    Impossible,
}

impl Role {
    pub(in crate::engines::stock) fn of(what: What) -> Self {
        let level = |told: i64| u64::try_from(told).ok();
        let fixed = |at: Option<u64>, change| at.map_or(Self::Impossible, |at| Self::Fixed { at, change });
        match what {
            What::Bought { quantity, remaining } => {
                let change = Change { down: true, quantity };
                match remaining {
                    None => Self::Move(change),
                    Some(told) => fixed(level(told).and_then(|after| after.checked_add(quantity)), change),
                }
            }
            What::Restocked { quantity, stock } => {
                let change = Change { down: false, quantity };
                match stock {
                    None => Self::Move(change),
                    Some(told) => fixed(level(told).and_then(|after| after.checked_sub(quantity)), change),
                }
            }
            What::SoldOut { quantity: 0 } | What::Nonsense => Self::Impossible,
            What::SoldOut { quantity } => Self::Observer {
                lowest: 0,
                highest: quantity - 1,
            },
            What::Read { level: told } => level(told).map_or(Self::Impossible, |level| Self::Observer {
                lowest: level,
                highest: level,
            }),
            What::MaybeBuy { quantity } => Self::Move(Change { down: true, quantity }),
            What::MaybeRestock { quantity } => Self::Move(Change { down: false, quantity }),
        }
    }
}
