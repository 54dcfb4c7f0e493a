//! The part of a violating history around the response with which the violation was certain: mostly that is enough, and what
//! was over before enters only as a level.

use oversell_spec::stock::StockOp;

use super::{
    ledger::{is_bought, is_sold_out, quantity, told_levels},
    reason::Before,
    shrink::{Shrinker, items, relaxed},
    steps::{StockItem, only_observes, without_level},
};
use crate::{
    engines::{self, Limits},
    history::StockOperation,
};

/// Decides for a start stock and operations, and says `false` where it does not know.
type IsViolation<'a> = &'a dyn Fn(u64, &[StockOperation]) -> bool;

/// A start stock and operations that follow from a history by sound steps.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) level: u64,
    pub(super) items: Vec<StockItem>,
    /// What is over before and went into the level: what had moved the stock from the initial one to it.
    pub(super) over: Before,
}

/// So many operations are looked at first.
const FIRST: usize = 1 << 8;

/// When they are not enough, so many times as many are next.
const GROWTH: usize = 1 << 3;

/// A history of more operations than this is not looked through for an instant at which one past was left.
const MOST_WALKED: usize = 1 << 17;

/// Nor is more than so many configurations.
const MOST_CONFIGURATIONS: u64 = 1 << 21;

/// The part from shortly before the response with which the violation is certain, as late as it is a violation by itself.
/// `None` when only the whole is one, or where that response is not known.
pub(super) fn near_the_end(
    initial: u64,
    history: &[StockOperation],
    certain_at: Option<usize>,
    is_violation: IsViolation<'_>,
) -> Option<Part> {
    let last = certain_at?;
    let end = history.get(last)?.returned();
    let mut wanted = FIRST;
    loop {
        let from = last.checked_sub(wanted)?;
        let part = cut(initial, Before::NOTHING, known_at(history, end), history[from].invoked);
        if let Some(part) = part.filter(|part| part.is_violation(is_violation)) {
            return Some(part.late(is_violation));
        }
        wanted *= GROWTH;
    }
}

/// The part from the last instant on at which only one past was left, where most changes say which level they left: there is
/// such an instant before long then, and nothing has to be forgotten of what was open. `None` where there is none, or the
/// history is too long to be looked through for it.
///
/// Sound: any order of the whole begins with one of the pasts there are, so with this one, as far as anything that follows
/// can tell. What is without an answer and has not taken effect may as well have been invoked at any time before.
pub(super) fn since_settled(
    initial: u64,
    history: &[StockOperation],
    certain_at: Option<usize>,
    is_violation: IsViolation<'_>,
    limits: &Limits,
) -> Option<Part> {
    let last = certain_at?;
    let end = history.get(last)?.returned();
    let known: Vec<StockItem> = known_at(history, end).collect();
    let changes = known.iter().filter(|item| !only_observes(&item.relaxed)).count();
    let told = known.iter().filter(|item| told_levels(&item.relaxed).is_some()).count();
    if known.len() > MOST_WALKED || told * 2 < changes {
        return None;
    }
    let limits = Limits {
        configurations: limits.configurations.min(MOST_CONFIGURATIONS),
        ..*limits
    };
    let settled = engines::since_settled(initial, history, last, &limits)?;
    let (mut rest, mut lost) = (Vec::new(), Vec::new());
    let mut over = Before::NOTHING;
    for mut item in known {
        let operation = &mut item.relaxed;
        if settled.indices.binary_search(&item.index).is_ok() {
            if operation.response.is_none() && operation.invoked <= settled.at {
                operation.invoked = 0;
                lost.push(item);
            } else {
                rest.push(item);
            }
            continue;
        }
        if !is_sold_out(operation) {
            over.add(operation.op);
        }
    }
    let (level, lost) = slim(settled.level, &rest, lost);
    let part = Part {
        level,
        items: [lost, rest].concat(),
        over,
    };
    part.is_violation(is_violation).then_some(part)
}

/// The same from the whole history: what comes after the violation is certain goes first, and what was over before then.
pub(super) fn of_the_whole(
    initial: u64,
    history: &[StockOperation],
    certain_at: Option<usize>,
    is_violation: IsViolation<'_>,
    more: &dyn Fn() -> bool,
) -> Part {
    let from_start = |operations: &[StockOperation]| is_violation(initial, operations);
    let mut whole = Shrinker::new(items(history), &from_start, more);
    whole.cut_after(certain_at);
    let part = Part {
        items: whole.items,
        ..Part::whole(initial, &[])
    };
    part.late(is_violation)
}

/// The history as it was known at a time.
fn known_at(history: &[StockOperation], end: u64) -> impl Iterator<Item = StockItem> {
    let begun = history.iter().enumerate().filter(move |(_, one)| one.invoked <= end);
    begun.map(move |(index, &operation)| StockItem {
        index,
        relaxed: StockOperation {
            response: operation.response.filter(|response| response.at <= end),
            ..operation
        },
    })
}

impl Part {
    /// All of a history.
    pub(super) fn whole(initial: u64, history: &[StockOperation]) -> Self {
        Self {
            level: initial,
            items: known_at(history, u64::MAX).collect(),
            over: Before::NOTHING,
        }
    }

    pub(super) fn is_violation(&self, is_violation: IsViolation<'_>) -> bool {
        is_violation(self.level, &relaxed(&self.items))
    }

    /// The part of it behind an instant, as late as it is a violation.
    fn late(self, is_violation: IsViolation<'_>) -> Self {
        let mut times: Vec<u64> = self.items.iter().map(|item| item.relaxed.invoked).collect();
        times.sort_unstable();
        times.dedup();
        let (mut good, mut low, mut high) = (self, 0, times.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            let part = good.cut_at(times[middle]);
            if let Some(part) = part.filter(|part| part.is_violation(is_violation)) {
                good = part;
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        good
    }

    /// What was over strictly before `time` goes.
    pub(super) fn cut_at(&self, time: u64) -> Option<Self> {
        cut(self.level, self.over, self.items.iter().cloned(), time)
    }
}

/// Cuts everything before an instant, and starts from the stock then.
///
/// Sound: take any order of the whole. Move what was over by then to its front, in the same order; behind it what was
/// open then and comes before the last of these, restocks first. All else stays. The level between the two parts is
/// the initial one less what the first part bought, plus what it put back: the new start, provided that is not
/// negative. From there, restocks raise it, and the sales lower it to a level that the old order had at that place and
/// that was not negative. The levels from there on are the old ones. Only those of the operations that were open
/// have changed: so what they told of the level is forgotten, and the ones that only told it are left out.
fn cut(level: u64, mut over: Before, items: impl Iterator<Item = StockItem>, time: u64) -> Option<Part> {
    let (mut rest, mut lost) = (Vec::new(), Vec::new());
    let mut now = i128::from(level);
    for mut item in items {
        let operation = &mut item.relaxed;
        if operation.returned() < time {
            let units = i128::from(quantity(operation));
            if matches!(operation.op, StockOp::Restock { .. }) {
                now += units;
                over.add(operation.op);
            } else if is_bought(operation) {
                now -= units;
                over.add(operation.op);
            }
        } else if operation.invoked >= time {
            rest.push(item);
        } else if !only_observes(operation) {
            if let Some(response) = &mut operation.response {
                response.ret = without_level(response.ret);
                rest.push(item);
            } else {
                // Nothing that is left returned before that instant, so it may as well have been invoked at any.
                operation.invoked = 0;
                lost.push(item);
            }
        }
    }
    let (level, lost) = slim(u64::try_from(now).ok()?, &rest, lost);
    let items = [lost, rest].concat();
    Some(Part { level, items, over })
}

/// Takes away of `lost`, purchases without an answer that may take effect at any time, what cannot make a difference.
/// There is an order of what is left if and only if there is one of the whole.
///
/// Say they are of q units each, and no answer says of a level above h. Until the first answer that says something of the
/// level, no more than u units can go to others than them (purchases that were told no level, or nothing). So by then
/// at least k of them have taken effect, with k q = level − h − u. Move the first k to the front of the order, and all
/// others that stand before that answer to just before it: in between, the level is at least h then, and from there on
/// nothing has changed. So they might as well be gone from the beginning. Where no answer says anything of the level, none
/// of them has to take effect. And no more of them take effect than there are units for.
fn slim(level: u64, rest: &[StockItem], lost: Vec<StockItem>) -> (u64, Vec<StockItem>) {
    let is_buy = |item: &&StockItem| matches!(item.relaxed.op, StockOp::Buy { .. });
    let (mut buys, mut others): (Vec<StockItem>, Vec<StockItem>) = lost.into_iter().partition(|item| is_buy(&item));
    let units = buys.first().map_or(0, |item| quantity(&item.relaxed));
    if units == 0 || buys.iter().any(|item| quantity(&item.relaxed) != units) {
        others.append(&mut buys);
        others.sort_by_key(|item| item.index);
        return (level, others);
    }
    let (mut highest, mut gone, mut added) = (None, 0, 0);
    for item in rest.iter().chain(&others) {
        let operation = &item.relaxed;
        let asks = if is_sold_out(operation) {
            Some(i128::from(quantity(operation)) - 1)
        } else {
            told_levels(operation).map(|(before, _)| before)
        };
        highest = highest.max(asks);
        match operation.op {
            StockOp::Restock { quantity } => added += i128::from(quantity),
            StockOp::Buy { quantity } if asks.is_none() => gone += i128::from(quantity),
            StockOp::Buy { .. } | StockOp::Read => {}
        }
    }
    let (level, units) = (i128::from(level), i128::from(units));
    let certain = highest.map_or(0, |highest| (level - highest.max(0) - gone).max(0) / units);
    let certain = certain.min(buys.len() as i128);
    let level = level - certain * units;
    let most = highest.map_or(0, |_| (level + added) / units);
    let left = (buys.len() as i128 - certain).min(most);
    others.extend(buys.split_off(buys.len() - usize::try_from(left).unwrap_or(0)));
    others.sort_by_key(|item| item.index);
    (u64::try_from(level).unwrap_or(0), others)
}

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};

    use super::*;
    use crate::engines::{Verdict, check_stock, families::small};

    fn is_violation(level: u64, operations: &[StockOperation]) -> bool {
        match check_stock(level, operations, &Limits::default()) {
            Verdict::Violation(_) => true,
            Verdict::Linearizable(_) => false,
            Verdict::Undecided(limit) => panic!("{limit}"),
        }
    }

    #[test]
    fn what_makes_no_difference_makes_none() {
        let mut random = SmallRng::seed_from_u64(11);
        let mut seen = [0; 4];
        for _ in 0..20_000 {
            let (initial, history) = small::random(&mut random, 7);
            let rest = Part::whole(initial, &history).items;
            let (size, level) = (random.random_range(1..=2), initial + random.random_range(0..6));
            let lost: Vec<StockItem> = (0..random.random_range(0..7))
                .map(|number| StockItem {
                    index: history.len() + number,
                    relaxed: StockOperation {
                        process: 100 + number as i64,
                        invoked: 0,
                        op: StockOp::Buy { quantity: size },
                        response: None,
                    },
                })
                .collect();
            let part = |level: u64, lost: &[StockItem]| Part {
                level,
                items: [lost, &rest].concat(),
                over: Before::NOTHING,
            };
            let whole = part(level, &lost).is_violation(&is_violation);
            let (slim_level, slim_lost) = slim(level, &rest, lost.clone());
            assert_eq!(
                part(slim_level, &slim_lost).is_violation(&is_violation),
                whole,
                "{level} {lost:?} {history:#?}: {slim_level} {slim_lost:?}"
            );
            let lower = slim_level < level;
            let fewer = slim_lost.len() < lost.len();
            seen[usize::from(whole)] += usize::from(lower);
            seen[2 + usize::from(whole)] += usize::from(fewer && !lower);
        }
        assert!(seen.iter().all(|&seen| seen > 100), "{seen:?}");
    }
}
