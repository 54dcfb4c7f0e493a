//! What an engine finds out.

use super::{
    frontier::Rest,
    sweep::{Border, Dead},
    view::Horizon,
};
use crate::engines::{Limit, Witness};

/// No order explains the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refuted;

/// What an engine found out.
pub(super) enum Decision {
    Order(Witness),
    Refuted(Refutation),
    Undecided(Limit),
}

/// What an engine knows about when a violation was certain.
pub(super) enum Refutation {
    Known {
        /// No prefix that ends earlier is a violation, as far as the engine knows.
        not_before: Option<Horizon>,
        /// What all that end no earlier can be decided from, if it is known.
        rest: Option<Box<Rest>>,
    },
    /// The borders that tiling has passed: from there a sweep finds out.
    Tiled(Vec<Border>),
    /// What the sweep has kept to find out.
    Swept(Box<Dead>),
}

impl Refutation {
    /// Nothing.
    pub(super) const NOTHING: Self = Self::Known {
        not_before: None,
        rest: None,
    };

    /// No prefix that ends earlier is a violation, as far as the engine knows.
    pub(super) fn not_before(&self) -> Option<Horizon> {
        match self {
            Self::Known { not_before, .. } => *not_before,
            Self::Swept(dead) => Some(dead.died),
            Self::Tiled(_) => None,
        }
    }

    /// What all prefixes that end no earlier can be decided from, if it is known.
    pub(super) fn into_rest(self) -> Option<Rest> {
        match self {
            Self::Known { rest, .. } => rest.map(|rest| *rest),
            Self::Swept(_) | Self::Tiled(_) => None,
        }
    }
}

impl From<Result<Witness, Refuted>> for Decision {
    fn from(result: Result<Witness, Refuted>) -> Self {
        result.map_or(Self::Refuted(Refutation::NOTHING), Self::Order)
    }
}
