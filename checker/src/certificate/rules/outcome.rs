//! What the rules have in common.

use crate::history::{Operation, Response};

/// What came of recomputing a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It holds: there is no linearization.
    Confirmed,
    /// What it says is not so. The history may be linearizable or not.
    Refuted,
    /// Not within the limit.
    TooLarge,
}

/// The operation at this place, if it is there and was answered.
pub(super) fn answered<Op, Ret>(operations: &[Operation<Op, Ret>], index: usize) -> Option<(&Op, &Response<Ret>)> {
    let operation = operations.get(index)?;
    Some((&operation.op, operation.response.as_ref()?))
}
