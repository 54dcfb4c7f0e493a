//! The rules by which a violation is confirmed. Each recomputes from the history all that it uses.

mod absent;
mod appended;
mod interleaved;
mod level;
mod outcome;
mod spec;
mod stretch;
mod units;
mod window;

pub use outcome::Outcome;
pub(super) use spec::Provable;
pub(super) use window::MOST_CONFIGURATIONS;

use super::claim::Claim;
use crate::each;
use crate::history::{History, Operation};

/// Does the claim show that the operations of the key at this place have no linearization?
///
/// A key or an operation that is not there refutes it.
#[must_use]
pub fn confirm(history: &History, key: usize, claim: &Claim<usize>) -> Outcome {
    confirm_within(history, key, claim, MOST_CONFIGURATIONS)
}

pub(super) fn confirm_within(history: &History, key: usize, claim: &Claim<usize>, limit: usize) -> Outcome {
    each!(&history.body, S: keys => keys.get(key).map_or(Outcome::Refuted, |key| {
        recompute(&S::start(&key.initial), &key.operations, claim, limit)
    }))
}

pub(super) fn recompute<S: Provable>(
    initial: &S,
    operations: &[Operation<S::Op, S::Ret>],
    claim: &Claim<usize>,
    limit: usize,
) -> Outcome {
    let of = |holds: bool| if holds { Outcome::Confirmed } else { Outcome::Refuted };
    match *claim {
        Claim::Window { from, to } => window::dies(initial, operations, from, to, limit),
        Claim::SameUnit { first, second } => {
            of(S::stock(initial, operations).is_some_and(|(_, operations)| units::same(operations, first, second)))
        }
        Claim::Stretch { from, to } => of(S::stock(initial, operations)
            .is_some_and(|(initial, operations)| stretch::is_impossible(initial, operations, from, to))),
        Claim::Absent { needy, since } => of(absent::is_so(initial, operations, needy, since)),
        Claim::Interleaved { one, other } => of(interleaved::are(initial, operations, one, other)),
        Claim::MissingAppend { append, get } => {
            of(S::texts(initial, operations)
                .is_some_and(|(_, operations)| appended::is_missing(operations, append, get)))
        }
        Claim::Forked { first, second } => of(S::texts(initial, operations)
            .is_some_and(|(initial, operations)| appended::are_forked(initial, operations, first, second))),
    }
}
