//! `absent`: an operation needed a value that was not there.
//!
//! **Sound.** Take any linearization. Right before `needy` stands the value that it needs. `since` stands before `needy`, for it
//! returned before `needy` was invoked, and right after it the value is another (so it is at the beginning, where `since` is
//! the beginning). So some operation between the two put the value there. It was not invoked after `needy` returned, or it
//! would stand after it; and it did not return before `since` was invoked, or it would stand before that. The rule asks that
//! every operation which may put the value there did one or the other.

use super::{outcome::answered, spec::Provable};
use crate::history::Operation;

pub(super) fn is_so<S: Provable>(
    initial: &S,
    operations: &[Operation<S::Op, S::Ret>],
    needy: usize,
    since: Option<usize>,
) -> bool {
    let needed = answered(operations, needy).and_then(|(op, response)| S::finds(op, &response.ret));
    let (Some(start), Some(needed)) = (initial.value(), needed) else {
        return false;
    };
    let (invoked, returned) = (operations[needy].invoked, operations[needy].returned());
    let another_from = match since {
        None if start == needed => return false,
        None => None,
        Some(since) => match answered(operations, since) {
            Some((op, response)) if response.at < invoked && S::cannot_leave(op, &response.ret, needed) => {
                Some(operations[since].invoked)
            }
            _ => return false,
        },
    };
    operations.iter().enumerate().all(|(index, writer)| {
        let ret = writer.response.as_ref().map(|response| &response.ret);
        index == needy
            || writer.invoked > returned
            || another_from.is_some_and(|from| writer.returned() < from)
            || !S::may_put(&writer.op, ret, needed)
    })
}
