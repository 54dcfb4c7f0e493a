//! Random violating histories, and what must hold of the counterexample that each is explained with.

use std::collections::BTreeMap;

use oversell::{
    checker::{Limits, Verdict, brute_force, families::small},
    counterexample::{Confirmation, Counterexample, Kind, Shown, StockFinding, is_minimal},
    history::{Header, History, Operation, Response, Spec, StockHistory, StockOperation, Texts},
    trial::{AnyFinding, Conclusion, inspect},
};
use oversell_models::spec::{
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
        let mut key = StockHistory::new(&format!("sku-{number}"), initial);
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
    const MORE: u64 = 20;
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
    let number = random.random_range(1..30);
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
            (5, StockRet::Stock(told)) => *told -= 25,
            _ => {}
        }
    }
}

fn answer(operation: &StockOperation) -> Option<StockRet> {
    operation.response.map(|response| response.ret)
}

fn stock(history: &History, index: usize) -> (&StockHistory, &Texts) {
    match &history.body {
        oversell::history::Body::Stock { keys, units } => (&keys[index], units),
        _ => unreachable!("only counters are drawn"),
    }
}

/// What must hold of one counterexample.
fn one(finding: &StockFinding, history: &StockHistory) -> Result<(), String> {
    let counterexample = &finding.counterexample;
    if finding.confirmation != Confirmation::Confirmed {
        return Err(format!("not confirmed: {:?}", finding.confirmation));
    }
    let spelt_out = spelt_out(counterexample);
    match brute_force(&Stock::new(counterexample.initial), &spelt_out) {
        Verdict::Violation(_) => {}
        other => return Err(format!("brute force says {other:?} of {counterexample:#?}")),
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

/// The operations of a counterexample and, one unit each, all that others may or must have bought and put back: what
/// the words "any number of other units sold at any time" stand for, for an oracle that knows no such words.
fn spelt_out(counterexample: &Counterexample<u64, StockOp, StockRet>) -> Vec<StockOperation> {
    let relaxed = counterexample.operations.iter().map(|shown| shown.relaxed);
    let mut operations: Vec<StockOperation> = relaxed.collect();
    let restocked = operations.iter().map(|operation| match operation.op {
        StockOp::Restock { quantity } => quantity,
        StockOp::Buy { .. } | StockOp::Read => 0,
    });
    // No more can be sold than there ever is.
    let others = counterexample.others;
    let there = counterexample.initial + restocked.sum::<u64>() + others.restocked.most.unwrap_or(8);
    for (span, op, ret) in [
        (others.sold, StockOp::Buy { quantity: 1 }, StockRet::BOUGHT),
        (
            others.restocked,
            StockOp::Restock { quantity: 1 },
            StockRet::Restocked { stock: None },
        ),
    ] {
        let most = span.most.unwrap_or(there).max(span.least);
        operations.extend((0..most).map(|number| Operation {
            process: -1,
            invoked: 0,
            op,
            response: (number < span.least).then_some(Response { at: u64::MAX, ret }),
        }));
    }
    operations
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
