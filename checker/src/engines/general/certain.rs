//! When a violation was first certain: the shortest prefix of the history that no order explains.

use super::explore::Stuck;
use crate::{
    engines::{Verdict, Violation},
    history::Operation,
};

/// The verdict, and for a violation when it was certain. `search` checks the prefix up to one response, given by its time and
/// the index of its operation, and says how far it got.
pub(super) fn verdict<Op, Ret>(
    operations: &[Operation<Op, Ret>],
    search: impl Fn((u64, usize)) -> (Verdict, Stuck),
) -> Verdict {
    match search((u64::MAX, usize::MAX)) {
        (Verdict::Violation(_), stuck) => Verdict::Violation(Violation {
            certain_at: first_certain(operations, stuck, search),
        }),
        (verdict, _) => verdict,
    }
}

/// The index of the response with which the violation is certain, given that the whole history is a violation and where its
/// search got stuck.
///
/// A prefix of a linearizable history is linearizable (what is open at its end becomes indeterminate), so a bisection would
/// find it. The search got past the response before the one it got stuck at, so it is no earlier; and mostly it is the one that
/// was found wanting. So the walk starts there, in growing steps, or right before it where the search knows that it makes a
/// violation. `None` when a search on the way is undecided.
fn first_certain<Op, Ret>(
    operations: &[Operation<Op, Ret>],
    stuck: Stuck,
    search: impl Fn((u64, usize)) -> (Verdict, Stuck),
) -> Option<usize> {
    let responses = responses(operations);
    // Responses before `linearizable` make no violation, `violating` does.
    let (mut linearizable, mut violating) = (stuck.at, responses.len().checked_sub(1)?);
    let mut step = 1;
    let mut probe = stuck.for_want_of;
    if stuck.certain {
        violating = stuck.for_want_of;
        probe = violating.saturating_sub(1);
    }
    while linearizable < violating {
        match search(responses[probe]) {
            (Verdict::Violation(_), stuck) => {
                violating = if stuck.certain {
                    stuck.for_want_of.min(probe)
                } else {
                    probe
                };
                linearizable = linearizable.max(stuck.at);
                probe = if (linearizable..violating).contains(&stuck.for_want_of) {
                    stuck.for_want_of
                } else {
                    violating.saturating_sub(step)
                };
            }
            (Verdict::Linearizable(_), _) => {
                linearizable = probe + 1;
                probe += step;
            }
            (Verdict::Undecided(_), _) => return None,
        }
        step *= 2;
        if !(linearizable..violating).contains(&probe) {
            probe = linearizable + (violating - linearizable) / 2;
        }
    }
    Some(responses[violating].1)
}

/// The responses in order of time, each with the index of its operation.
pub(in crate::engines) fn responses<Op, Ret>(operations: &[Operation<Op, Ret>]) -> Vec<(u64, usize)> {
    let mut responses: Vec<(u64, usize)> = operations
        .iter()
        .enumerate()
        .filter_map(|(index, operation)| Some((operation.response.as_ref()?.at, index)))
        .collect();
    responses.sort_unstable();
    responses
}
