//! Looks for a claim that shows a violation.
//!
//! Whatever is found has been confirmed by the rules themselves, so hints can be wrong without harm: they only say where to
//! look first.

mod hints;
mod values;

use std::collections::HashMap;

use oversell_spec::{
    Stock,
    stock::{StockOp, StockRet},
};

pub use hints::Hints;
use hints::MOST_PLACES;

use super::{
    claim::{Claim, End},
    rules::{Outcome, Provable, confirm_within, recompute},
};
use crate::{
    each,
    history::{History, Operation, StockOperation},
};

/// Most pasts of one window that is tried; less than a verifier allows.
const MOST_CONFIGURATIONS: usize = 200_000;

/// A claim that shows that the key at this place is not linearizable, if one is found.
#[must_use]
pub fn find(history: &History, key: usize, hints: &Hints) -> Option<Claim<usize>> {
    let claim = each!(&history.body, S: keys => {
        let key = keys.get(key)?;
        let start = S::start(&key.initial);
        let simple = match S::stock(&start, &key.operations) {
            Some((initial, operations)) => counted(initial, operations, hints),
            None => values::values(&start, &key.operations, hints),
        };
        simple.or_else(|| windows(&start, &key.operations, hints))
    })?;
    // The public rule, on the history as a whole, has the last word.
    (confirm_within(history, key, &claim, MOST_CONFIGURATIONS) == Outcome::Confirmed).then_some(claim)
}

/// Tries the rules that only count.
fn counted(initial: u64, operations: &[StockOperation], hints: &Hints) -> Option<Claim<usize>> {
    let stock = Stock::new(initial);
    let holds = |claim: &Claim<usize>| recompute(&stock, operations, claim, 0) == Outcome::Confirmed;
    let from_start = |to| Claim::Stretch { from: None, to };
    let simple = same_unit(operations).or_else(|| Some(from_start(End::Time(first_excess(initial, operations)?))));
    if let Some(claim) = simple.filter(holds) {
        return Some(claim);
    }
    let places = places(operations, hints);
    let at = |index: usize| End::At(index);
    let alone = places.iter().map(|&place| from_start(at(place)));
    let pairs = places.iter().enumerate().flat_map(|(count, &first)| {
        places[..count].iter().map(move |&second| Claim::Stretch {
            from: Some(first),
            to: End::At(second),
        })
    });
    let end = places
        .iter()
        .filter_map(|&place| Some(operations[place].response?.at))
        .max();
    let until = end.into_iter().flat_map(|end| {
        places.iter().map(move |&place| Claim::Stretch {
            from: Some(place),
            to: End::Time(end),
        })
    });
    alone.chain(until).chain(pairs).find(holds)
}

fn same_unit(operations: &[StockOperation]) -> Option<Claim<usize>> {
    let mut first_with = HashMap::new();
    operations.iter().enumerate().find_map(|(second, operation)| {
        let StockRet::Bought { unit: Some(unit), .. } = operation.response?.ret else {
            return None;
        };
        let first = first_with.insert(unit, second)?;
        Some(Claim::SameUnit { first, second })
    })
}

/// The first response by which more was bought than there was and can have been put back.
fn first_excess(initial: u64, operations: &[StockOperation]) -> Option<u64> {
    let mut changes: Vec<(u64, bool, i128)> = operations
        .iter()
        .filter_map(|operation| match (operation.op, operation.response) {
            (StockOp::Restock { quantity }, _) => Some((operation.invoked, false, i128::from(quantity))),
            (StockOp::Buy { quantity }, Some(response)) if matches!(response.ret, StockRet::Bought { .. }) => {
                Some((response.at, true, -i128::from(quantity)))
            }
            _ => None,
        })
        .collect();
    changes.sort_unstable();
    let mut level = i128::from(initial);
    changes.into_iter().find_map(|(at, _, change)| {
        level += change;
        (level < 0).then_some(at)
    })
}

/// The operations between which a contradiction is looked for: those of the hints, and those that were told a level close
/// to the one with which the violation became certain, or close to it in time.
fn places(operations: &[StockOperation], hints: &Hints) -> Vec<usize> {
    let answered = |index: &usize| {
        operations
            .get(*index)
            .is_some_and(|operation| operation.response.is_some())
    };
    let mut places: Vec<usize> = Vec::new();
    let mut add = |index: usize| {
        if places.len() < MOST_PLACES && !places.contains(&index) {
            places.push(index);
        }
    };
    hints.certain_at.iter().copied().filter(answered).for_each(&mut add);
    hints.operations.iter().copied().filter(answered).for_each(&mut add);
    let Some(response) = hints.certain_at.and_then(|index| operations.get(index)?.response) else {
        return places;
    };
    let mut told: Vec<(i64, u64, usize)> = operations
        .iter()
        .enumerate()
        .filter(|(_, operation)| operation.invoked <= response.at)
        .filter_map(|(index, operation)| {
            let response = operation.response?;
            Some((told(response.ret)?, response.at, index))
        })
        .collect();
    if let Some(level) = self::told(response.ret) {
        told.sort_by_key(|&(other, at, index)| (other.abs_diff(level), response.at.abs_diff(at), index));
        told.iter().take(8).for_each(|&(.., index)| add(index));
    }
    told.sort_by_key(|&(_, at, index)| (response.at.abs_diff(at), index));
    told.iter().take(8).for_each(|&(.., index)| add(index));
    places
}

fn told(ret: StockRet) -> Option<i64> {
    match ret {
        StockRet::Bought { remaining, .. } => remaining,
        StockRet::Stock(level) => Some(level),
        StockRet::Restocked { stock } => stock,
        StockRet::SoldOut | StockRet::Already | StockRet::Refused => None,
    }
}

/// Tries windows that end where the violation became certain, ever longer ones, up to the whole.
fn windows<S: Provable>(initial: &S, operations: &[Operation<S::Op, S::Ret>], hints: &Hints) -> Option<Claim<usize>> {
    let to = hints.certain_at.filter(|&index| {
        operations
            .get(index)
            .is_some_and(|operation| operation.response.is_some())
    });
    let end = to.map_or(u64::MAX, |index| operations[index].returned());
    let mut anchors: Vec<(u64, usize)> = operations
        .iter()
        .enumerate()
        .filter_map(|(index, operation)| {
            let response = operation.response.as_ref()?;
            let known = response.at < end && !S::left_by(&operation.op, &response.ret).is_empty();
            known.then_some((response.at, index))
        })
        .collect();
    anchors.sort_unstable_by(|one, other| other.cmp(one));
    let steps = (0..)
        .map(|power| (1usize << power) - 1)
        .take_while(|&place| place < anchors.len());
    let starts: Vec<Option<usize>> = steps.map(|place| Some(anchors[place].1)).chain([None]).collect();
    starts
        .into_iter()
        .map(|from| Claim::Window { from, to })
        .find(|claim| recompute(initial, operations, claim, MOST_CONFIGURATIONS) == Outcome::Confirmed)
}
