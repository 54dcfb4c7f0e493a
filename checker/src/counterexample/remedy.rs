//! What to write instead, as far as answers and commands tell what was written.
//!
//! Strategies of the catalogue bring advice of their own. This is for the code of users, of which nothing is known but
//! what it sent and was told.

use oversell_spec::stock::{StockOp, StockRet};

use super::{
    effects::{Effect, Place},
    kind::Kind,
    parts::Shown,
    reason::{Candidate, Reason},
};
use crate::history::{Command, StockHistory};

/// One sentence. `put_back`: another buyer had taken units for a while and put them back.
pub(super) fn of(history: &StockHistory, candidate: &Candidate, put_back: bool) -> String {
    let shown = candidate.counterexample.operations.as_slice();
    let commands: Vec<Vec<Command<'_>>> = shown
        .iter()
        .map(|shown| history.commands.of(shown.index).collect())
        .collect();
    let any = |says: &dyn Fn(&Command<'_>) -> bool| commands.iter().flatten().any(says);
    let stock = Place::of(history);
    let did = |is: &dyn Fn(Effect) -> bool| {
        stock
            .as_ref()
            .is_some_and(|stock| any(&|command| is(stock.effect(command))))
    };
    match candidate.kind {
        Kind::Oversold if any(&|command| command.command.starts_with("UPDATE ")) => {
            "check and take in one statement, `UPDATE … SET stock = stock - 1 WHERE … AND stock >= 1`, and sell only if that changed \
             a row"
        }
        Kind::Oversold => oversold(candidate, shown, did(&Effect::only_reads)),
        Kind::DuplicateUnit => {
            "let the server hand each unit out once (`lpop`), and never push one back because an answer is missing"
        }
        Kind::DuplicateRemaining => {
            "let the server do the sum, in one step with the comparison: `lua`, or compare-and-set: `watch`, `ifeq`"
        }
        Kind::FalseSoldOut if put_back => "compare before taking, in one step: `lua`",
        Kind::FalseSoldOut
            if any(&|command| command.reply.as_deref() == Some("nil") && command.command.ends_with("EXEC")) =>
        {
            "nil from EXEC says that somebody else was there, not that all is sold: start again (`watch`)"
        }
        Kind::FalseSoldOut => {
            "say sold out only when the server compared numbers and found too few: a missing key, a conflict or a \
             timeout is something else (`lua`)"
        }
        Kind::NegativeStock => "compare before taking, in one step, and the stock never falls below zero: `lua`",
        Kind::WrongRead if matches!(candidate.reason, Reason::LevelAtLeast(_)) => {
            "look for units that were taken and sold to nobody: by a request that was sent twice (`idempotent`), or by one \
             that failed half-way"
        }
        Kind::WrongRead => {
            "read from the server that sells, not from a replica or a cache; and look for sales that took no unit"
        }
        Kind::WrongRemaining if did(&|effect| matches!(effect, Effect::Set(_))) => {
            "let the server do the sum (`INCRBY`, `DECRBY`, a script): a SET of what a client has worked out overwrites \
             what came in between"
        }
        Kind::WrongRemaining | Kind::NotLinearizable | Kind::TooManyForOneBuyer | Kind::AlreadyUntrue => {
            "tell what the command that changed the stock has answered, and send nothing twice but with a request id: \
             `idempotent`"
        }
    }
    .to_string()
}

/// `looked`: the stock was read before it was taken.
fn oversold(candidate: &Candidate, shown: &[Shown<StockOp, StockRet>], looked: bool) -> &'static str {
    let in_turn = |pair: &[Shown<StockOp, StockRet>]| pair[0].original.precedes(&pair[1].original);
    if shown.len() > 1 && shown.windows(2).all(in_turn) {
        return "these did not race: look for a failover, a restart, an evicted key or a second counter that had not \
                seen the earlier sale";
    }
    if looked || matches!(candidate.reason, Reason::TooManySales { read: Some(_), .. }) {
        "let nothing come between the look and the taking: check and take in one step (`lua`), or WATCH before the GET \
         and start again when EXEC answers nil (`watch`)"
    } else {
        "check and take in one step, on the server: `lua`, `watch` or `lpop`"
    }
}
