//! Explains violations of the stock counter of which one buyer may have so many units.

use std::time::Instant;

use oversell_spec::{
    Sales, SequentialSpec,
    sales::SalesOp,
    stock::{StockOp, StockRet},
};

use super::{
    confirm::BRIEFLY,
    explain::{Finding, StockFinding, explain_stock, unanswered},
    failed,
    general::{self, Explainable},
    kind::Kind,
    parts::{Counterexample, Others, Shown, Span},
    words::{Words, capital, join, number, units},
};
use crate::{
    engines::{Lie, Limits, Verdict, Violation, brute_force_within, decide_sales, decide_stock, lies, without_buyers},
    history::{OnSale, SalesHistory, SalesOperation, StockHistory, StockOperation, process, visible},
};

/// An explained violation of the stock counter of which one buyer may have so many units.
pub type SalesFinding = Finding<u64, SalesOp, StockRet>;

type SalesShown = Shown<SalesOp, StockRet>;

/// What is found is confirmed within so many combinations of operations done and state reached: half a second.
const MOST_CONFIGURATIONS: u64 = 500_000;

/// Explains such a violation: by what the stock alone shows, by what is wrong about one buyer, or else by shrinking.
///
/// Of the first two, the more telling. The limits are for all of it together.
pub fn explain_sales(
    history: &SalesHistory,
    words: &Words<'_>,
    violation: &Violation,
    limits: &Limits,
) -> SalesFinding {
    let started = Instant::now();
    let lies = lies(history.initial.limit, &history.operations);
    // The most telling of them, and of these the smallest.
    let first = lies.iter().min_by_key(|lie| (kind(lie), size(lie)));
    let lie = first.map(|first| {
        let mut finding = about_one(history, words, first);
        finding.counts = [Kind::TooManyForOneBuyer, Kind::AlreadyUntrue]
            .map(|of| (of, lies.iter().filter(|lie| kind(lie) == of).count() as u64))
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .collect();
        finding
    });
    let stock = about_stock(history, words, &limits.rest(started));
    match (stock, lie) {
        (Some(mut stock), Some(mut lie)) => {
            if lie.kind <= stock.kind {
                std::mem::swap(&mut stock, &mut lie);
            }
            stock.counts.append(&mut lie.counts);
            stock.counts.sort_unstable();
            stock
        }
        (Some(finding), None) | (None, Some(finding)) => finding,
        (None, None) => by_shrinking(history, words, violation, &limits.rest(started)),
    }
}

const fn kind(lie: &Lie) -> Kind {
    match lie {
        Lie::TooMany(_) => Kind::TooManyForOneBuyer,
        Lie::Untrue { .. } => Kind::AlreadyUntrue,
    }
}

/// How many operations show it.
const fn size(lie: &Lie) -> usize {
    match lie {
        Lie::TooMany(sold) => sold.len(),
        Lie::Untrue { before, after, .. } => before.len() + after.len() + 1,
    }
}

/// What is wrong even if the limit is left out.
fn about_stock(history: &SalesHistory, words: &Words<'_>, limits: &Limits) -> Option<SalesFinding> {
    let started = Instant::now();
    let (operations, origin) = without_buyers(history.initial.limit, &history.operations);
    let Verdict::Violation(violation) = decide_stock(history.initial.stock, &operations, limits) else {
        return None;
    };
    let mut stock = StockHistory::new(history.key.as_str(), history.initial.stock);
    stock.operations = operations;
    stock.failed = history.failed.iter().map(without_buyer).collect();
    stock.commands = history.commands.clone();
    stock.commands.reorder(&origin);
    let finding = explain_stock(&stock, words, &violation, &limits.rest(started));
    let mut finding = within(history, &origin, finding);
    in_words_of_sales(&mut finding, words);
    let refused = turned_away(&finding).filter(|shown| is_refused(shown)).map(|shown| {
        format!(
            " {} was refused, and the limit cannot be why: they cannot have had their share by then.",
            capital(&name(&shown.original, words))
        )
    });
    let refused: String = refused.collect();
    finding.explanation += &refused;
    Some(finding)
}

fn told(operation: &SalesOperation) -> Option<StockRet> {
    operation.response.map(|response| response.ret)
}

/// Those of whom it is shown that they were told sold out, or refused when the limit cannot be why.
fn turned_away(finding: &SalesFinding) -> impl Iterator<Item = &SalesShown> {
    let shown = finding.counterexample.operations.iter();
    shown.filter(|shown| told(&shown.relaxed) == Some(StockRet::SoldOut))
}

fn is_refused(shown: &SalesShown) -> bool {
    told(&shown.original) == Some(StockRet::Refused)
}

/// What is said of the stock alone calls those who act buyers, and whoever was turned away told sold out.
fn in_words_of_sales(finding: &mut SalesFinding, words: &Words<'_>) {
    let refused = turned_away(finding).count() > 0 && turned_away(finding).all(is_refused);
    let said = |text: &str| {
        let text = text.replace("buyer ", "client ").replace("Buyer ", "Client ");
        if refused {
            text.replace("told sold out", "refused")
        } else {
            text
        }
    };
    let shown = finding.beside.iter().map(|beside| &beside.shown);
    let names = shown.chain(&finding.counterexample.operations).flat_map(|shown| {
        let unit = told(&shown.original).and_then(|ret| match ret {
            StockRet::Bought { unit, .. } => unit,
            _ => None,
        });
        let process = process::in_words(shown.original.process, words.units).into_owned();
        unit.map(|unit| words.unit(unit)).into_iter().chain([process])
    });
    let names: Vec<String> = names.filter(|name| said(name) != *name).collect();
    let beside = finding.beside.as_mut().map(|beside| &mut beside.sentence);
    for text in [&mut finding.headline, &mut finding.explanation]
        .into_iter()
        .chain(&mut finding.note)
        .chain(beside)
    {
        *text = but_names(text, &names, &said);
    }
}

/// A text with all of it changed but these names.
fn but_names(text: &str, names: &[String], change: &impl Fn(&str) -> String) -> String {
    let Some((name, others)) = names.split_first() else {
        return change(text);
    };
    let parts = text.split(name.as_str()).map(|part| but_names(part, others, change));
    parts.collect::<Vec<_>>().join(name)
}

/// The same, of the whole history.
fn within(history: &SalesHistory, origin: &[u32], finding: StockFinding) -> SalesFinding {
    let shown = |shown: Shown<StockOp, StockRet>| {
        let index = origin[shown.index] as usize;
        let original = history.operations[index];
        SalesShown {
            index,
            original,
            relaxed: SalesOperation {
                process: shown.relaxed.process,
                invoked: shown.relaxed.invoked,
                op: SalesOp {
                    op: shown.relaxed.op,
                    ..original.op
                },
                response: shown.relaxed.response,
            },
        }
    };
    let initial = finding.counterexample.initial;
    let mut finding = finding.retold(initial, shown);
    finding.unanswered = unanswered(&history.operations, &finding.counterexample.operations);
    finding
}

/// What is wrong about one buyer, whatever the stock was and whatever others did.
fn about_one(history: &SalesHistory, words: &Words<'_>, lie: &Lie) -> SalesFinding {
    let limit = history.initial.limit;
    let may = format!("One buyer may have {}", units(limit));
    let (kind, headline, explanation, note, remedy, mut operations) = match lie {
        Lie::TooMany(sold) => {
            let shown: Vec<SalesShown> = sold.iter().map(|&index| anytime(history, index)).collect();
            let all: u128 = shown.iter().map(|shown| u128::from(quantity(&shown.original))).sum();
            let all = number(u64::try_from(all).unwrap_or(u64::MAX));
            let buyer = shown
                .first()
                .map_or_else(String::new, |first| name(&first.original, words));
            let told = join(shown.iter().map(|shown| {
                let times = words.between(shown.original.invoked, shown.original.returned());
                format!("{} ({times})", units(quantity(&shown.original)))
            }));
            (
                Kind::TooManyForOneBuyer,
                format!("sold {all} to one buyer, who may have {}", number(limit)),
                format!(
                    "{may}. {} was told bought: {told}. That is {all} together, and nothing that others did or that was put back \
                     takes any of it away.",
                    capital(&buyer)
                ),
                format!("{buyer} has {all} with that"),
                "see whether the buyer has had theirs, take the unit and note the buyer in one step: a script with SISMEMBER, the \
                 comparison, DECR and SADD",
                shown,
            )
        }
        Lie::Untrue { told, before, after } => {
            let original = &history.operations[*told];
            let mut shown: Vec<SalesShown> = before.iter().map(|&index| anytime(history, index)).collect();
            let from_then_on = after.iter().map(|&index| {
                let mut shown = anytime(history, index);
                shown.relaxed.invoked = history.operations[index].invoked;
                shown
            });
            shown.extend(from_then_on);
            let mut lie = Shown::whole(*told, original);
            // They have had most in the end of the interval.
            lie.relaxed.invoked = 0;
            let buyer = name(original, words);
            let had = match before.as_slice() {
                [] => "nothing that they bought can have taken effect before that answer".to_string(),
                before => {
                    let begun = join(before.iter().map(|&index| {
                        let one = &history.operations[index];
                        match one.response {
                            Some(_) => format!(
                                "{} ({})",
                                units(quantity(one)),
                                words.between(one.invoked, one.returned())
                            ),
                            None => format!("{}, not answered ({})", units(quantity(one)), words.at(one.invoked)),
                        }
                    }));
                    format!("no more than this of what they bought can have taken effect before that answer: {begun}")
                }
            };
            let later = if after.is_empty() {
                String::new()
            } else {
                format!(
                    "; what they bought after it ({}) must fit within the limit as well",
                    join(after.iter().map(|&index| {
                        let one = &history.operations[index];
                        format!(
                            "{}, {}",
                            units(quantity(one)),
                            words.between(one.invoked, one.returned())
                        )
                    }))
                )
            };
            let asked = quantity(original);
            shown.push(lie);
            (
                Kind::AlreadyUntrue,
                "told a buyer that they had their share, and they had not".to_string(),
                format!(
                    "{may}. {} asked for {} and was told to have had theirs already ({}). But {had}{later}. So there was room for {} \
                     more.",
                    capital(&buyer),
                    number(asked),
                    words.between(original.invoked, original.returned()),
                    number(asked),
                ),
                format!("{buyer} had not had theirs"),
                "note the buyer in the step that takes the unit, and nowhere else: whoever is noted first (SADD) and finds nothing left \
                 is told later to have had theirs. One script: SISMEMBER, the comparison, then DECR and SADD",
                shown,
            )
        }
    };
    operations.sort_by_key(|shown| (shown.original.invoked, shown.index));
    let relaxed: Vec<SalesOperation> = operations.iter().map(|shown| shown.relaxed).collect();
    // Where there is enough for all of them, only the limit can be in the way.
    let enough = relaxed.iter().map(quantity).fold(0, u64::saturating_add);
    let explains = |operations: &[SalesOperation]| {
        let start = Sales::new(operations.iter().map(quantity).fold(0, u64::saturating_add), limit);
        is_explained(&start, operations)
    };
    let failed = failed::told(&history.failed, &operations, words, explains);
    let confirmation = brute_force_within(&Sales::new(enough, limit), &relaxed, MOST_CONFIGURATIONS).into();
    let counterexample = Counterexample {
        initial: history.initial.stock,
        operations,
        // Whatever they did.
        others: Others {
            sold: Span { least: 0, most: None },
            restocked: Span { least: 0, most: None },
        },
    };
    Finding {
        kind,
        headline,
        explanation: explanation + &failed.unwrap_or_default(),
        note: Some(note),
        origin: "any would do".to_string(),
        remedy: Some(remedy.to_string()),
        beside: None,
        unanswered: unanswered(&history.operations, &counterexample.operations),
        confirmation,
        counts: vec![(kind, 1)],
        counterexample,
    }
}

fn is_explained(start: &Sales, operations: &[SalesOperation]) -> bool {
    matches!(
        brute_force_within(start, operations, BRIEFLY as u64),
        Verdict::Linearizable(_)
    )
}

fn without_buyer(operation: &SalesOperation) -> StockOperation {
    StockOperation {
        process: operation.process,
        invoked: operation.invoked,
        op: operation.op.op,
        response: operation.response,
    }
}

/// A purchase of which it is not needed when it was.
fn anytime(history: &SalesHistory, index: usize) -> SalesShown {
    let original = &history.operations[index];
    match original.response {
        Some(_) => Shown::anytime(index, original, StockRet::BOUGHT),
        None => {
            let mut shown = Shown::whole(index, original);
            shown.relaxed.invoked = 0;
            shown
        }
    }
}

const fn quantity(operation: &SalesOperation) -> u64 {
    operation.op.quantity()
}

/// Who bought, by name where there is one: `buyer u7`, `buyer-7`.
fn name(operation: &SalesOperation, words: &Words<'_>) -> String {
    let name = operation.op.buyer.and_then(|buyer| words.units.get(buyer.0));
    match name {
        None => words.actor(operation),
        Some(name) if name.starts_with("buyer") => visible(name).into_owned(),
        Some(name) => format!("buyer {}", visible(name)),
    }
}

fn by_shrinking(history: &SalesHistory, words: &Words<'_>, violation: &Violation, limits: &Limits) -> SalesFinding {
    let OnSale { stock, limit } = history.initial;
    let check =
        |_: &InWords, operations: &[SalesOperation], limits: &Limits| decide_sales(history.initial, operations, limits);
    let initial = InWords {
        sales: Sales::new(stock, limit),
        text: format!("{}, of which one buyer may have {}", units(stock), number(limit)),
    };
    let mut finding = general::explain(&initial, &history.operations, words, violation, limits, check);
    let failed = failed::told(
        &history.failed,
        &finding.counterexample.operations,
        words,
        |operations| is_explained(&initial.sales, operations),
    );
    finding.explanation += &failed.unwrap_or_default();
    // It begins with the history: nothing is known to leave a state by itself.
    finding.origin = "the initial stock".to_string();
    finding.retold(stock, |shown| shown)
}

/// The state, and how it was in the beginning, as people write it.
#[derive(Clone, PartialEq, Eq, Hash)]
struct InWords {
    sales: Sales,
    text: String,
}

impl SequentialSpec for InWords {
    type Op = SalesOp;
    type Ret = StockRet;

    fn invoke(&mut self, op: &SalesOp) -> StockRet {
        let ret = self.sales.invoke(op);
        self.text = units(self.sales.level());
        ret
    }

    fn is_valid_step(&mut self, op: &SalesOp, ret: &StockRet) -> bool {
        let right = self.sales.is_valid_step(op, ret);
        self.text = units(self.sales.level());
        right
    }
}

impl Explainable for InWords {
    fn value(&self) -> &str {
        &self.text
    }

    fn only_looks(asked: &SalesOp, ret: Option<&StockRet>) -> bool {
        asked.op == StockOp::Read || matches!(ret, Some(StockRet::SoldOut | StockRet::Already | StockRet::Refused))
    }

    /// More units are needed where somebody bought, and fewer nowhere: a purchase is only seen by who is told how many are left, or
    /// refused. That is so with what the buyer has had, too.
    fn is_unseen(asked: &SalesOp, operations: &[SalesOperation]) -> bool {
        matches!(asked.op, StockOp::Buy { .. } | StockOp::Read)
            && operations.iter().all(|other| {
                matches!(
                    other.response.map(|response| response.ret),
                    None | Some(StockRet::Bought { remaining: None, .. } | StockRet::Restocked { stock: None })
                )
            })
    }
}
