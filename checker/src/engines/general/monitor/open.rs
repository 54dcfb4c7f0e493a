//! What is open.

use super::{act::Act, names::Name};

/// An operation that is open and will be answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) number: u64,
    pub(super) returns: u64,
    /// How many operations had entered when it did.
    pub(super) entered: u64,
    pub(super) act: Act<Name>,
}
