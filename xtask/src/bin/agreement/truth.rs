//! Brute force, and what others say held against it.

use std::{fmt::Debug, hash::Hash};

use oversell_checker::{
    engines::{Verdict, brute_force, witness},
    history::Operation,
};
use oversell_spec::SequentialSpec;

/// What does not fit together.
pub(crate) type Disagreement = String;

/// What brute force says of a history.
pub(crate) struct Truth<'a, S: SequentialSpec> {
    initial: &'a S,
    operations: &'a [Operation<S::Op, S::Ret>],
    verdict: Verdict,
    /// The first response with which brute force, told the history up to there, finds a violation.
    pub(crate) certain_at: Option<usize>,
}

impl<'a, S> Truth<'a, S>
where
    S: SequentialSpec<Op: Clone, Ret: Clone> + Clone + Eq + Hash,
{
    pub(crate) fn of(initial: &'a S, operations: &'a [Operation<S::Op, S::Ret>]) -> Self {
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

    pub(crate) const fn is_linearizable(&self) -> bool {
        matches!(self.verdict, Verdict::Linearizable(_))
    }

    /// The same verdict, and a witness that is one.
    pub(crate) fn confirm(&self, who: &str, verdict: &Verdict) -> Result<(), Disagreement> {
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
    pub(crate) fn confirm_exactly(&self, who: &str, verdict: &Verdict) -> Result<(), Disagreement> {
        self.confirm(who, verdict)?;
        match verdict {
            Verdict::Violation(violation) => self.confirm_certain_at(who, violation.certain_at),
            _ => Ok(()),
        }
    }

    pub(crate) fn confirm_certain_at(&self, who: &str, certain_at: Option<usize>) -> Result<(), Disagreement> {
        if certain_at == self.certain_at {
            return Ok(());
        }
        Err(format!(
            "{who}: certain at {certain_at:?}; brute force: at {:?}",
            self.certain_at
        ))
    }

    /// For those who may know later, or not before the end: never too early.
    pub(crate) fn confirm_not_before(&self, who: &str, certain_at: Option<usize>) -> Result<(), Disagreement> {
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
    let mut responses: Vec<(u64, usize)> = (0..operations.len())
        .filter(|&index| operations[index].response.is_some())
        .map(|index| (operations[index].returned(), index))
        .collect();
    responses.sort_unstable();
    let first = responses.partition_point(|&last| {
        let prefix: Vec<_> = operations
            .iter()
            .enumerate()
            .filter(|(_, operation)| operation.invoked <= last.0)
            .map(|(index, operation)| {
                let known = (operation.returned(), index) <= last;
                Operation {
                    response: operation.response.clone().filter(|_| known),
                    ..operation.clone()
                }
            })
            .collect();
        !matches!(brute_force(initial, &prefix), Verdict::Violation(_))
    });
    responses.get(first).map(|&(_, index)| index)
}

/// The history, for a message.
pub(crate) fn told<Op: Debug, Ret: Debug>(operations: &[Operation<Op, Ret>]) -> String {
    let line = |(index, operation): (usize, &Operation<Op, Ret>)| {
        let end = match &operation.response {
            Some(response) => format!("{} {:?}", response.at, response.ret),
            None => "never".to_string(),
        };
        format!("  {index}: {} {:?} .. {end}\n", operation.invoked, operation.op)
    };
    operations.iter().enumerate().map(line).collect()
}
