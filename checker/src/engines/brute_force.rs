//! The oracle: every order is tried. Too slow for anything but small histories, and too simple to be wrong.
//!
//! The engines are tested against it, and a counterexample is shown only after it has confirmed it.

use std::{collections::HashSet, hash::Hash};

use oversell_spec::SequentialSpec;

use super::{Limit, Verdict, Violation, Witness};
use crate::history::Operation;

/// Most operations [`brute_force`] takes; beyond it says [`Verdict::Undecided`].
pub const MOST_OPERATIONS: usize = 64;

/// Most combinations of operations done and state reached that [`brute_force`] looks at.
pub const MOST_CONFIGURATIONS: u64 = 20_000_000;

/// Decides by trying every order of the operations; remembers only which combinations of operations done and state
/// reached have failed before.
///
/// [`Violation::certain_at`] is not looked for.
pub fn brute_force<S>(initial_state: &S, operations: &[Operation<S::Op, S::Ret>]) -> Verdict
where
    S: SequentialSpec + Clone + Eq + Hash,
{
    brute_force_within(initial_state, operations, MOST_CONFIGURATIONS)
}

/// The same, within so many combinations.
pub(crate) fn brute_force_within<S>(initial_state: &S, operations: &[Operation<S::Op, S::Ret>], most: u64) -> Verdict
where
    S: SequentialSpec + Clone + Eq + Hash,
{
    if operations.len() > MOST_OPERATIONS {
        return Verdict::Undecided(Limit::Configurations(most));
    }
    let mut oracle = Oracle {
        operations,
        most,
        failed: HashSet::new(),
        order: Vec::new(),
    };
    match oracle.extend(0, initial_state) {
        Found::Order => Verdict::Linearizable(Witness(oracle.order)),
        Found::Nothing => Verdict::Violation(Violation { certain_at: None }),
        Found::TooMuch => Verdict::Undecided(Limit::Configurations(most)),
    }
}

enum Found {
    Order,
    Nothing,
    TooMuch,
}

struct Oracle<'a, S: SequentialSpec> {
    operations: &'a [Operation<S::Op, S::Ret>],
    most: u64,
    failed: HashSet<(u64, S)>,
    order: Vec<usize>,
}

impl<S: SequentialSpec + Clone + Eq + Hash> Oracle<'_, S> {
    /// Can what is done (a bit each) be continued to an order of the whole history?
    fn extend(&mut self, done: u64, state: &S) -> Found {
        let is_done = |index: usize| done & (1 << index) != 0;
        if (0..self.operations.len()).all(|index| is_done(index) || self.operations[index].response.is_none()) {
            return Found::Order;
        }
        if self.failed.contains(&(done, state.clone())) {
            return Found::Nothing;
        }
        if self.failed.len() as u64 >= self.most {
            return Found::TooMuch;
        }
        for (index, operation) in self.operations.iter().enumerate() {
            let too_early = |other: usize| !is_done(other) && self.operations[other].precedes(operation);
            if is_done(index) || (0..self.operations.len()).any(too_early) {
                continue;
            }
            let mut after = state.clone();
            let accepted = match &operation.response {
                Some(response) => after.is_valid_step(&operation.op, &response.ret),
                None => {
                    after.invoke(&operation.op);
                    true
                }
            };
            if accepted {
                self.order.push(index);
                match self.extend(done | 1 << index, &after) {
                    Found::Nothing => {
                        self.order.pop();
                    }
                    other => return other,
                }
            }
        }
        self.failed.insert((done, state.clone()));
        Found::Nothing
    }
}
