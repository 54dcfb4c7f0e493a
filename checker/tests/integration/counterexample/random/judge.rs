//! Random violating histories, and what must hold of the counterexample that each is explained with.

use std::collections::{BTreeMap, HashSet};

use oversell_checker::{
    counterexample::{Confirmation, Counterexample, Kind, Shown, StockFinding, is_minimal},
    engines::{Limits, families::small},
    examine::{AnyFinding, Conclusion, inspect},
    history::{Header, History, Operation, Response, Spec, StockHistory, StockOperation, Texts},
};
use oversell_spec::SequentialSpec as _;
use oversell_spec::{
    Stock,
    stock::{StockOp, StockRet, Unit},
};
use rand::{RngExt, SeedableRng, rngs::SmallRng};

/// Nanoseconds between two instants of a history, so that no two numbers of different meaning are alike in a sentence.
const TICK: u64 = 1_000_003;

/// What was seen of the violating histories.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// How many counterexamples of each kind have so many operations.
    pub(crate) sizes: BTreeMap<Kind, BTreeMap<usize, u64>>,
    /// How many of them show such an operation: a read, a quantity above 1, …
    pub(crate) shown: BTreeMap<&'static str, u64>,
    /// How many of the histories have such an operation.
    pub(crate) had: BTreeMap<&'static str, u64>,
    /// How many violating histories there were.
    pub(crate) violations: u64,
    /// How many linearizable ones were drawn and put aside.
    pub(crate) linearizable: u64,
}

impl Tally {
    /// How many counterexamples have at most so many operations.
    pub(crate) fn at_most(&self, operations: usize) -> u64 {
        let small = self.sizes.values().flat_map(|sizes| sizes.range(..=operations));
        small.map(|(_, count)| count).sum()
    }
}

/// Draws histories from `seed` until so many violate, and judges their counterexamples. The error is the first that
/// breaks a promise, with the history.
pub(crate) fn judge(count: u64, seed: u64) -> Result<Tally, String> {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut tally = Tally::default();
    while tally.violations < count {
        let history = history(&mut random);
        let inspection = inspect(&history, &Limits::default());
        match inspection.examination.conclusion {
            Conclusion::Linearizable => {
                tally.linearizable += 1;
                continue;
            }
            Conclusion::Undecided => return Err(format!("undecided: {history:#?}")),
            Conclusion::Violation => tally.violations += 1,
        }
        let found = inspection.findings.first().ok_or("a violation without a finding")?;
        let AnyFinding::Stock(finding) = &found.finding else {
            return Err("a finding of another specification".to_string());
        };
        let whole = text(&history, found.index);
        one(finding, stock(&history, found.index).0).map_err(|broken| {
            format!(
                "{broken}\n{}: {}\n{}\n{whole}",
                finding.kind, finding.headline, finding.explanation
            )
        })?;
        let size = finding.counterexample.operations.len();
        *tally.sizes.entry(finding.kind).or_default().entry(size).or_default() += 1;
        let originals = finding.counterexample.operations.iter().map(|shown| shown.original);
        note(originals, &mut tally.shown);
        let all = (0..history.keys()).flat_map(|key| stock(&history, key).0.operations.iter().copied());
        note(all, &mut tally.had);
        if history.keys() > 1 {
            *tally.had.entry("several keys").or_default() += 1;
        }
    }
    Ok(tally)
}

/// One to three counters, each with clients of its own, so that a number names one operation.
fn history(random: &mut SmallRng) -> History {
    let mut keys = Vec::new();
    let mut first = 1;
    for number in 0..[1, 1, 2, 3][random.random_range(0..4)] {
        let most = [6, 10, 16][random.random_range(0..3)];
        let (initial, operations) = small::random(random, most);
        let mut key = StockHistory::new(format!("sku-{number}"), initial);
        key.operations = operations
            .into_iter()
            .map(|operation| Operation {
                process: operation.process + first,
                invoked: operation.invoked * TICK,
                response: operation.response.map(|response| Response {
                    at: response.at * TICK + 1,
                    ..response
                }),
                ..operation
            })
            .collect();
        key.operations.sort_by_key(|operation| operation.invoked);
        if random.random_range(0..2) == 0 {
            well_stocked(&mut key);
            spoil(&mut key, random);
        }
        first += key.operations.len() as i64;
        keys.push(key);
    }
    let mut units = Texts::new();
    for unit in 0..64 {
        units.intern(&format!("seat-{unit}"));
    }
    History::stock(Header::new(Spec::Stock, 0), keys, units)
}

/// The same with far more stock, so that nobody is turned away and it is not the number of sales that is wrong.
fn well_stocked(key: &mut StockHistory) {
    const MORE: u64 = 7;
    key.initial += MORE;
    key.operations
        .retain(|operation| answer(operation) != Some(StockRet::SoldOut));
    for response in key
        .operations
        .iter_mut()
        .filter_map(|operation| operation.response.as_mut())
    {
        if let StockRet::Bought {
            remaining: Some(told), ..
        }
        | StockRet::Stock(told)
        | StockRet::Restocked { stock: Some(told) } = &mut response.ret
        {
            *told += MORE as i64;
        }
    }
}

/// One answer or two made wrong, as a rule, in one of the ways in which a shop's answers are.
fn spoil(key: &mut StockHistory, random: &mut SmallRng) {
    let answered: Vec<usize> = (0..key.operations.len())
        .filter(|&index| key.operations[index].response.is_some())
        .collect();
    if answered.is_empty() {
        return;
    }
    let way = random.random_range(0..6);
    let number = random.random_range(1..12);
    for _ in 0..2 {
        let operation = &mut key.operations[answered[random.random_range(0..answered.len())]];
        let Some(response) = &mut operation.response else {
            continue;
        };
        let ret = &mut response.ret;
        match (way, &mut *ret) {
            (0, StockRet::Bought { unit, .. }) => *unit = Some(Unit(60)),
            (1, StockRet::Bought { remaining, .. }) => *remaining = Some(number),
            (2, StockRet::Bought { .. }) => *ret = StockRet::SoldOut,
            (
                3,
                StockRet::Stock(told)
                | StockRet::Bought {
                    remaining: Some(told), ..
                },
            ) => *told += number % 7 - 3,
            (4, StockRet::Restocked { stock }) => *stock = Some(number),
            (5, StockRet::Stock(told)) => *told -= 15,
            _ => {}
        }
    }
}

fn answer(operation: &StockOperation) -> Option<StockRet> {
    operation.response.map(|response| response.ret)
}

fn stock(history: &History, index: usize) -> (&StockHistory, &Texts) {
    match &history.body {
        oversell_checker::history::Body::Stock(keys) => (&keys[index], &history.units),
        _ => unreachable!("only counters are drawn"),
    }
}

/// What must hold of one counterexample.
fn one(finding: &StockFinding, history: &StockHistory) -> Result<(), String> {
    let counterexample = &finding.counterexample;
    if finding.confirmation != Confirmation::Confirmed {
        return Err(format!("not confirmed: {:?}", finding.confirmation));
    }
    if some_order(counterexample) {
        return Err(format!("an order explains the answers: {counterexample:#?}"));
    }
    if !is_minimal(counterexample) {
        return Err(format!("not minimal: {counterexample:#?}"));
    }
    for shown in &counterexample.operations {
        if shown.original != history.operations[shown.index] {
            return Err(format!("operation {} is not what was recorded", shown.index));
        }
    }
    mentions_only(&finding.explanation, &counterexample.operations)?;
    mentions_only(&finding.headline, &counterexample.operations)
}

/// Is there an order of the operations, among purchases and restocks by others of one unit each, as many as these may and
/// at least as many as these must? Step by step, with nothing but the specification.
fn some_order(counterexample: &Counterexample<u64, StockOp, StockRet>) -> bool {
    let operations: Vec<StockOperation> = counterexample.operations.iter().map(|shown| shown.relaxed).collect();
    let (sales, restocks) = (counterexample.others.sold, counterexample.others.restocked);
    let start = (0_u32, Stock::new(counterexample.initial), 0_u64, 0_u64);
    let mut seen = HashSet::from([start.clone()]);
    let mut open = vec![start];
    while let Some((done, stock, sold, restocked)) = open.pop() {
        let is_done = |index: usize| done & (1 << index) != 0;
        let all = (0..operations.len()).all(|index| is_done(index) || operations[index].response.is_none());
        if all && sold >= sales.least && restocked >= restocks.least {
            return true;
        }
        let mut next = Vec::new();
        if stock.level() > 0 && sales.most.is_none_or(|most| sold < most) {
            let mut after = stock.clone();
            after.invoke(&StockOp::Buy { quantity: 1 });
            next.push((done, after, sold + 1, restocked));
        }
        if restocked < restocks.most.unwrap_or(16) {
            let mut after = stock.clone();
            after.invoke(&StockOp::Restock { quantity: 1 });
            next.push((done, after, sold, restocked + 1));
        }
        for (index, operation) in operations.iter().enumerate() {
            let waits = (0..operations.len()).any(|other| !is_done(other) && operations[other].precedes(operation));
            let mut after = stock.clone();
            let fits = match operation.response {
                Some(response) => after.is_valid_step(&operation.op, &response.ret),
                None => {
                    after.invoke(&operation.op);
                    true
                }
            };
            if !is_done(index) && !waits && fits {
                next.push((done | 1 << index, after, sold, restocked));
            }
        }
        open.extend(next.into_iter().filter(|state| seen.insert(state.clone())));
    }
    false
}

/// Who and when is named in the text is in the counterexample, and somebody in it is named.
fn mentions_only(text: &str, shown: &[Shown<StockOp, StockRet>]) -> Result<(), String> {
    let words: Vec<&str> = text
        .split([' ', '–'])
        .map(|word| word.trim_matches(|edge: char| !edge.is_alphanumeric()))
        .collect();
    for pair in words.windows(2) {
        let role = pair[0].to_lowercase();
        let Ok(number) = pair[1].replace(',', "").parse::<i64>() else {
            continue;
        };
        let expected = |operation: &StockOperation| match operation.op {
            StockOp::Buy { .. } => "buyer",
            StockOp::Read => "reader",
            StockOp::Restock { .. } => "supplier",
        };
        if ["buyer", "reader", "supplier", "client"].contains(&role.as_str())
            && !shown
                .iter()
                .any(|shown| shown.original.process == number && expected(&shown.original) == role)
        {
            return Err(format!("names {role} {number}, who is not shown"));
        }
    }
    // Times have three digits after the point, and nothing else has a point.
    for word in words.iter().filter(|word| word.contains('.')) {
        let known = |shown: &Shown<StockOp, StockRet>| {
            let end = shown.original.response.map(|response| response.at);
            [Some(shown.original.invoked), end]
                .into_iter()
                .flatten()
                .any(|time| format!("{}.{:03}", time / 1_000_000, time / 1_000 % 1_000) == **word)
        };
        if word.parse::<f64>().is_ok() && !shown.iter().any(known) {
            return Err(format!("names the time {word}, at which nothing shown begins or ends"));
        }
    }
    Ok(())
}

fn note(operations: impl Iterator<Item = StockOperation>, tally: &mut BTreeMap<&'static str, u64>) {
    let operations: Vec<_> = operations.collect();
    let mut when = |what, holds: &dyn Fn(&StockOperation) -> bool| {
        *tally.entry(what).or_default() += u64::from(operations.iter().any(holds));
    };
    when("a read", &|operation| operation.op == StockOp::Read);
    when("a restock", &|operation| {
        matches!(operation.op, StockOp::Restock { .. })
    });
    when("a quantity", &|operation| {
        matches!(
            operation.op,
            StockOp::Buy { quantity: 2.. } | StockOp::Restock { quantity: 2.. }
        )
    });
    when("a named unit", &|operation| {
        let ret = operation.response.map(|response| response.ret);
        matches!(ret, Some(StockRet::Bought { unit: Some(_), .. }))
    });
    when("a sold-out", &|operation| {
        operation
            .response
            .is_some_and(|response| response.ret == StockRet::SoldOut)
    });
    when("no answer", &|operation| operation.response.is_none());
}

/// One operation a line, for messages.
fn text(history: &History, index: usize) -> String {
    let key = stock(history, index).0;
    let mut text = format!("{} units\n", key.initial);
    for (index, operation) in key.operations.iter().enumerate() {
        let end = operation
            .response
            .map_or("…".to_string(), |response| response.at.to_string());
        let ret = operation.response.map(|response| response.ret);
        text += &format!(
            "  {index}: client {} {}..{end} {:?} {ret:?}\n",
            operation.process, operation.invoked, operation.op
        );
    }
    text
}
