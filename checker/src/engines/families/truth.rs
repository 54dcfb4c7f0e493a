//! Brute force, and what others say held against it.

use std::{fmt::Debug, hash::Hash};

use oversell_spec::SequentialSpec;

use crate::{
    engines::{Verdict, brute_force, general, witness},
    history::Operation,
};

/// What does not fit together.
pub type Disagreement = String;

/// What brute force says of a history.
pub struct Truth<'a, S: SequentialSpec> {
    initial: &'a S,
    operations: &'a [Operation<S::Op, S::Ret>],
    verdict: Verdict,
    /// The first response with which brute force, told the history up to there, finds a violation.
    pub certain_at: Option<usize>,
}

impl<'a, S> Truth<'a, S>
where
    S: SequentialSpec<Op: Clone, Ret: Clone> + Clone + Eq + Hash,
{
    /// Of a history that begins with `initial`.
    #[must_use]
    pub fn of(initial: &'a S, operations: &'a [Operation<S::Op, S::Ret>]) -> Self {
        let verdict = brute_force(initial, operations);
        let certain_at = match &verdict {
            Verdict::Violation(_) => certain_at(initial, operations),
            _ => None,
        };
        Self {
            initial,
            operations,
            verdict,
            certain_at,
        }
    }

    /// Is there an order?
    #[must_use]
    pub const fn is_linearizable(&self) -> bool {
        matches!(self.verdict, Verdict::Linearizable(_))
    }

    /// The same verdict, and a witness that is one.
    ///
    /// # Errors
    /// What does not fit together.
    pub fn confirm(&self, who: &str, verdict: &Verdict) -> Result<(), Disagreement> {
        match verdict {
            Verdict::Linearizable(order) if self.is_linearizable() => {
                witness::verify(self.initial.clone(), self.operations, order)
                    .map_err(|error| format!("{who} gives a wrong witness {order:?}: {error}"))
            }
            Verdict::Violation(_) if !self.is_linearizable() => Ok(()),
            _ => Err(format!("{who} says {verdict:?}, brute force {:?}", self.verdict)),
        }
    }

    /// The same verdict, from the same response on.
    ///
    /// # Errors
    /// What does not fit together.
    pub fn confirm_exactly(&self, who: &str, verdict: &Verdict) -> Result<(), Disagreement> {
        self.confirm(who, verdict)?;
        match verdict {
            Verdict::Violation(violation) => self.confirm_certain_at(who, violation.certain_at),
            _ => Ok(()),
        }
    }

    /// The same response makes it certain.
    ///
    /// # Errors
    /// What does not fit together.
    pub fn confirm_certain_at(&self, who: &str, certain_at: Option<usize>) -> Result<(), Disagreement> {
        if certain_at == self.certain_at {
            return Ok(());
        }
        Err(format!(
            "{who}: certain at {certain_at:?}; brute force: at {:?}",
            self.certain_at
        ))
    }

    /// For those who may know later, or not before the end: never too early.
    ///
    /// # Errors
    /// What does not fit together.
    pub fn confirm_not_before(&self, who: &str, certain_at: Option<usize>) -> Result<(), Disagreement> {
        let rank = |index: usize| (self.operations[index].returned(), index);
        match (certain_at, self.certain_at) {
            (Some(said), Some(first)) if rank(said) < rank(first) => {}
            (Some(_), None) => {}
            _ => return Ok(()),
        }
        self.confirm_certain_at(who, certain_at)
    }
}

/// A prefix of what is no violation is none, so one can look for the first in halves.
fn certain_at<S>(initial: &S, operations: &[Operation<S::Op, S::Ret>]) -> Option<usize>
where
    S: SequentialSpec<Op: Clone, Ret: Clone> + Clone + Eq + Hash,
{
    let responses = general::responses(operations);
    let first = responses
        .partition_point(|&last| !matches!(brute_force(initial, &prefix(operations, last)), Verdict::Violation(_)));
    responses.get(first).map(|&(_, index)| index)
}

/// What is known of a history up to and with the response of this time and index, as a history of its own. Where not all before it
/// were begun, indices are not those of the history.
#[must_use]
pub fn prefix<Op: Clone, Ret: Clone>(operations: &[Operation<Op, Ret>], last: (u64, usize)) -> Vec<Operation<Op, Ret>> {
    let all = operations.iter().enumerate();
    all.filter(|(_, operation)| operation.invoked <= last.0)
        .map(|(index, operation)| {
            let known = (operation.returned(), index) <= last;
            Operation {
                response: operation.response.clone().filter(|_| known),
                ..operation.clone()
            }
        })
        .collect()
}

/// The history, for a message.
#[must_use]
pub fn told<Op: Debug, Ret: Debug>(operations: &[Operation<Op, Ret>]) -> String {
    let line = |(index, operation): (usize, &Operation<Op, Ret>)| {
        let end = match &operation.response {
            Some(response) => format!("{} {:?}", response.at, response.ret),
            None => "never".to_string(),
        };
        format!("  {index}: {} {:?} .. {end}\n", operation.invoked, operation.op)
    };
    operations.iter().enumerate().map(line).collect()
}
