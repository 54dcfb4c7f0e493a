//! The counterexample of a stock counter where no rule of thumb finds one: shrinking with the checker's help.

use oversell_models::spec::stock::{StockOp, StockRet};

use super::{
    confirm::{Confirmation, confirm, try_all},
    kind::Kind,
    ledger::{answer, is_bought, is_sold_out, quantity, told, told_levels},
    parts::{Counterexample, Others, Shown, Span, StockCounterexample},
    reason::{Before, Candidate, Reason},
    shrink::{Item, Shrinker, Step},
    steps::{STEPS, StockItem, only_observes, without_level},
};
use crate::history::StockOperation;

/// Shrinks a violating history. `is_violation` decides for a start stock and operations, and says `false` where it does
/// not know.
pub(super) fn find(
    initial: u64,
    history: &[StockOperation],
    certain_at: Option<usize>,
    is_violation: &dyn Fn(u64, &[StockOperation]) -> bool,
) -> Candidate {
    let from_start = |operations: &[StockOperation]| is_violation(initial, operations);
    let mut whole = Shrinker::new(history, &from_start);
    whole.cut_after(certain_at);
    let (level, items) = cut_before(initial, whole.items.clone(), is_violation);
    let before = before(&whole.items, &items);
    let from_level = |operations: &[StockOperation]| is_violation(level, operations);
    let mut shrinker = Shrinker::new(&[], &from_level);
    shrinker.items = items;
    while STEPS.map(|step| shrinker.apply(step)).contains(&true) {}
    let shown = |item: &StockItem| Shown {
        index: item.index,
        original: history[item.index],
        relaxed: item.relaxed,
    };
    let counterexample = plainest(gather(Counterexample {
        initial: level,
        operations: shrinker.items.iter().map(shown).collect(),
        others: Others::NONE,
    }));
    Candidate {
        kind: kind_of(&counterexample),
        counterexample,
        reason: Reason::Search { before: Some(before) },
    }
}

/// What is in all of the items, but was over before the rest of them.
fn before(all: &[StockItem], rest: &[StockItem]) -> Before {
    let kept: std::collections::HashSet<usize> = rest.iter().map(|item| item.index).collect();
    let mut before = Before { sold: 0, restocked: 0 };
    for item in all.iter().filter(|item| !kept.contains(&item.index)) {
        let operation = &item.relaxed;
        let sum = match operation.op {
            StockOp::Restock { .. } => &mut before.restocked,
            StockOp::Buy { .. } if is_bought(operation) => &mut before.sold,
            StockOp::Buy { .. } | StockOp::Read => continue,
        };
        *sum = sum.saturating_add(quantity(operation));
    }
    before
}

/// Takes from a small counterexample what it does not need.
pub(super) fn polish(candidate: Candidate) -> Candidate {
    if is_minimal(&candidate.counterexample) {
        return candidate;
    }
    let before = candidate.reason.before(candidate.counterexample.initial);
    let Candidate { counterexample, .. } = candidate;
    let is_violation = |operations: &[StockOperation]| {
        try_all(counterexample.initial, operations, &counterexample.others) == Confirmation::Confirmed
    };
    let mut shrinker = Shrinker::new(&[], &is_violation);
    shrinker.items = (0..counterexample.operations.len())
        .map(|index| Item {
            index,
            relaxed: counterexample.operations[index].relaxed,
        })
        .collect();
    while STEPS.map(|step| shrinker.apply(step)).contains(&true) {}
    let mut polished = counterexample.clone();
    polished.operations.clear();
    for item in &shrinker.items {
        let mut shown = counterexample.operations[item.index].clone();
        shown.relaxed = item.relaxed;
        polished.operations.push(shown);
    }
    Candidate {
        kind: kind_of(&polished),
        counterexample: plainest(gather(polished)),
        reason: Reason::Search { before },
    }
}

/// Cuts everything before an instant, as late as possible, and starts from the stock then.
///
/// Sound: take any order of the whole. Move what was over by then to its front, in the same order; behind it what was
/// open then and comes before the last of these, restocks first. All else stays. The level between the two parts is
/// the initial one less what the first part bought, plus what it put back: the new start, provided that is not
/// negative. From there, restocks raise it, and the sales lower it to a level that the old order had at that place and
/// that was not negative. The levels from there on are the old ones. Only those of the operations that were open
/// have changed: so what they told of the level is forgotten, and the ones that only told it are left out.
fn cut_before(
    initial: u64,
    items: Vec<StockItem>,
    is_violation: &dyn Fn(u64, &[StockOperation]) -> bool,
) -> (u64, Vec<StockItem>) {
    let mut times: Vec<u64> = items.iter().map(|item| item.relaxed.invoked).collect();
    times.sort_unstable();
    times.dedup();
    let (mut good, mut low, mut high) = ((initial, items), 0, times.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        match cut_at(&good, times[middle]) {
            Some((level, rest)) if is_violation(level, &operations(&rest)) => {
                good = (level, rest);
                low = middle + 1;
            }
            _ => high = middle,
        }
    }
    good
}

/// The cut at one instant: what was over strictly before it goes.
fn cut_at((level, items): &(u64, Vec<StockItem>), time: u64) -> Option<(u64, Vec<StockItem>)> {
    let mut level = i128::from(*level);
    let mut rest = Vec::new();
    for item in items {
        let operation = &item.relaxed;
        if operation.returned() < time {
            match operation.op {
                StockOp::Restock { quantity } => level += i128::from(quantity),
                StockOp::Buy { quantity } if is_bought(operation) => level -= i128::from(quantity),
                StockOp::Buy { .. } | StockOp::Read => {}
            }
        } else if operation.invoked >= time {
            rest.push(item.clone());
        } else if !only_observes(operation) {
            let mut item = item.clone();
            if let Some(response) = &mut item.relaxed.response {
                response.ret = without_level(response.ret);
            }
            rest.push(item);
        }
    }
    Some((u64::try_from(level).ok()?, rest))
}

fn operations(items: &[StockItem]) -> Vec<StockOperation> {
    items.iter().map(|item| item.relaxed).collect()
}

/// With the operations gathered of which neither time nor answer matters.
///
/// Sound: a purchase of several units is also one of each unit after the other, at the same instant.
fn gathered(whole: &StockCounterexample) -> StockCounterexample {
    let mut others = whole.others;
    let mut operations = Vec::new();
    for shown in &whole.operations {
        let relaxed = &shown.relaxed;
        let units = quantity(relaxed);
        let span = match relaxed.op {
            StockOp::Restock { .. } => &mut others.restocked,
            StockOp::Buy { .. } | StockOp::Read => &mut others.sold,
        };
        let anytime = relaxed.invoked == 0 && relaxed.returned() == u64::MAX;
        match answer(relaxed) {
            None if anytime => add(span, 0, units),
            Some(ret) if anytime && (ret == StockRet::BOUGHT || ret == StockRet::Restocked { stock: None }) => {
                add(span, units, units);
            }
            _ => operations.push(shown.clone()),
        }
    }
    Counterexample {
        initial: whole.initial,
        operations,
        others,
    }
}

/// Gathers what can be, unless it was needed that several units were bought at once.
fn gather(whole: StockCounterexample) -> StockCounterexample {
    let gathered = gathered(&whole);
    if confirm(&gathered) == Confirmation::Refuted {
        whole
    } else {
        gathered
    }
}

fn add(span: &mut Span, least: u64, most: u64) {
    span.least = span.least.saturating_add(least);
    span.most = span.most.map(|known| known.saturating_add(most));
}

/// Says less of the others, and takes a stock near to what the operations tell, as long as it remains a counterexample.
fn plainest(mut counterexample: StockCounterexample) -> StockCounterexample {
    for forget in [
        |others: &mut Others| others.sold = Span { least: 0, most: None },
        |others: &mut Others| others.sold.most = None,
        |others: &mut Others| others.sold.least = 0,
        |others: &mut Others| others.restocked = Span { least: 0, most: None },
        |others: &mut Others| others.restocked.least = 0,
    ] {
        // Sound: others may then do more than they may have done.
        let mut less = counterexample.clone();
        forget(&mut less.others);
        if confirm(&less) == Confirmation::Confirmed {
            counterexample = less;
        }
    }
    if counterexample.others == Others::ANY_SALES
        && let Some(highest) = counterexample.operations.iter().filter_map(highest_told).max()
    {
        // When any number of units may be sold besides, whatever can happen from a lower stock can from a higher one:
        // the others buy the difference first. But there should be enough for all that was bought: it is not the
        // number of the sales that is wrong.
        let bought = counterexample
            .operations
            .iter()
            .filter(|shown| is_bought(&shown.relaxed));
        let bought = bought.fold(0u64, |sum, shown| sum.saturating_add(quantity(&shown.relaxed)));
        for level in [highest.max(bought), highest.saturating_add(bought)] {
            let mut lower = counterexample.clone();
            lower.initial = lower.initial.min(level);
            if is_minimal(&lower) {
                counterexample = lower;
                break;
            }
        }
    }
    let mut alone = counterexample.clone();
    alone.others = Others::NONE;
    if is_minimal(&alone) {
        counterexample = alone;
    }
    counterexample
}

fn highest_told(shown: &Shown<StockOp, StockRet>) -> Option<u64> {
    told_levels(&shown.relaxed).and_then(|(before, after)| u64::try_from(before.max(after)).ok())
}

/// Does every further step lose the violation? Only for what is small enough to try every order.
pub(super) fn is_minimal(counterexample: &StockCounterexample) -> bool {
    let operations: Vec<_> = counterexample.operations.iter().map(|shown| shown.relaxed).collect();
    let is_violation = |operations: &[StockOperation]| {
        try_all(counterexample.initial, operations, &counterexample.others) == Confirmation::Confirmed
    };
    if !is_violation(&operations) {
        return false;
    }
    (0..operations.len()).all(|place| {
        let item = Item {
            index: place,
            relaxed: operations[place],
        };
        STEPS.into_iter().filter_map(|step| step(&item)).all(|step| {
            let mut further = operations.clone();
            match step {
                Step::Remove => drop(further.remove(place)),
                Step::Relax(relaxed) => further[place] = relaxed,
            }
            !is_violation(&further)
        })
    })
}

/// The kind that fits what is left.
fn kind_of(counterexample: &StockCounterexample) -> Kind {
    let relaxed = || counterexample.operations.iter().map(|shown| &shown.relaxed);
    let last = relaxed().max_by_key(|operation| operation.response.map_or(0, |response| response.at));
    if relaxed().all(|operation| told(operation).is_none() && is_bought(operation)) {
        let named =
            |operation: &StockOperation| matches!(answer(operation), Some(StockRet::Bought { unit: Some(_), .. }));
        return if relaxed().any(named) {
            Kind::DuplicateUnit
        } else {
            Kind::Oversold
        };
    }
    if relaxed().any(is_sold_out) {
        return Kind::FalseSoldOut;
    }
    if relaxed().any(|operation| told(operation).is_some_and(|told| told < 0)) {
        return Kind::NegativeStock;
    }
    match last.map(|last| (last.op, told(last))) {
        Some((StockOp::Read, _)) => Kind::WrongRead,
        Some((StockOp::Buy { .. }, None)) => Kind::Oversold,
        Some((_, Some(_))) => Kind::WrongRemaining,
        _ => Kind::NotLinearizable,
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng, rngs::SmallRng};

    use super::*;
    use crate::checker::{Limits, Verdict, check_stock, families::small};

    /// The arguments beside the steps, put to the test: each keeps a pass a pass, on any part of the history.
    #[test]
    fn steps_keep_what_is_linearizable_so() {
        let mut random = SmallRng::seed_from_u64(7);
        let mut tried = [0; STEPS.len() + 2];
        let is_violation =
            |level: u64, operations: &[StockOperation]| match check_stock(level, operations, &Limits::default()) {
                Verdict::Violation(_) => true,
                Verdict::Linearizable(_) => false,
                Verdict::Undecided(limit) => panic!("{limit}"),
            };
        for _ in 0..4_000 {
            let (initial, history) = small::random(&mut random, 10);
            if is_violation(initial, &history) {
                continue;
            }
            let items: Vec<_> = (0..history.len())
                .map(|index| StockItem {
                    index,
                    relaxed: history[index],
                })
                .collect();
            for time in 0..random.random_range(1..80) {
                if let Some((level, rest)) = cut_at(&(initial, items.clone()), time) {
                    assert!(
                        !is_violation(level, &operations(&rest)),
                        "cut at {time}: {initial} {history:#?}"
                    );
                    tried[STEPS.len()] += usize::from(rest.len() < items.len());
                }
            }
            let mut items = items;
            let share = random.random_range(1..=3);
            for (number, step) in STEPS.iter().enumerate() {
                let mut further = Vec::new();
                for item in &items {
                    match step(item).filter(|_| random.random_range(0..3) < share) {
                        None => further.push(item.clone()),
                        Some(Step::Remove) => tried[number] += 1,
                        Some(Step::Relax(relaxed)) => {
                            tried[number] += 1;
                            further.push(StockItem { relaxed, ..*item });
                        }
                    }
                }
                assert!(
                    !is_violation(initial, &operations(&further)),
                    "step {number}: {items:#?}"
                );
                items = further;
            }
            let shown = |item: &StockItem| Shown {
                index: item.index,
                original: history[item.index],
                relaxed: item.relaxed,
            };
            let gathered = gathered(&Counterexample {
                initial,
                operations: items.iter().map(shown).collect(),
                others: Others::NONE,
            });
            assert_eq!(confirm(&gathered), Confirmation::Refuted, "{gathered:#?}");
            tried[STEPS.len() + 1] += usize::from(gathered.operations.len() < items.len());
        }
        assert!(tried.iter().all(|&tried| tried > 50), "{tried:?}");
    }
}
