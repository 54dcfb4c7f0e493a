//! Operations that were recorded as failed, and with whose effect there would be no contradiction: often they timed out, and nobody
//! knows.

use super::{
    parts::Shown,
    tell::Tell,
    words::{Words, capital},
};
use crate::history::Operation;

/// So many are tried, the latest first.
const MOST: usize = 100;

/// A sentence about a failed operation that `explains` what is shown, if it is taken for one of which nothing is known.
pub(super) fn told<Op: Tell<Ret = Ret> + Clone, Ret: Clone>(
    failed: &[Operation<Op, Ret>],
    shown: &[Shown<Op, Ret>],
    words: &Words<'_>,
    explains: impl Fn(&[Operation<Op, Ret>]) -> bool,
) -> Option<String> {
    if failed.is_empty() {
        return None;
    }
    let last = shown
        .iter()
        .filter_map(|shown| Some(shown.original.response.as_ref()?.at))
        .max()?;
    let mut operations: Vec<_> = shown.iter().map(|shown| shown.relaxed.clone()).collect();
    let before = failed.iter().rev().filter(|failed| failed.invoked <= last);
    let found = before.take(MOST).find(|failed| {
        operations.push(Operation {
            response: None,
            ..Operation::clone(failed)
        });
        let explained = explains(&operations);
        operations.pop();
        explained
    })?;
    Some(format!(
        " {}'s `{}` ({}) was recorded as `fail`, that is as certainly without effect; with its effect there would be no \
         contradiction. If it timed out, it is `info`.",
        capital(&words.actor(found)),
        words.asked(&found.op),
        words.at(found.invoked)
    ))
}
