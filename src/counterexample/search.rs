//! The counterexample of a stock counter where no rule of thumb finds one: shrinking with the checker's help.

use oversell_models::spec::stock::{StockOp, StockRet};

use super::{
    confirm::{Confirmation, confirm, try_all},
    kind::Kind,
    ledger::{answer, is_bought, is_sold_out, quantity, told, told_levels},
    parts::{Counterexample, Others, Shown, Span, StockCounterexample},
    reason::{Candidate, Reason},
    shrink::{Item, Shrinker, Step},
};
use crate::history::{Response, StockOperation};

type StockItem = Item<StockOp, StockRet>;
type StockStep = Option<Step<StockOp, StockRet>>;

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
    let (level, items) = cut_before(initial, whole.items, is_violation);
    let from_level = |operations: &[StockOperation]| is_violation(level, operations);
    let mut shrinker = Shrinker::new(&[], &from_level);
    shrinker.items = items;
    while steps(&mut shrinker) {}
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
        reason: Reason::Search,
    }
}

/// One round of all the steps, the largest first.
fn steps(shrinker: &mut Shrinker<'_, StockOp, StockRet>) -> bool {
    [
        shrinker.apply(drop_observer),
        shrinker.apply(forget_all),
        shrinker.apply(forget_level),
        shrinker.apply(forget_unit),
        shrinker.apply(forget_time),
        shrinker.apply(forget_answer),
        shrinker.apply(forget_invocation),
        shrinker.apply(forget_response),
    ]
    .contains(&true)
}

/// Takes from a small counterexample what it does not need.
pub(super) fn polish(candidate: Candidate) -> Candidate {
    if is_minimal(&candidate.counterexample) {
        return candidate;
    }
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
    while steps(&mut shrinker) {}
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
        reason: Reason::Search,
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

/// Reads and sold-outs change nothing, nor does a read without an answer: any order is one without them, too.
fn only_observes(operation: &StockOperation) -> bool {
    operation.op == StockOp::Read || is_sold_out(operation)
}

fn drop_observer(item: &StockItem) -> StockStep {
    only_observes(&item.relaxed).then_some(Step::Remove)
}

/// It may have taken effect at any time or never.
fn forget_all(item: &StockItem) -> StockStep {
    let forgotten = StockOperation {
        invoked: 0,
        response: None,
        ..item.relaxed
    };
    relaxed(item, forgotten)
}

/// It has taken effect, who knows when, and said no more than that.
fn forget_time(item: &StockItem) -> StockStep {
    let ret = item.relaxed.response?.ret;
    (!only_observes(&item.relaxed)).then_some(())?;
    let forgotten = StockOperation {
        invoked: 0,
        response: Some(Response {
            at: u64::MAX,
            ret: without_unit(without_level(ret)),
        }),
        ..item.relaxed
    };
    relaxed(item, forgotten)
}

/// Whether it took effect is not known, but not before it was invoked.
fn forget_answer(item: &StockItem) -> StockStep {
    (!only_observes(&item.relaxed)).then_some(())?;
    let forgotten = StockOperation {
        response: None,
        ..item.relaxed
    };
    relaxed(item, forgotten)
}

fn forget_level(item: &StockItem) -> StockStep {
    (!only_observes(&item.relaxed)).then_some(())?;
    relaxed(item, with_answer(item.relaxed, without_level))
}

fn forget_unit(item: &StockItem) -> StockStep {
    relaxed(item, with_answer(item.relaxed, without_unit))
}

fn forget_invocation(item: &StockItem) -> StockStep {
    relaxed(
        item,
        StockOperation {
            invoked: 0,
            ..item.relaxed
        },
    )
}

fn forget_response(item: &StockItem) -> StockStep {
    let response = item.relaxed.response.map(|response| Response {
        at: u64::MAX,
        ..response
    });
    relaxed(
        item,
        StockOperation {
            response,
            ..item.relaxed
        },
    )
}

fn relaxed(item: &StockItem, relaxed: StockOperation) -> StockStep {
    (relaxed != item.relaxed).then_some(Step::Relax(relaxed))
}

fn with_answer(operation: StockOperation, change: impl Fn(StockRet) -> StockRet) -> StockOperation {
    let response = operation.response.map(|response| Response {
        at: response.at,
        ret: change(response.ret),
    });
    StockOperation { response, ..operation }
}

fn without_level(ret: StockRet) -> StockRet {
    match ret {
        StockRet::Bought { unit, .. } => StockRet::Bought { remaining: None, unit },
        StockRet::Restocked { .. } => StockRet::Restocked { stock: None },
        other => other,
    }
}

fn without_unit(ret: StockRet) -> StockRet {
    match ret {
        StockRet::Bought { remaining, .. } => StockRet::Bought { remaining, unit: None },
        other => other,
    }
}

/// Gathers the operations of which neither time nor answer matters; the others are shown.
///
/// Sound: a purchase of several units is also one of each unit after the other, at the same instant.
fn gather(whole: StockCounterexample) -> StockCounterexample {
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
    let gathered = Counterexample {
        initial: whole.initial,
        operations,
        others,
    };
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
        // the others buy the difference first.
        let mut lower = counterexample.clone();
        lower.initial = lower.initial.min(highest);
        if is_minimal(&lower) {
            counterexample = lower;
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
        let steps = [
            drop_observer,
            forget_all,
            forget_level,
            forget_unit,
            forget_time,
            forget_answer,
            forget_invocation,
            forget_response,
        ];
        steps.into_iter().filter_map(|step| step(&item)).all(|step| {
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
