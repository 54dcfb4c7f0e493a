//! Confirms a witness. Shares nothing with the engines that find one but the specification.

use oversell_spec::SequentialSpec;
use thiserror::Error;

use super::Witness;
use crate::history::Operation;

/// Why an order does not explain a history. Operations are named by their index in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WitnessError {
    /// The order names an operation that is not there.
    #[error("operation {0} is not in the history")]
    Unknown(usize),
    /// The order names an operation twice.
    #[error("operation {0} takes effect twice")]
    Twice(usize),
    /// A completed operation is left out.
    #[error("operation {0} was answered, but never takes effect")]
    Missing(usize),
    /// The order contradicts real time.
    #[error("operation {later} ended before operation {earlier} began, but takes effect after it")]
    Order {
        /// The operation the order puts first.
        earlier: usize,
        /// The one it puts later, though it had ended before.
        later: usize,
    },
    /// The specification gives another answer.
    #[error("the specification refuses the answer of operation {0} at its place in the order")]
    Refused(usize),
}

/// Is `witness` an order of `operations` that keeps real time and that the specification accepts, from
/// `initial_state` on? Each completed operation must stand in it once, an indeterminate one at most once. Linear time.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn verify<S>(
    mut initial_state: S,
    operations: &[Operation<S::Op, S::Ret>],
    witness: &Witness,
) -> Result<(), WitnessError>
where
    S: SequentialSpec,
{
    let state = &mut initial_state;
    let mut done = vec![false; operations.len()];
    let mut latest: Option<usize> = None;
    for &index in &witness.0 {
        let operation = operations.get(index).ok_or(WitnessError::Unknown(index))?;
        if std::mem::replace(&mut done[index], true) {
            return Err(WitnessError::Twice(index));
        }
        // Of all that came before in the order, the one invoked last is the only one that could be too late.
        match latest {
            Some(earlier) if operation.precedes(&operations[earlier]) => {
                return Err(WitnessError::Order { earlier, later: index });
            }
            Some(earlier) if operations[earlier].invoked >= operation.invoked => {}
            _ => latest = Some(index),
        }
        match &operation.response {
            Some(response) if !state.is_valid_step(&operation.op, &response.ret) => {
                return Err(WitnessError::Refused(index));
            }
            Some(_) => {}
            None => {
                state.invoke(&operation.op);
            }
        }
    }
    match (0..operations.len()).find(|&index| operations[index].response.is_some() && !done[index]) {
        Some(missing) => Err(WitnessError::Missing(missing)),
        None => Ok(()),
    }
}
