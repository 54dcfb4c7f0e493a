//! What is known of a history while it is still being made.

use super::{Limit, stock::Stretch};

/// What a [`Monitor`](super::Monitor) knows.
#[derive(Clone, Debug)]
pub enum Watched {
    /// There is an order for everything that has been looked at.
    Linearizable,
    /// There is none, whatever comes. The stretches each show it by themselves, the longest first; none is kept when the
    /// violation spans too much.
    Violation(Vec<Stretch>),
    /// Not decided within the limits. Never a pass.
    Undecided(Limit),
}
