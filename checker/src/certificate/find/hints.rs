//! Where to look for a claim.

/// Where to look.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    /// The operation with whose response the violation became certain.
    pub certain_at: Option<usize>,
    /// Operations that have to do with it, such as those of a counterexample.
    pub operations: Vec<usize>,
}

/// Most operations that are compared with each other.
pub(super) const MOST_PLACES: usize = 24;
