//! The counterexample of a stock counter where no rule of thumb finds one: shrinking with the checker's help.

use oversell_spec::stock::{StockOp, StockRet};

use super::{
    confirm::{BRIEFLY, Confirmation, MOST_CONFIGURATIONS, MOST_OPERATIONS, confirm, confirm_within, try_within},
    kind::Kind,
    ledger::{answer, is_bought, is_sold_out, quantity, told, told_levels},
    parts::{Counterexample, Others, Shown, Span, StockCounterexample},
    reason::{Before, Candidate, Reason},
    shrink::{Shrinker, Step, items},
    steps::{STEPS, TAKE_AWAY},
    window,
};
use crate::{engines::Limits, history::StockOperation};

/// Shrinks a violating history. `is_violation` decides for a start stock and operations, and says `false` where it does
/// not know; `left` is what may still be spent. Also says what trying every order of what is left has shown.
pub(super) fn find(
    initial: u64,
    history: &[StockOperation],
    certain_at: Option<usize>,
    is_violation: &dyn Fn(u64, &[StockOperation]) -> bool,
    left: &dyn Fn() -> Limits,
) -> (Candidate, Confirmation) {
    let more = || !left().time.is_zero();
    let settled = window::since_settled(initial, history, certain_at, is_violation, &left());
    let near = settled.or_else(|| window::near_the_end(initial, history, certain_at, is_violation));
    let part = near.unwrap_or_else(|| window::of_the_whole(initial, history, certain_at, is_violation, &more));
    let level = part.level;
    let from_level = |operations: &[StockOperation]| is_violation(level, operations);
    let mut shrinker = Shrinker::new(part.items, &from_level, &more);
    while shrinker.apply_each(&STEPS[..TAKE_AWAY]) {}
    // Where more is left than can be tried in every order, it stays as long as it took: with everything open at once, a
    // single attempt may cost more than all others together.
    let answered = shrinker.items.iter().filter(|item| item.relaxed.response.is_some());
    if answered.count() <= MOST_OPERATIONS {
        while shrinker.apply_each(&STEPS) {}
    }
    let whole = Counterexample {
        initial: level,
        operations: shrinker.items.iter().map(|item| item.shown(history)).collect(),
        others: Others::NONE,
    };
    finish(whole, Some(part.over))
}

/// Takes from a small counterexample what it does not need: one that trying every order has confirmed.
pub(super) fn polish(candidate: Candidate) -> (Candidate, Confirmation) {
    if is_minimal(&candidate.counterexample) {
        return (candidate, Confirmation::Confirmed);
    }
    let before = candidate.reason.before(candidate.counterexample.initial);
    let Candidate { counterexample, .. } = candidate;
    let is_violation = |operations: &[StockOperation]| {
        let (initial, others) = (counterexample.initial, &counterexample.others);
        try_within(MOST_CONFIGURATIONS, initial, operations, others) == Confirmation::Confirmed
    };
    let operations: Vec<_> = counterexample.operations.iter().map(|shown| shown.relaxed).collect();
    let mut shrinker = Shrinker::new(items(&operations), &is_violation, &|| true);
    while shrinker.apply_each(&STEPS) {}
    let polished = shrinker.items.iter().map(|item| Shown {
        relaxed: item.relaxed,
        ..counterexample.operations[item.index]
    });
    let polished = Counterexample {
        operations: polished.collect(),
        ..counterexample
    };
    finish(polished, before)
}

/// Gathers what can be, and says it as plainly as possible.
fn finish(whole: StockCounterexample, before: Option<Before>) -> (Candidate, Confirmation) {
    let (gathered, confirmation) = gather(whole);
    let (counterexample, confirmation) = plainest(gathered, confirmation);
    let candidate = Candidate {
        kind: kind_of(&counterexample),
        counterexample,
        reason: Reason::Search { before },
    };
    (candidate, confirmation)
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
fn gather(whole: StockCounterexample) -> (StockCounterexample, Confirmation) {
    let gathered = gathered(&whole);
    match confirm(&gathered) {
        Confirmation::Refuted => {
            let confirmation = confirm(&whole);
            (whole, confirmation)
        }
        confirmation => (gathered, confirmation),
    }
}

fn add(span: &mut Span, least: u64, most: u64) {
    span.least = span.least.saturating_add(least);
    span.most = span.most.map(|known| known.saturating_add(most));
}

/// Says less of the others, and takes a stock near to what the operations tell, as long as it remains a counterexample.
fn plainest(
    mut counterexample: StockCounterexample,
    mut confirmation: Confirmation,
) -> (StockCounterexample, Confirmation) {
    let mut take = |counterexample: &mut StockCounterexample, plainer: StockCounterexample| {
        *counterexample = plainer;
        confirmation = Confirmation::Confirmed;
    };
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
        if confirm_within(BRIEFLY, &less) == Confirmation::Confirmed {
            take(&mut counterexample, less);
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
            if is_minimal_within(BRIEFLY, &lower) {
                take(&mut counterexample, lower);
                break;
            }
        }
    }
    let mut alone = counterexample.clone();
    alone.others = Others::NONE;
    if is_minimal_within(BRIEFLY, &alone) {
        take(&mut counterexample, alone);
    }
    (counterexample, confirmation)
}

fn highest_told(shown: &Shown<StockOp, StockRet>) -> Option<u64> {
    told_levels(&shown.relaxed).and_then(|(before, after)| u64::try_from(before.max(after)).ok())
}

/// Is this a counterexample, and does every further step (leaving out a read or a sold-out, forgetting a value, a unit,
/// an answer or an end of an interval) make it linearizable? Tried by brute force.
#[must_use]
pub fn is_minimal(counterexample: &StockCounterexample) -> bool {
    is_minimal_within(MOST_CONFIGURATIONS, counterexample)
}

fn is_minimal_within(most: usize, counterexample: &StockCounterexample) -> bool {
    let operations: Vec<_> = counterexample.operations.iter().map(|shown| shown.relaxed).collect();
    let is_violation = |operations: &[StockOperation]| {
        try_within(most, counterexample.initial, operations, &counterexample.others) == Confirmation::Confirmed
    };
    if !is_violation(&operations) {
        return false;
    }
    items(&operations).iter().all(|item| {
        STEPS.into_iter().filter_map(|step| step(item)).all(|step| {
            let mut further = operations.clone();
            match step {
                Step::Remove => drop(further.remove(item.index)),
                Step::Relax(relaxed) => further[item.index] = relaxed,
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
    use crate::{
        counterexample::shrink::{Item, relaxed},
        engines::{Limits, Verdict, check_stock, families::small},
    };

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
            for time in 0..random.random_range(1..80) {
                if let Some(part) = window::Part::whole(initial, &history).cut_at(time) {
                    assert!(
                        !part.is_violation(&is_violation),
                        "cut at {time}: {initial} {history:#?}"
                    );
                    tried[STEPS.len()] += usize::from(part.items.len() < history.len());
                }
            }
            let mut items = window::Part::whole(initial, &history).items;
            let share = random.random_range(1..=3);
            for (number, step) in STEPS.iter().enumerate() {
                let mut further = Vec::new();
                for item in &items {
                    match step(item).filter(|_| random.random_range(0..3) < share) {
                        None => further.push(item.clone()),
                        Some(Step::Remove) => tried[number] += 1,
                        Some(Step::Relax(relaxed)) => {
                            tried[number] += 1;
                            further.push(Item { relaxed, ..*item });
                        }
                    }
                }
                assert!(!is_violation(initial, &relaxed(&further)), "step {number}: {items:#?}");
                items = further;
            }
            let gathered = gathered(&Counterexample {
                initial,
                operations: items.iter().map(|item| item.shown(&history)).collect(),
                others: Others::NONE,
            });
            assert_eq!(confirm(&gathered), Confirmation::Refuted, "{gathered:#?}");
            tried[STEPS.len() + 1] += usize::from(gathered.operations.len() < items.len());
        }
        assert!(tried.iter().all(|&tried| tried > 50), "{tried:?}");
    }
}
