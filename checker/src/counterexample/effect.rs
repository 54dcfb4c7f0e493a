//! What a command did to a number of units.

/// What a command did to the stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It read the stock.
    Read(i64),
    /// It changed the stock from the first to the second.
    Changed(i64, i64),
    /// It set the stock, whatever that was before.
    Set(i64),
    /// It changed the stock by so much. What it was before, and with that after, nobody has told: somebody else may have been there.
    Moved(i64),
    /// It did nothing to the stock.
    None,
    /// It may have done anything.
    Unknown,
}

impl Effect {
    /// Did it look at the stock and leave it as it is?
    pub const fn only_reads(self) -> bool {
        matches!(self, Self::Read(_))
    }

    /// The stock before it, where that is known.
    pub const fn before(self) -> Option<i64> {
        match self {
            Self::Read(level) | Self::Changed(level, _) => Some(level),
            Self::Set(_) | Self::Moved(_) | Self::None | Self::Unknown => None,
        }
    }

    /// The stock after it, where it was last known to be `level`, as far as that is known.
    pub const fn after(self, level: Option<i64>) -> Option<i64> {
        match self {
            Self::Read(level) | Self::Changed(_, level) | Self::Set(level) => Some(level),
            Self::Moved(_) => None,
            Self::None | Self::Unknown => level,
        }
    }

    /// This and then another one.
    pub(super) fn and_then(self, next: Self) -> Self {
        match (self, next) {
            (first, Self::None) => first,
            (Self::None, next) => next,
            (Self::Moved(one), Self::Moved(other)) => one.checked_add(other).map_or(Self::Unknown, Self::Moved),
            (first, Self::Moved(by)) => match (
                first.before(),
                first.after(None).and_then(|level| level.checked_add(by)),
            ) {
                (Some(before), Some(after)) => Self::Changed(before, after),
                (None, Some(after)) => Self::Set(after),
                _ => Self::Unknown,
            },
            (first, second) => match (first.before(), second.after(None)) {
                (Some(before), Some(after)) => Self::Changed(before, after),
                (None, Some(after)) => Self::Set(after),
                _ => Self::Unknown,
            },
        }
    }
}
