//! More units sold than there were.

use std::cmp::Reverse;

use oversell_spec::stock::StockRet;

use super::{
    kind::Kind,
    ledger::{Ledger, is_bought, quantity, told},
    nearly,
    parts::{Counterexample, Others, Shown},
    reason::{Candidate, Reason},
    repeated::Repeated,
};
use crate::history::StockOperation;

/// How many units too many were sold, at the worst moment.
pub(super) struct Excess {
    /// Units.
    pub(super) units: u64,
    /// The response with which the worst was reached.
    at: u64,
    /// The sale with whose response there were too many for the first time.
    first: usize,
}

/// Counts at each response what had been told as sold by then, and all that may have been put back by then.
///
/// Every sale has had its instant by its response, and no restock has before its invocation; so if by some instant more
/// was sold than there was and was put back, there is no order.
pub(super) fn excess(history: &[StockOperation], ledger: &Ledger) -> Option<Excess> {
    let mut look = ledger.look();
    let mut worst: Option<(i128, u64, u64)> = None;
    for at in ledger.sales_told() {
        let level = look.told_by(at);
        if level < worst.map_or(0, |(level, ..)| level) {
            worst = Some((level, at, worst.map_or(at, |(.., first)| first)));
        }
    }
    let (level, at, first) = worst?;
    // Of those that were told at that time, the one with which it was too many.
    let mut level_then = ledger.look().told_before(first);
    let then = |&index: &usize| is_bought(&history[index]) && history[index].returned() == first;
    let too_many = (0..history.len()).filter(then).find(|&index| {
        level_then -= i128::from(quantity(&history[index]));
        level_then < 0
    });
    Some(Excess {
        units: u64::try_from(-level).unwrap_or(u64::MAX),
        at,
        first: too_many?,
    })
}

/// Two sales (three when quantities do not fit otherwise) for which the others leave too little.
///
/// Why leaving out the others is sound: nothing but the number of units sold is used of any sale. So restocks can be
/// moved to the beginning of any order (that raises the level everywhere), then sales that are taken off the stock can
/// follow (the level before any other sale is lowered by them, but so it is after the last of all in the old order,
/// and it never rises in between), and sales that are left out altogether only raise it.
pub(super) fn find(
    initial: u64,
    history: &[StockOperation],
    ledger: &Ledger,
    excess: &Excess,
    seen: &dyn Fn(usize) -> Option<i64>,
) -> Option<Candidate> {
    let restocked = ledger.restocked_by(excess.at);
    let available = initial.saturating_add(restocked);
    let sales: Vec<usize> = (0..history.len())
        .filter(|&index| is_bought(&history[index]) && history[index].returned() <= excess.at)
        .collect();
    let sold = sales
        .iter()
        .fold(0u64, |sum, &index| sum.saturating_add(quantity(&history[index])));
    let chosen = most_telling(history, &sales, excess.first, seen);
    let (left, chosen) = leave_too_little(history, &sales, available, chosen)?;
    let mut operations: Vec<_> = chosen
        .iter()
        .map(|&index| Shown::anytime(index, &history[index], StockRet::BOUGHT))
        .collect();
    operations.sort_by_key(|shown| (shown.original.invoked, shown.index));
    Some(Candidate {
        kind: Kind::Oversold,
        counterexample: Counterexample {
            initial: left,
            operations,
            others: Others::NONE,
        },
        reason: Reason::TooManySales {
            stock: initial,
            restocked,
            sold,
            read: seen(chosen[0]).filter(|&read| chosen.iter().all(|&index| seen(index) == Some(read))),
        },
    })
}

/// The sale that should not have been, and the one it got in the way of. Any two would do; these tell most:
/// they overlap, they say themselves that they left nothing or less, and they saw the same stock before they took it.
fn most_telling(
    history: &[StockOperation],
    sales: &[usize],
    first_too_many: usize,
    seen: &dyn Fn(usize) -> Option<i64>,
) -> Vec<usize> {
    let twice = |told: &dyn Fn(usize) -> Option<i64>| twice_the_same(history, sales, told);
    let left = |index: usize| told(&history[index]);
    // Two that read the same last unit, one of which took it; else one that says itself that it took too much; else two that
    // say they left the same; else two that read the same.
    let saw_the_same = twice(seen);
    if let Some((1, pair)) = saw_the_same
        && pair.iter().any(|&index| left(index).is_none_or(|left| left >= 0))
    {
        return pair.into();
    }
    let beyond_nothing = sales
        .iter()
        .copied()
        .filter_map(|index| Some((left(index).filter(|&left| left < 0)?, index)))
        .max_by_key(|&(left, index)| (left, Reverse((history[index].returned(), index))));
    if beyond_nothing.is_none()
        && let Some((_, pair)) = twice(&left).or(saw_the_same)
    {
        return pair.into();
    }
    let too_many = beyond_nothing.map_or(first_too_many, |(_, index)| index);
    let this = &history[too_many];
    let saw = seen(too_many);
    let partner = sales
        .iter()
        .copied()
        .filter(|&index| index != too_many)
        .min_by_key(|&index| {
            let other = &history[index];
            let apart = other.precedes(this) || this.precedes(other);
            let differently = !apart && (saw.is_none() || seen(index) != saw);
            let left = told(other).filter(|&left| left >= 0).unwrap_or(i64::MAX);
            (
                apart,
                left,
                differently,
                this.returned().abs_diff(other.returned()),
                index,
            )
        });
    partner.into_iter().chain([too_many]).collect()
}

/// Two sales at the same time that say the same number, as small as possible; of several, those that left most.
fn twice_the_same(
    history: &[StockOperation],
    sales: &[usize],
    says: &dyn Fn(usize) -> Option<i64>,
) -> Option<(i64, [usize; 2])> {
    let numbers = sales.iter().filter_map(|&index| says(index)).map(i128::from);
    let repeated = Repeated::of(numbers.map(|number| number..=number), 8 * sales.len());
    let alone = |number: i64| {
        let number = i128::from(number);
        (repeated.as_ref()).is_some_and(|repeated| !repeated.any_twice(number..=number))
    };
    let mut by_number: Vec<_> = sales
        .iter()
        .filter_map(|&index| {
            let number = says(index).filter(|&number| !alone(number))?;
            let left = Reverse(told(&history[index]));
            Some((Reverse(number), left, history[index].returned(), index))
        })
        .collect();
    // Levels fall: from the highest on, they are nearly in order.
    nearly::sort(&mut by_number, |&sale| sale);
    let together = |pair: &[(Reverse<i64>, _, u64, usize)]| match *pair {
        [(one, .., first), (.., second)] if !history[first].precedes(&history[second]) => {
            Some((one.0, [first, second]))
        }
        _ => None,
    };
    let mut same = by_number.chunk_by(|one, other| one.0 == other.0).rev();
    same.find_map(|same| same.windows(2).find_map(together))
}

/// Takes other sales off the stock until what is left is too little for the chosen ones together but, where quantities
/// allow it, enough for each alone; adds a sale to the chosen ones where that is not possible.
fn leave_too_little(
    history: &[StockOperation],
    sales: &[usize],
    available: u64,
    mut chosen: Vec<usize>,
) -> Option<(u64, Vec<usize>)> {
    let units = |index: &usize| quantity(&history[*index]);
    let total = |indices: &[usize]| indices.iter().fold(0u64, |sum, index| sum.saturating_add(units(index)));
    let keep = chosen.iter().map(units).max()?.min(available);
    let mut left = available;
    let mut others: Vec<usize> = sales.iter().copied().filter(|index| !chosen.contains(index)).collect();
    others.sort_by_key(|index| (Reverse(units(index)), *index));
    let mut too_large = Vec::new();
    for index in others {
        if total(&chosen) > left {
            break;
        }
        match left.checked_sub(units(&index)) {
            Some(rest) if rest >= keep => left = rest,
            _ => too_large.push(index),
        }
    }
    let mut too_large = too_large.into_iter();
    while total(&chosen) <= left {
        chosen.push(too_large.next()?);
    }
    // With the one added, one of the first may be needed no more.
    let mut place = 0;
    while place < chosen.len() {
        if total(&chosen) - units(&chosen[place]) > left {
            chosen.remove(place);
        } else {
            place += 1;
        }
    }
    Some((left, chosen))
}
