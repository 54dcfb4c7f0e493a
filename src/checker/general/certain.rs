//! When a violation was first certain: the shortest prefix of the history that no order explains.

use std::hash::Hash;

use stateright::semantics::SequentialSpec;

use super::{
    explore::{Explorer, Stuck},
    foresight::Foresight,
    timeline::Prefix,
};
use crate::{
    checker::{Limits, Verdict},
    history::Operation,
};

/// The index of the response with which the violation is certain, given that the whole history is a violation and where its
/// search got stuck.
///
/// A prefix of a linearizable history is linearizable (what is open at its end becomes indeterminate), so a bisection would
/// find it. The search got past the response before the one it got stuck at, so it is no earlier; and mostly it is the one that
/// was found wanting. So the walk starts there, in growing steps. `None` when a search on the way is undecided.
pub(super) fn first_certain<S, F>(
    initial_state: &S,
    operations: &[Operation<S::Op, S::Ret>],
    limits: &Limits,
    stuck: Stuck,
) -> Option<usize>
where
    S: SequentialSpec + Clone + PartialEq + Hash,
    S::Op: PartialEq + Hash,
    S::Ret: PartialEq + Hash,
    F: Foresight<S>,
{
    let responses = responses(operations);
    let is_violation = |rank: usize| {
        let prefix = Prefix::upto(operations, responses[rank]);
        match Explorer::<S, F>::new(initial_state, prefix, limits).run().0 {
            Verdict::Linearizable(_) => Some(false),
            Verdict::Violation(_) => Some(true),
            Verdict::Undecided(_) => None,
        }
    };
    // Responses before `linearizable` make no violation, `violating` does.
    let (mut linearizable, mut violating) = (stuck.at, responses.len().checked_sub(1)?);
    let mut step = 1;
    let mut probe = stuck.for_want_of;
    while linearizable < violating {
        if is_violation(probe)? {
            violating = probe;
            probe = violating.saturating_sub(step);
        } else {
            linearizable = probe + 1;
            probe += step;
        }
        step *= 2;
        if !(linearizable..violating).contains(&probe) {
            probe = linearizable + (violating - linearizable) / 2;
        }
    }
    Some(responses[violating].1)
}

/// The responses in order of time, each with the index of its operation.
pub(super) fn responses<Op, Ret>(operations: &[Operation<Op, Ret>]) -> Vec<(u64, usize)> {
    let mut responses: Vec<(u64, usize)> = operations
        .iter()
        .enumerate()
        .filter_map(|(index, operation)| Some((operation.response.as_ref()?.at, index)))
        .collect();
    responses.sort_unstable();
    responses
}
