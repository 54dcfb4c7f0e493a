//! When a violation was first certain: the shortest prefix of the history that no order explains.

use super::{Decision, view::Horizon};
use crate::history::StockOperation;

/// The index of the response with which the violation is certain, given that the whole history is a violation.
///
/// A prefix of a linearizable history is linearizable (what is open at its end becomes indeterminate), so a bisection
/// finds it; from `not_before` on it is looked for in growing steps first, as it is seldom far. The prefix up to
/// `not_after` is known to be a violation, and often the one before it is none: that is asked first. `None` when `decide`
/// is undecided on the way.
pub(super) fn first_certain(
    operations: &[StockOperation],
    not_before: Option<Horizon>,
    not_after: Option<Horizon>,
    decide: impl Fn(Horizon) -> Decision,
) -> Option<usize> {
    let responses = Horizon::responses(operations);
    let place = |horizon: Horizon| responses.partition_point(|&response| response < horizon);
    let (mut linearizable, mut violating) = (0, not_after.map_or(responses.len(), place));
    let mut step = usize::MAX;
    if let Some(first) = not_before {
        linearizable = place(first);
        step = 1;
    }
    let mut just_before = not_after.is_some();
    while linearizable < violating {
        let middle = if std::mem::take(&mut just_before) {
            violating - 1
        } else {
            let middle = linearizable + ((violating - linearizable) / 2).min(step - 1);
            step = step.saturating_mul(2);
            middle
        };
        match decide(responses[middle]) {
            Decision::Order(_) => linearizable = middle + 1,
            Decision::Refuted(_) => violating = middle,
            Decision::Undecided(_) => return None,
        }
    }
    responses.get(violating).map(|certain| certain.index)
}
