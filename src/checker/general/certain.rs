//! When a violation was first certain: the shortest prefix of the history that no order explains.

use std::hash::Hash;

use stateright::semantics::SequentialSpec;

use crate::{
    checker::{Limits, Verdict},
    history::Operation,
};

/// The index of the response with which the violation is certain, given that the whole history is a violation.
///
/// A prefix of a linearizable history is linearizable (what is open at its end becomes indeterminate), so a bisection
/// finds it. `None` when a search on the way is undecided.
pub(super) fn first_certain<S>(
    initial_state: &S,
    operations: &[Operation<S::Op, S::Ret>],
    limits: &Limits,
) -> Option<usize>
where
    S: SequentialSpec + Clone + Eq + Hash,
    S::Op: Clone + Eq + Hash,
    S::Ret: Clone + Eq + Hash,
{
    let mut responses: Vec<(u64, usize)> = operations
        .iter()
        .enumerate()
        .filter_map(|(index, operation)| Some((operation.response.as_ref()?.at, index)))
        .collect();
    responses.sort_unstable();
    let (mut linearizable, mut violating) = (0, responses.len());
    while linearizable < violating {
        let middle = linearizable + (violating - linearizable) / 2;
        match super::search(initial_state, &prefix::<S>(operations, responses[middle]), limits) {
            Verdict::Linearizable(_) => linearizable = middle + 1,
            Verdict::Violation(_) => violating = middle,
            Verdict::Undecided(_) => return None,
        }
    }
    responses.get(violating).map(|&(_, index)| index)
}

/// The history up to and with one response, given as its time and its index.
fn prefix<S: SequentialSpec>(
    operations: &[Operation<S::Op, S::Ret>],
    last: (u64, usize),
) -> Vec<Operation<S::Op, S::Ret>>
where
    S::Op: Clone,
    S::Ret: Clone,
{
    let invoked = operations
        .iter()
        .enumerate()
        .filter(|(_, operation)| operation.invoked <= last.0);
    invoked
        .map(|(index, operation)| {
            let mut operation = operation.clone();
            operation.response = operation.response.filter(|response| (response.at, index) <= last);
            operation
        })
        .collect()
}
