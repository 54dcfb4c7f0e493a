//! When a violation was first certain: the shortest prefix of the history that no order explains.

use super::{Decision, view::Horizon};
use crate::history::StockOperation;

/// The index of the response with which the violation is certain, given that the whole history is a violation.
///
/// A prefix of a linearizable history is linearizable (what is open at its end becomes indeterminate), so a bisection
/// finds it; from `not_before` on it is looked for in growing steps first, as it is seldom far. `None` when `decide` is undecided on the way.
pub(super) fn first_certain(
    operations: &[StockOperation],
    not_before: Option<Horizon>,
    decide: impl Fn(Horizon) -> Decision,
) -> Option<usize> {
    let mut responses: Vec<(u64, u32)> = operations
        .iter()
        .enumerate()
        .filter_map(|(index, operation)| Some((operation.response.as_ref()?.at, index as u32)))
        .collect();
    responses.sort_unstable();
    let (mut linearizable, mut violating) = (0, responses.len());
    let mut step = usize::MAX;
    if let Some(first) = not_before {
        linearizable = responses.partition_point(|&(at, index)| (at, index as usize) < (first.at, first.index));
        step = 1;
    }
    while linearizable < violating {
        let middle = linearizable + ((violating - linearizable) / 2).min(step - 1);
        step = step.saturating_mul(2);
        let (at, index) = responses[middle];
        match decide(Horizon {
            at,
            index: index as usize,
        }) {
            Decision::Order(_) => linearizable = middle + 1,
            Decision::Refuted { .. } => violating = middle,
            Decision::Undecided(_) => return None,
        }
    }
    responses.get(violating).map(|&(_, index)| index as usize)
}
