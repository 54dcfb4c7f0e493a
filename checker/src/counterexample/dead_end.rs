//! How far an order gets: the end of a proof that there is none.

use std::{collections::HashSet, hash::Hash};

use oversell_spec::SequentialSpec;

use crate::history::Operation;

/// Most operations of which every order is tried for the best one.
const MOST_OPERATIONS: usize = 10;

/// It is looked for among so many ways to have done some of them: where the state tells orders apart, as a text that is
/// appended to does, there are millions.
const MOST_CONFIGURATIONS: usize = 20_000;

/// The order that explains most answers, and where it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DeadEnd<S> {
    /// The operations in that order.
    pub(super) order: Vec<usize>,
    /// The state they leave.
    pub(super) state: S,
    /// The operations that may come next by the clock; none of their answers fits.
    pub(super) stuck: Vec<usize>,
}

/// Finds the order that explains most answers. `None` when there are too many operations or orders, or all can be
/// explained.
pub(super) fn dead_end<S>(initial: &S, operations: &[Operation<S::Op, S::Ret>]) -> Option<DeadEnd<S>>
where
    S: SequentialSpec + Clone + Eq + Hash,
{
    if operations.len() > MOST_OPERATIONS {
        return None;
    }
    let mut seen = HashSet::new();
    let mut open = vec![(Vec::new(), initial.clone())];
    let mut best: Option<(usize, DeadEnd<S>)> = None;
    while let Some((order, state)) = open.pop() {
        let mut done: Vec<usize> = order.clone();
        done.sort_unstable();
        if !seen.insert((done, state.clone())) {
            continue;
        }
        if seen.len() > MOST_CONFIGURATIONS {
            return None;
        }
        let waits =
            |index: usize, other: usize| !order.contains(&other) && operations[other].precedes(&operations[index]);
        let next: Vec<usize> = (0..operations.len())
            .filter(|index| !order.contains(index) && !(0..operations.len()).any(|other| waits(*index, other)))
            .collect();
        let mut stuck = Vec::new();
        // In reverse, so that the first operations are tried first.
        for &index in next.iter().rev() {
            let mut after = state.clone();
            let fits = match &operations[index].response {
                Some(response) => after.is_valid_step(&operations[index].op, &response.ret),
                None => {
                    after.invoke(&operations[index].op);
                    true
                }
            };
            if fits {
                let mut longer = order.clone();
                longer.push(index);
                open.push((longer, after));
            } else {
                stuck.push(index);
            }
        }
        let answered = |index: &usize| operations[*index].response.is_some();
        if next.iter().filter(|index| answered(index)).count() == stuck.len() {
            if stuck.is_empty() {
                return None;
            }
            stuck.reverse();
            let explained = order.iter().filter(|index| answered(index)).count();
            if best.as_ref().is_none_or(|(most, _)| explained > *most) {
                best = Some((explained, DeadEnd { order, state, stuck }));
            }
        }
    }
    best.map(|(_, dead_end)| dead_end)
}
