//! How a violation came about, where an operation beside the counterexample shows it.

use oversell_spec::stock::{StockOp, StockRet};

use super::{
    effects::{Effect, Place},
    kind::Kind,
    ledger::{is_sold_out, quantity},
    parts::Shown,
    reason::Candidate,
    words::{Words, capital, signed},
};
use crate::history::{StockHistory, StockOperation};

/// An operation beside a counterexample, which shows how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside<Op, Ret> {
    /// The operation.
    pub shown: Shown<Op, Ret>,
    /// What it did.
    pub sentence: String,
}

/// For a buyer that was turned away though there were units enough: another one, turned away as well, which had taken
/// units off the counter for a while, so that too few seemed to be left.
pub(super) fn find(
    history: &StockHistory,
    candidate: &Candidate,
    words: &Words<'_>,
) -> Option<Beside<StockOp, StockRet>> {
    let [shown] = candidate.counterexample.operations.as_slice() else {
        return None;
    };
    if candidate.kind != Kind::FalseSoldOut || !history.commands.has(shown.index) {
        return None;
    }
    let place = Place::of(history)?;
    let looked = history
        .commands
        .of(shown.index)
        .find(|command| place.effect(command).before().is_some());
    let looked_until = looked?.received?;
    let needed = i64::try_from(quantity(&shown.original)).ok()?;
    let beside = |(index, other): &(usize, &StockOperation)| {
        *index != shown.index
            && is_sold_out(other)
            && !other.precedes(&shown.original)
            && !shown.original.precedes(other)
    };
    let mut latest: Option<(u64, usize, i64, i64)> = None;
    for (index, _) in history.operations.iter().enumerate().filter(beside) {
        for command in history
            .commands
            .of(index)
            .filter(|command| command.sent <= looked_until)
        {
            if let Effect::Changed(before, after) = place.effect(&command)
                && before >= needed
                && after < needed
                && latest.is_none_or(|(sent, ..)| command.sent > sent)
            {
                latest = Some((command.sent, index, before, after));
            }
        }
    }
    let (_, index, before, after) = latest?;
    let other = &history.operations[index];
    Some(Beside {
        sentence: capital(&format!(
            "{} had taken the stock from {} to {}, and was then told sold out itself.",
            words.actor(other),
            signed(before),
            signed(after)
        )),
        shown: Shown::whole(index, other),
    })
}
