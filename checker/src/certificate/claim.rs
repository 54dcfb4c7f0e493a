//! What a certificate claims of a key that is not linearizable.

use serde::{Deserialize, Serialize};

/// Why there is no linearization, in a form that can be recomputed from the history. `O` names an operation: by its
/// index in memory, by its place, process and invocation in files.
///
/// The rules stand in `checker/src/certificate/rules/`, each with the argument for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Claim<O> {
    /// Two buyers were handed the same unit.
    SameUnit {
        /// One of them.
        first: O,
        /// The other.
        second: O,
    },
    /// What can have been bought and put back between two places does not lead from the level at the one to a level that
    /// suits the other.
    Stretch {
        /// An operation whose answer says something of the level; none: the beginning.
        #[serde(deserialize_with = "Option::deserialize")]
        from: Option<O>,
        /// The other place.
        to: End<O>,
    },
    /// Every order of the operations within a part of the history dies.
    Window {
        /// The operation whose answer says in which state the part begins; none: the beginning.
        #[serde(deserialize_with = "Option::deserialize")]
        from: Option<O>,
        /// The operation with whose response it ends; none: the end of the history.
        #[serde(deserialize_with = "Option::deserialize")]
        to: Option<O>,
    },
    /// The value that an operation needed was not there.
    Absent {
        /// The operation.
        needy: O,
        /// An operation before it, right after which the value was another; none: the beginning. Nothing put the value
        /// there in between.
        #[serde(deserialize_with = "Option::deserialize")]
        since: Option<O>,
    },
    /// Of two values that were each put there once, each was there before the other was.
    Interleaved {
        /// Two operations that show one of the values: the first returned before `last` of the other was invoked.
        one: Shown<O>,
        /// Two that show the other value.
        other: Shown<O>,
    },
    /// A get lacks what had been appended, though there was no put in between.
    MissingAppend {
        /// The append, answered before `get` was invoked.
        append: O,
        /// The get.
        get: O,
    },
    /// Two gets without a put between them, of which neither could read what the other read, and more.
    Forked {
        /// One of them; none: the beginning.
        #[serde(deserialize_with = "Option::deserialize")]
        first: Option<O>,
        /// The other.
        second: O,
    },
}

/// Two operations that show the same value: right before or right after each, it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown<O> {
    /// The one that returned early; none: the beginning.
    #[serde(deserialize_with = "Option::deserialize")]
    pub first: Option<O>,
    /// The one that was invoked late.
    pub last: O,
}

/// Where a stretch ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End<O> {
    /// At an operation whose answer says something of the level.
    At(O),
    /// After all that took effect up to this time. The level is not negative there, as it never is.
    Time(u64),
}

impl<O> Claim<O> {
    /// The rule's name.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::SameUnit { .. } => "same-unit",
            Self::Stretch { .. } => "stretch",
            Self::Window { .. } => "window",
            Self::Absent { .. } => "absent",
            Self::Interleaved { .. } => "interleaved",
            Self::MissingAppend { .. } => "missing-append",
            Self::Forked { .. } => "forked",
        }
    }

    /// The same with other names.
    ///
    /// # Errors
    /// The first of `name`.
    pub(super) fn rename<P, E>(self, mut name: impl FnMut(O) -> Result<P, E>) -> Result<Claim<P>, E> {
        Ok(match self {
            Self::SameUnit { first, second } => Claim::SameUnit {
                first: name(first)?,
                second: name(second)?,
            },
            Self::Stretch { from, to } => Claim::Stretch {
                from: from.map(&mut name).transpose()?,
                to: match to {
                    End::At(operation) => End::At(name(operation)?),
                    End::Time(time) => End::Time(time),
                },
            },
            Self::Window { from, to } => Claim::Window {
                from: from.map(&mut name).transpose()?,
                to: to.map(&mut name).transpose()?,
            },
            Self::Absent { needy, since } => Claim::Absent {
                needy: name(needy)?,
                since: since.map(&mut name).transpose()?,
            },
            Self::Interleaved { one, other } => {
                let mut shown = |Shown { first, last }| {
                    Ok(Shown {
                        first: first.map(&mut name).transpose()?,
                        last: name(last)?,
                    })
                };
                Claim::Interleaved {
                    one: shown(one)?,
                    other: shown(other)?,
                }
            }
            Self::MissingAppend { append, get } => Claim::MissingAppend {
                append: name(append)?,
                get: name(get)?,
            },
            Self::Forked { first, second } => Claim::Forked {
                first: first.map(&mut name).transpose()?,
                second: name(second)?,
            },
        })
    }
}
