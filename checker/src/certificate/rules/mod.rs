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
    let stock = || S::stock(initial, operations);
    let texts = || S::texts(initial, operations);
    let holds = match *claim {
        Claim::Window { from, to } => return window::dies(initial, operations, from, to, limit),
        Claim::SameUnit { first, second } => stock().is_some_and(|(_, all)| units::same(all, first, second)),
        Claim::Stretch { from, to } => {
            stock().is_some_and(|(initial, all)| stretch::is_impossible(initial, all, from, to))
        }
        Claim::Absent { needy, since } => absent::is_so(initial, operations, needy, since),
        Claim::Interleaved { one, other } => interleaved::are(initial, operations, one, other),
        Claim::MissingAppend { append, get } => texts().is_some_and(|(_, all)| appended::is_missing(all, append, get)),
        Claim::Forked { first, second } => {
            texts().is_some_and(|(initial, all)| appended::are_forked(initial, all, first, second))
        }
    };
    if holds { Outcome::Confirmed } else { Outcome::Refuted }
}
