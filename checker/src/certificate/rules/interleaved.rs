//! `interleaved`: of two values that were each put there once, each was there before the other was.
//!
//! **Sound.** Take any linearization. A value that is put there at most once (where the initial value counts as put there at the
//! beginning) is there for one period without a gap, and the periods of two values are apart. Say that the first is over
//! before the second begins. Then no operation that shows the second can have returned before one that shows the first was
//! invoked; and with the values exchanged, the same. The rule names a pair of either kind. (An operation shows the value
//! right before it, or right after it; both moments lie within its interval, and the moments of two operations are in the
//! order of the operations.)
//!
//! For registers of which every value is put there once this is all that can go wrong, besides values that are
//! [`absent`](super::absent): Gibbons and Korach, "Testing shared memories", 1997.

use super::{outcome::answered, spec::Provable};
use crate::{certificate::claim::Shown, history::Operation};

pub(super) fn are<S: Provable>(
    initial: &S,
    operations: &[Operation<S::Op, S::Ret>],
    one: Shown<usize>,
    other: Shown<usize>,
) -> bool {
    let precedes = |earlier: Option<usize>, later: usize| match (earlier, operations.get(later)) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(earlier), Some(later)) => {
            answered(operations, earlier).is_some_and(|(_, response)| response.at < later.invoked)
        }
    };
    if !precedes(one.first, other.last) || !precedes(other.first, one.last) {
        return false;
    }
    let shown = |place: Option<usize>| match place {
        None => [initial.value(), None],
        Some(place) => answered(operations, place).map_or([None, None], |(op, response)| S::shows(op, &response.ret)),
    };
    // What both operations show, if it is put there once.
    let once = |Shown { first, last }| {
        let later = shown(Some(last));
        let both = shown(first)
            .into_iter()
            .flatten()
            .filter(move |value| later.contains(&Some(value)));
        both.filter(|value| puts(initial, operations, value) <= 1)
    };
    once(one).any(|value| once(other).any(|another| another != value))
}

/// How often a value may have been put there.
fn puts<S: Provable>(initial: &S, operations: &[Operation<S::Op, S::Ret>], value: &str) -> usize {
    let of = |operation: &&Operation<S::Op, S::Ret>| {
        let ret = operation.response.as_ref().map(|response| &response.ret);
        S::may_put(&operation.op, ret, value)
    };
    usize::from(initial.value() == Some(value)) + operations.iter().filter(of).count()
}
