//! `missing-append` and `forked`: what was read of a text that, meanwhile, was only appended to.

use oversell_spec::kv::{KvOp, KvRet};

use super::outcome::answered;
use crate::history::KvOperation;

/// A get lacks what was appended before.
///
/// **Sound.** In any linearization `append` stands before `get`, for it returned before `get` was invoked. No put stands between
/// them: each returned before `append` was invoked, or was invoked after `get` returned. So what `get` reads still has the
/// text.
pub(super) fn is_missing(operations: &[KvOperation], append: usize, get: usize) -> bool {
    let (Some((KvOp::Append(text), response)), Some(value)) = (answered(operations, append), read(operations, get))
    else {
        return false;
    };
    response.at < operations[get].invoked
        && no_put_between(operations, operations[append].invoked, operations[get].returned())
        && !value.contains(text.as_str())
}

/// Neither of two gets (or the beginning and a get) reads what the other read, and more.
///
/// **Sound.** In any linearization no put stands between the two: each returned before both were invoked, or was invoked after
/// both returned. So the one that stands later reads what the other read, and what was appended since. If `first` returned
/// before `second` was invoked, `second` is the later one; otherwise either may be.
pub(super) fn are_forked(initial: &str, operations: &[KvOperation], first: Option<usize>, second: usize) -> bool {
    let Some(later) = read(operations, second) else {
        return false;
    };
    let (earlier, from, over) = match first {
        None => (initial, None, None),
        Some(first) => match read(operations, first) {
            Some(value) => (
                value,
                Some(operations[first].invoked),
                Some(operations[first].returned()),
            ),
            None => return false,
        },
    };
    let (invoked, returned) = (operations[second].invoked, operations[second].returned());
    let in_order = over.is_none_or(|over| over < invoked);
    let apart = match from {
        // Before the beginning there is no put.
        None => operations.iter().all(|put| !is_put(put) || put.invoked > returned),
        Some(from) => no_put_between(operations, from.min(invoked), returned.max(over.unwrap_or(0))),
    };
    apart && !later.starts_with(earlier) && (in_order || !earlier.starts_with(later))
}

fn read(operations: &[KvOperation], get: usize) -> Option<&str> {
    match answered(operations, get)?.1.ret {
        KvRet::Value(ref value) => Some(value),
        KvRet::Done => None,
    }
}

fn no_put_between(operations: &[KvOperation], from: u64, to: u64) -> bool {
    let mut puts = operations.iter().filter(|operation| is_put(operation));
    puts.all(|put| put.returned() < from || put.invoked > to)
}

fn is_put(operation: &KvOperation) -> bool {
    matches!(operation.op, KvOp::Put(_))
}
