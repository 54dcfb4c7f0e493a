//! What the catalogue says of each strategy under each fault.

use oversell_models::explorer::Fault;

use crate::strategy::{Expected, Info};

/// What a proof must find about a strategy of the catalogue under this fault (or none).
///
/// `Broken` means that some promise does not hold.
#[must_use]
pub fn expected(info: &Info, fault: Option<Fault>) -> Expected {
    let _ = fault;
    info.expected
}
