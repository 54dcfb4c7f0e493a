//! `stretch`: from one place to another the level cannot come.
//!
//! A *place* is the beginning (the level is the initial one), an operation whose answer says something of the level, or an
//! instant (the level is not negative). Claimed is that two places contradict each other.
//!
//! **Sound.** Take any linearization, and give each operation in it an instant within its interval, in its order (the latest
//! invocation so far will do). Say place `a` comes before place `b` in it. Between them can be only operations that had not
//! returned when `a` was invoked and had been invoked when `b` returned (*may*); certainly between them are those that were
//! invoked after `a` returned and returned before `b` was invoked (*must*). With what all that may be between can add and
//! take at most, and what must be adds and takes at least,
//!
//! - the level at `b` lies between that after `a` + added by *must* − taken by *may*, and + added by *may* − taken by
//!   *must*;
//! - every level between them lies no lower than either that after `a` − taken by *may* or that at `b` − added by *may*, and
//!   no higher than with the signs the other way round.
//!
//! So an operation whose own answer needs a level outside of the second range is not between them after all: it is struck
//! off *may*, and the ranges become narrower; if it is in *must*, that is a contradiction. This is repeated while it changes
//! anything. An empty range contradicts `a` before `b`. When `a` and `b` overlap in time, both orders have to be
//! contradicted. Every figure used is a sum over the history; nothing is taken from the certificate but the places.

use oversell_spec::stock::StockRet;

use super::{
    super::claim::End,
    level::{Level, after, before, change},
};

use crate::history::StockOperation;

/// A place: from when to when its instant can be, and the levels right before and after it.
#[derive(Clone, Copy)]
struct Place {
    index: Option<usize>,
    invoked: u64,
    returned: u64,
    before: Level,
    after: Level,
    /// Does everything that has returned by now certainly come before it, and not only what returned earlier?
    inclusive: bool,
}

/// Do the two places contradict each other in whichever order they may be?
pub(super) fn is_impossible(initial: u64, operations: &[StockOperation], from: Option<usize>, to: End<usize>) -> bool {
    let to = match to {
        End::Time(time) => Some(Place {
            index: None,
            invoked: time,
            returned: time,
            before: Level::ANY,
            after: Level::ANY,
            inclusive: true,
        }),
        End::At(index) => place(operations, index),
    };
    let Some(to) = to else { return false };
    let Some(from) = from else {
        return contradicts(operations, None, Level::exactly(initial.into()), &to);
    };
    let Some(from) = place(operations, from) else {
        return false;
    };
    if to.inclusive {
        // An instant has no answer of its own: the operation must be certain to come before it.
        return from.returned <= to.returned && contradicts(operations, Some(&from), from.after, &to);
    }
    if from.index == to.index {
        return false;
    }
    let possible = |one: &Place, other: &Place| one.invoked <= other.returned;
    (!possible(&from, &to) || contradicts(operations, Some(&from), from.after, &to))
        && (!possible(&to, &from) || contradicts(operations, Some(&to), to.after, &from))
}

/// An operation with an answer.
fn place(operations: &[StockOperation], index: usize) -> Option<Place> {
    let operation = operations.get(index)?;
    let response = operation.response.as_ref()?;
    Some(Place {
        index: Some(index),
        invoked: operation.invoked,
        returned: response.at,
        before: before(&operation.op, Some(&response.ret)),
        after: after(&operation.op, Some(&response.ret)),
        inclusive: false,
    })
}

/// Most rounds of striking off. Stopping early only leaves the ranges wider than they could be.
const MOST_ROUNDS: usize = 256;

/// Can `to` not come after `from` (`None`: the beginning), after which the level is one of `start`?
fn contradicts(operations: &[StockOperation], from: Option<&Place>, start: Level, to: &Place) -> bool {
    let is_place = |index| Some(index) == to.index || from.is_some_and(|from| from.index == Some(index));
    let mut may: Vec<usize> = (0..operations.len())
        .filter(|&index| {
            let operation = &operations[index];
            operation.invoked <= to.returned
                && from.is_none_or(|from| operation.returned() >= from.invoked)
                && !is_place(index)
        })
        .collect();
    let must = |operation: &StockOperation| {
        let returned = operation.returned();
        operation.response.is_some()
            && (returned < to.invoked || to.inclusive && returned <= to.returned)
            && from.is_none_or(|from| operation.invoked > from.returned)
    };
    for _ in 0..MOST_ROUNDS {
        let mut sums = Sums::default();
        for &index in &may {
            let operation = &operations[index];
            sums.add(change(&operation.op, ret(operation)), must(operation));
        }
        let at_end = Level {
            least: start.least + sums.surely_added - sums.taken,
            most: start.most + sums.added - sums.surely_taken,
        };
        let anywhere = Level {
            least: (start.least - sums.taken).max(to.before.least - sums.added),
            most: (start.most + sums.added).min(to.before.most + sums.taken),
        }
        .and(Level::ANY);
        if start.is_empty() || at_end.and(to.before).is_empty() || anywhere.is_empty() {
            return true;
        }
        let fits = |operation: &StockOperation| {
            !before(&operation.op, ret(operation)).and(anywhere).is_empty()
                && !after(&operation.op, ret(operation)).and(anywhere).is_empty()
        };
        let mut contradicted = false;
        let count = may.len();
        may.retain(|&index| {
            let (operation, fits) = (&operations[index], fits(&operations[index]));
            contradicted |= !fits && must(operation);
            fits
        });
        if contradicted {
            return true;
        }
        if may.len() == count {
            return false;
        }
    }
    false
}

fn ret(operation: &StockOperation) -> Option<&StockRet> {
    operation.response.as_ref().map(|response| &response.ret)
}

/// What can be added and taken between two places.
#[derive(Default)]
struct Sums {
    added: i128,
    taken: i128,
    surely_added: i128,
    surely_taken: i128,
}

impl Sums {
    fn add(&mut self, change: i128, must: bool) {
        let surely = i128::from(must);
        if change > 0 {
            self.added += change;
            self.surely_added += change * surely;
        } else {
            self.taken -= change;
            self.surely_taken -= change * surely;
        }
    }
}
