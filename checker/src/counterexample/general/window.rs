//! The part of a violating history around the response with which the violation was certain: mostly that is enough.
//!
//! Two ways to let go of what was over before an instant; each gives a history that has an order if the whole has one.
//!
//! * *What left the value* ([`from_any_value`]). Take an order of the whole. Behind the last of those that were over, the state is
//!   what one of those invoked before the instant left there. Of the values that may be, one write each is kept that was over by then,
//!   invoked at any time before: they can be ordered so that the right one is last, and the rest follows as it did. What
//!   was open at the instant may have been in front, where it is not needed, or behind: its answer is forgotten, and what only
//!   looks goes. If an open write itself left the value, it comes right after the kept ones. Values that nobody can tell apart
//!   from here on are one value.
//!   A value that was never written, but exchanged for another, is led to from a written one by exchanges that were over by then:
//!   kept as well, but without their answers, so that those that do not lead to the right one need not take effect. (One that was open
//!   may be needed behind the instant, and leads nowhere.)
//! * *What is told of* ([`told_of`]): of what was over only goes what looks at the state, or what no answer that is left shows to have
//!   taken effect (see [`Explainable`]). For values that grow, where any may have been left.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

use oversell_spec::SequentialSpec;

use super::spec::Explainable;
use crate::{
    counterexample::shrink::{Item, relaxed},
    history::Operation,
};

/// Operations that are left.
pub(super) type Items<S> = Vec<Item<<S as SequentialSpec>::Op, <S as SequentialSpec>::Ret>>;

/// So many operations are looked at first.
const FIRST: usize = if cfg!(test) { 1 } else { 1 << 4 };

/// As long as they are not enough, twice as many are next; of larger parts, the whole is looked at.
const MOST: usize = 1 << 12;

/// From how many on those before are looked at that these tell of: it takes longer to find them.
const TELLING: usize = if cfg!(test) { 2 } else { 1 << 8 };

/// May anything more be looked at?
type More<'a> = &'a dyn Fn() -> bool;

/// The operations from shortly before that response on, with what is to be known of those before, as few as are a violation.
/// `None` when that takes many, or the response is not known.
pub(super) fn near_the_end<S: Explainable>(
    history: &[Operation<S::Op, S::Ret>],
    certain_at: Option<usize>,
    is_violation: impl Fn(&[Operation<S::Op, S::Ret>]) -> bool,
    more: More<'_>,
) -> Option<Items<S>> {
    let end = history.get(certain_at?)?.returned();
    let mut begun: Vec<usize> = (0..history.len())
        .filter(|&index| history[index].invoked <= end)
        .collect();
    // The latest first.
    begun.sort_unstable_by_key(|&index| Reverse(history[index].invoked));
    let is_enough = |items: &Items<S>| is_violation(&relaxed(items));
    let mut wanted = FIRST;
    while wanted <= MOST && more() {
        let from = history[*begun.get(wanted)?].invoked;
        if let Some(items) = from_any_value::<S>(history, &begun, from, end, more).filter(is_enough) {
            return Some(items);
        }
        if wanted >= TELLING
            && let Some(items) = told_of::<S>(history, &begun, from, end, more).filter(is_enough)
        {
            return Some(items);
        }
        wanted *= 2;
    }
    None
}

/// An operation as it was known at a time.
fn known<S: Explainable>(history: &[Operation<S::Op, S::Ret>], index: usize, end: u64) -> Item<S::Op, S::Ret> {
    let operation = &history[index];
    Item {
        index,
        relaxed: Operation {
            response: operation.response.clone().filter(|response| response.at <= end),
            ..operation.clone()
        },
    }
}

fn only_looks<S: Explainable>(operation: &Operation<S::Op, S::Ret>) -> bool {
    let ret = operation.response.as_ref().map(|response| &response.ret);
    S::only_looks(&operation.op, ret)
}

/// What was invoked at `from` or later, behind writes of the values that there may have been, and what leads from them to others.
/// `None` where nothing leads to one of those.
pub(super) fn from_any_value<S: Explainable>(
    history: &[Operation<S::Op, S::Ret>],
    begun: &[usize],
    from: u64,
    end: u64,
    more: More<'_>,
) -> Option<Items<S>> {
    // A write that was over of each value, and values that anything else may have left.
    let (mut writes, mut left) = (HashMap::new(), HashMap::new());
    let mut exchanges = Vec::new();
    let mut items = Vec::new();
    for &index in begun {
        let operation = &history[index];
        let mut item = known::<S>(history, index, end);
        if operation.invoked >= from {
            items.push(item);
            continue;
        }
        if only_looks::<S>(&item.relaxed) {
            continue;
        }
        let is_over = operation.returned() < from;
        if !is_over {
            item.relaxed.response = None;
            item.relaxed.invoked = 0;
            items.push(item);
        }
        let value = S::leaves(&operation.op);
        if !S::overwrites(&operation.op) {
            let value = value?;
            if is_over {
                exchanges.push((index, value.clone()));
            }
            left.insert(value, index);
        } else if is_over {
            writes.entry(value?).or_insert(index);
        }
    }
    // Where there is no more time, everything is alike, and in the end nothing is said.
    let is_alike = |index: usize, rest: &[_]| !more() || S::is_alike(&history[index].op, rest);
    let mut kept: Vec<usize> = writes.into_values().collect();
    kept.sort_unstable();
    let mut rest = relaxed(&items);
    // One of the written values that are alike stands for all values that are.
    if kept.iter().any(|&index| is_alike(index, &rest)) {
        left.retain(|_, &mut index| !is_alike(index, &rest));
    }
    let alone = items.len();
    let leading = leading(history, &kept, left, &exchanges)?;
    items.extend(leading.into_iter().map(|index| Item {
        index,
        relaxed: Operation {
            invoked: 0,
            response: None,
            ..history[index].clone()
        },
    }));
    // Where that led nowhere else.
    for place in (alone..items.len()).rev() {
        if !more() {
            return None;
        }
        let last = items.remove(place);
        rest = relaxed(&items);
        if !is_alike(last.index, &rest) || !kept.iter().any(|&index| is_alike(index, &rest)) {
            items.insert(place, last);
        }
    }
    rest = relaxed(&items);
    let mut alike = false;
    kept.retain(|&index| !is_alike(index, &rest) || !std::mem::replace(&mut alike, true));
    items.extend(kept.into_iter().map(|index| {
        let mut item = known::<S>(history, index, end);
        item.relaxed.invoked = 0;
        item
    }));
    items.sort_unstable_by_key(|item| item.index);
    more().then_some(items)
}

/// Of the `exchanges`, each with the value that it leaves, some that lead from the values of `writes` to those that are `left`, each to
/// one more; of equal histories the same ones. `None` where nothing leads to one of them.
fn leading<S: Explainable>(
    history: &[Operation<S::Op, S::Ret>],
    writes: &[usize],
    mut left: HashMap<S, usize>,
    exchanges: &[(usize, S)],
) -> Option<Vec<usize>> {
    if writes.is_empty() {
        return None;
    }
    let mut from: Vec<S> = writes
        .iter()
        .filter_map(|&index| S::leaves(&history[index].op))
        .collect();
    let mut there: HashSet<S> = from.iter().cloned().collect();
    left.retain(|value, _| !there.contains(value));
    let mut leading = Vec::new();
    while !left.is_empty() {
        let before = from.pop()?;
        for (index, value) in exchanges {
            if there.contains(value) {
                continue;
            }
            let mut state = before.clone();
            state.invoke(&history[*index].op);
            if state == *value {
                there.insert(state.clone());
                left.remove(&state);
                from.push(state);
                leading.push(*index);
            }
        }
    }
    Some(leading)
}

/// What returned at `from` or later, as it was known at `end`, and of what was over before, what it can tell of.
/// `None` where that takes too long.
pub(super) fn told_of<S: Explainable>(
    history: &[Operation<S::Op, S::Ret>],
    begun: &[usize],
    from: u64,
    end: u64,
    more: More<'_>,
) -> Option<Items<S>> {
    let (recent, before): (Vec<usize>, Vec<usize>) =
        begun.iter().partition(|&&index| history[index].returned() >= from);
    let mut before: Vec<usize> = before
        .into_iter()
        .filter(|&index| !only_looks::<S>(&history[index]))
        .collect();
    let mut items: Items<S> = recent.iter().map(|&index| known::<S>(history, index, end)).collect();
    // What is told of may tell of something itself: a comparison does.
    let mut tell = relaxed(&items);
    while !tell.is_empty() {
        let (unseen, seen): (Vec<usize>, Vec<usize>) = before
            .into_iter()
            .partition(|&index| !more() || S::is_unseen(&history[index].op, &tell));
        before = unseen;
        let seen: Items<S> = seen.iter().map(|&index| known::<S>(history, index, end)).collect();
        tell = relaxed(&seen);
        items.extend(seen);
    }
    items.sort_unstable_by_key(|item| item.index);
    more().then_some(items)
}
