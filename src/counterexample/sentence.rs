//! The sentence: a short proof, made of the facts of the counterexample only.

use std::fmt::Write as _;

use oversell_models::spec::{
    Stock,
    stock::{StockOp, StockRet, Unit},
};

use super::{
    dead_end::dead_end,
    ledger::{answer, quantity, told, told_levels},
    parts::{Others, Shown, StockCounterexample},
    reason::{Bound, Candidate, Reason},
    words::{Words, capital, join, number, signed, units},
};

type StockShown = Shown<StockOp, StockRet>;

/// What happened, in a few words.
pub(super) fn headline(candidate: &Candidate, words: &Words<'_>) -> String {
    let shown = &candidate.counterexample.operations;
    let initial = candidate.counterexample.initial;
    match (&candidate.reason, shown.as_slice()) {
        (
            Reason::TooManySales {
                stock, restocked, sold, ..
            },
            _,
        ) => {
            let excess = sold.saturating_sub(stock.saturating_add(*restocked));
            let put_back = if *restocked > 0 {
                format!(" and {} put back", number(*restocked))
            } else {
                String::new()
            };
            format!(
                "sold {} more than it had: {} of {}{put_back}",
                units(excess),
                number(*sold),
                number(*stock)
            )
        }
        (Reason::SameUnit, [one, ..]) => {
            format!("two buyers were told they took unit {}", words.unit(unit(one)))
        }
        (Reason::SameUnits, [one, other]) if told(&one.relaxed) == told(&other.relaxed) => {
            format!("two buyers were told that they left {}", told_number(one))
        }
        (Reason::SameUnits, _) => "two buyers were told they took the same units".to_string(),
        (Reason::LevelAtLeast(_), [one]) if told(&one.relaxed).is_none() => {
            format!("told sold out while at least {} there the whole time", were(initial))
        }
        (Reason::LevelAtLeast(_), [one]) => {
            format!(
                "told {} while at least {} there",
                told_number(one),
                were(level_after(one, initial))
            )
        }
        (Reason::LevelAtMost(_), [one]) if told(&one.relaxed).is_some_and(|told| told < 0) => {
            format!("told that {} units were left", told_number(one))
        }
        (Reason::LevelAtMost(_), [one]) => {
            format!(
                "told {} while at most {} there",
                told_number(one),
                were(level_after(one, initial))
            )
        }
        (Reason::LevelRose, [one, other]) => format!(
            "told {}, later {}, and nothing was put back",
            told_number(one),
            told_number(other)
        ),
        (Reason::WithinABuy, _) => "told a stock that was never there".to_string(),
        (_, shown) => format!("no order of {} explains the answers", of_operations(shown.len())),
    }
}

/// Why no order of the operations shown is possible.
pub(super) fn explanation(candidate: &Candidate, words: &Words<'_>) -> String {
    let counterexample = &candidate.counterexample;
    match (&candidate.reason, counterexample.operations.as_slice()) {
        (Reason::TooManySales { .. }, shown) => too_many_sales(candidate, shown, words),
        (Reason::SameUnit, [one, other]) => format!(
            "{} and {} were both handed unit {}, {} and {}; a unit is sold once, so one of the two holds nothing.",
            words.actor(&one.original),
            words.actor(&other.original),
            words.unit(unit(one)),
            words.at(one.original.returned()),
            words.at(other.original.returned()),
        ),
        (Reason::SameUnits, [one, other]) => same_units(one, other, words),
        (Reason::LevelAtLeast(bound) | Reason::LevelAtMost(bound), [one]) => {
            let least = matches!(candidate.reason, Reason::LevelAtLeast(_));
            outside(one, counterexample.initial, bound, least, words)
        }
        (Reason::LevelRose, [one, other]) => format!(
            "{} was told {} {}, before {} asked {}; nothing was put back, so the stock cannot have risen to the {} that \
             {} {}.",
            words.actor(&one.original),
            left(one),
            words.at(one.original.returned()),
            words.actor(&other.original),
            words.at(other.original.invoked),
            needed_before(other),
            words.actor(&other.original),
            if other.original.op == StockOp::Read {
                "read"
            } else {
                "took from"
            },
        ),
        (Reason::WithinABuy, [one, other]) => within_a_buy(one, other, words),
        (_, shown) => search(counterexample, shown, words),
    }
}

fn too_many_sales(candidate: &Candidate, shown: &[StockShown], words: &Words<'_>) -> String {
    let Reason::TooManySales {
        stock, restocked, read, ..
    } = candidate.reason
    else {
        return String::new();
    };
    let left = candidate.counterexample.initial;
    let mut text = match stock.saturating_add(restocked).saturating_sub(left) {
        0 => format!("there {}", was(left)),
        gone => format!(
            "others were sold {} of the {}{}, so at most {} left for {}",
            number(gone),
            units(stock),
            if restocked > 0 { " and those put back" } else { "" },
            number_was(left),
            join(shown.iter().map(|shown| words.actor(&shown.original))),
        ),
    };
    let mut by_response: Vec<&StockShown> = shown.iter().collect();
    by_response.sort_by_key(|shown| (shown.original.returned(), shown.index));
    let bought = by_response.iter().map(|shown| {
        let how_many = match quantity(&shown.original) {
            1 => String::new(),
            quantity => format!(" {}", number(quantity)),
        };
        format!(
            "{} was told bought{how_many} {}",
            words.actor(&shown.original),
            words.at(shown.original.returned())
        )
    });
    let _ = write!(text, "; but {}", join(bought));
    let together = shown
        .iter()
        .map(|shown| quantity(&shown.original))
        .fold(0, u64::saturating_add);
    let _ = write!(text, ": {} sold where {} left.", units(together), number_was(left));
    let read = read.filter(|_| shown.len() > 1).map(signed);
    match (by_response.as_slice(), read) {
        ([one, other], _) if one.original.precedes(&other.original) => {
            let _ = write!(
                text,
                " {} asked only {}, after {} had its answer.",
                capital(&words.actor(&other.original)),
                words.at(other.original.invoked),
                words.actor(&one.original)
            );
        }
        ([_, _], Some(read)) => {
            let _ = write!(
                text,
                " Both had asked before either was told, and both had read {read}."
            );
        }
        ([_, _], None) => text.push_str(" Both had asked before either was told."),
        (_, Some(read)) => {
            let _ = write!(text, " All had read {read}.");
        }
        (_, None) => {}
    }
    capital(&text)
}

fn same_units(one: &StockShown, other: &StockShown, words: &Words<'_>) -> String {
    let range = |shown: &StockShown| {
        let (before, after) = told_levels(&shown.relaxed).unwrap_or_default();
        format!("from {before} to {after}")
    };
    let (first, second) = (words.actor(&one.original), words.actor(&other.original));
    let times = format!(
        "({} and {})",
        words.at(one.original.returned()),
        words.at(other.original.returned())
    );
    capital(&if range(one) == range(other) {
        format!(
            "{first} and {second} were both told that their purchase left {} {times}: each took the stock {}, and \
             nothing was put back for the second to take.",
            told_number(one),
            range(one)
        )
    } else {
        format!(
            "{first} was told it took the stock {}, {second} {} {times}; nothing was put back, so some unit would have \
             been sold to both.",
            range(one),
            range(other)
        )
    })
}

fn within_a_buy(one: &StockShown, other: &StockShown, words: &Words<'_>) -> String {
    let (buy, read) = if one.original.op == StockOp::Read {
        (other, one)
    } else {
        (one, other)
    };
    let (before, after) = told_levels(&buy.relaxed).unwrap_or_default();
    capital(&format!(
        "{} took {} at once, from {before} to {after} ({}); {} was told {} ({}), and nothing was put back: the stock was \
         never {}.",
        words.actor(&buy.original),
        units(quantity(&buy.original)),
        words.at(buy.original.returned()),
        words.actor(&read.original),
        left(read),
        words.at(read.original.returned()),
        told_number(read),
    ))
}

fn outside(one: &StockShown, initial: u64, bound: &Bound, least: bool, words: &Words<'_>) -> String {
    let who = words.actor(&one.original);
    let mut text = match (told(&one.relaxed), quantity(&one.original)) {
        (Some(..0), _) => {
            return capital(&format!(
                "{who} was told {} {}; there is no such stock.",
                left(one),
                words.at(one.original.returned())
            ));
        }
        (None, 1) => format!("{who} was told sold out {}", words.at(one.original.returned())),
        (None, quantity) => format!(
            "{who} asked for {} and was told sold out {}",
            number(quantity),
            words.at(one.original.returned())
        ),
        (Some(_), _) => format!("{who} was told {} {}", left(one), words.at(one.original.returned())),
    };
    let bound_word = if least { "at least" } else { "at most" };
    let _ = write!(text, ", but {bound_word} {} there", were(initial));
    if told(&one.relaxed).is_none() {
        text.push_str(" the whole time");
    } else if matches!(one.original.op, StockOp::Buy { .. }) {
        text.push_str(" before its purchase");
    }
    let _ = write!(text, ": {} to begin with", number(bound.stock));
    if bound.restocked > 0 {
        let how = if least {
            "put back before it asked"
        } else {
            "at most put back by then"
        };
        let _ = write!(text, ", {} {how}", number(bound.restocked));
    }
    match (least, bound.sold) {
        (_, 0) => text.push_str(", and nothing was sold"),
        (true, sold) => {
            let _ = write!(text, ", and at most {} sold by then", number(sold));
        }
        (false, sold) => {
            let _ = write!(text, ", and {} sold before it asked", number(sold));
        }
    }
    if bound.unanswered > 0 && least {
        let _ = write!(
            text,
            " (counting {} whose buyers got no answer)",
            number(bound.unanswered)
        );
    }
    text.push('.');
    capital(&text)
}

fn search(counterexample: &StockCounterexample, shown: &[StockShown], words: &Words<'_>) -> String {
    let mut text = format!("From {}", units(counterexample.initial));
    let facts = shown.iter().map(|shown| fact(shown, words));
    let _ = write!(text, ", {}", join(facts));
    text.push_str(&others(&counterexample.others));
    text.push('.');
    let operations: Vec<_> = shown.iter().map(|shown| shown.relaxed).collect();
    let end = if counterexample.others.is_none() {
        dead_end(&Stock::new(counterexample.initial), &operations)
    } else {
        None
    };
    let actors = |places: &[usize]| join(places.iter().map(|&place| words.actor(&shown[place].original)));
    let _ = match end {
        Some(end) if end.order.is_empty() => {
            write!(text, " To begin with, no answer fits of {}.", actors(&end.stuck))
        }
        Some(end) => write!(
            text,
            " The order that explains most is {}; then {} left, which does not fit the {} of {}.",
            end.order
                .iter()
                .map(|&place| words.actor(&shown[place].original))
                .collect::<Vec<_>>()
                .join(", then "),
            number_was(end.state.level()),
            if end.stuck.len() == 1 { "answer" } else { "answers" },
            actors(&end.stuck),
        ),
        None if shown.len() == 1 => write!(text, " That cannot be, whenever it took effect."),
        None => write!(
            text,
            " No order of these {} gives all these answers.",
            number(shown.len() as u64)
        ),
    };
    text
}

fn fact(shown: &StockShown, words: &Words<'_>) -> String {
    let who = words.actor(&shown.original);
    let Some(ret) = answer(&shown.relaxed) else {
        let what = match shown.relaxed.op {
            StockOp::Buy { quantity } => format!("may have bought {}", number(quantity)),
            StockOp::Restock { quantity } => format!("may have put back {}", number(quantity)),
            StockOp::Read => "read".to_string(),
        };
        return format!("{who} {what} (asked {})", words.at(shown.original.invoked));
    };
    let quantity = quantity(&shown.original);
    let mut what = match ret {
        StockRet::Bought { .. } => format!("bought {}", number(quantity)),
        StockRet::SoldOut if quantity == 1 => "was told sold out".to_string(),
        StockRet::SoldOut => format!("was told sold out for {}", number(quantity)),
        StockRet::Stock(_) => format!("was told {}", left(shown)),
        StockRet::Restocked { .. } => format!("put back {}", number(quantity)),
    };
    if let StockRet::Bought { unit: Some(unit), .. } = ret {
        let _ = write!(what, ", unit {}", words.unit(unit));
    }
    if let (Some(told), false) = (told(&shown.relaxed), matches!(ret, StockRet::Stock(_))) {
        let _ = write!(what, ", leaving {told}");
    }
    format!(
        "{who} {what} ({})",
        words.between(shown.original.invoked, shown.original.returned())
    )
}

/// What is known of all others, for the end of a sentence.
#[must_use]
pub fn others(others: &Others) -> String {
    let mut parts = Vec::new();
    for (span, what) in [(&others.sold, "sold"), (&others.restocked, "put back")] {
        match (span.least, span.most) {
            (0, Some(0)) => {}
            (0, None) => parts.push(format!("any number of other units {what}")),
            (0, Some(most)) => parts.push(format!("up to {} other {} {what}", number(most), plural(most))),
            (least, Some(most)) if least == most => {
                parts.push(format!("{} other {} {what}", number(least), plural(least)));
            }
            (least, Some(most)) => parts.push(format!(
                "between {} and {} other units {what}",
                number(least),
                number(most)
            )),
            (least, None) => parts.push(format!("at least {} other {} {what}", number(least), plural(least))),
        }
    }
    if parts.is_empty() {
        String::new()
    } else {
        format!(", with {} at any time", join(parts.into_iter()))
    }
}

fn plural(count: u64) -> &'static str {
    if count == 1 { "unit" } else { "units" }
}

fn was(count: u64) -> String {
    if count == 1 {
        "was 1 unit".to_string()
    } else {
        format!("were {}", units(count))
    }
}

fn number_was(count: u64) -> String {
    if count == 1 {
        "1 was".to_string()
    } else {
        format!("{} were", number(count))
    }
}

fn were(count: u64) -> String {
    if count == 1 {
        "1 unit was".to_string()
    } else {
        format!("{} were", units(count))
    }
}

/// The level that the operation should have told, had it met this one.
fn level_after(shown: &StockShown, before: u64) -> u64 {
    match shown.relaxed.op {
        StockOp::Buy { quantity } => before.saturating_sub(quantity),
        StockOp::Restock { quantity } => before.saturating_add(quantity),
        StockOp::Read => before,
    }
}

fn told_number(shown: &StockShown) -> String {
    told(&shown.relaxed).map_or_else(String::new, signed)
}

fn left(shown: &StockShown) -> String {
    match told(&shown.relaxed) {
        Some(1) => "1 was left".to_string(),
        _ => format!("{} were left", told_number(shown)),
    }
}

fn needed_before(shown: &StockShown) -> String {
    told_levels(&shown.relaxed).map_or_else(String::new, |(before, _)| before.to_string())
}

fn unit(shown: &StockShown) -> Unit {
    match answer(&shown.relaxed) {
        Some(StockRet::Bought { unit: Some(unit), .. }) => unit,
        _ => Unit(0),
    }
}

fn of_operations(count: usize) -> String {
    if count == 1 {
        "1 operation".to_string()
    } else {
        format!("{} operations", number(count as u64))
    }
}

/// What is wrong with an answer, in a few words to be put beside it; and which of the operations shown that is, or `None`
/// for the one that was answered last.
pub(super) fn note(candidate: &Candidate, words: &Words<'_>) -> Option<(Option<usize>, String)> {
    let counterexample = &candidate.counterexample;
    let note = match (&candidate.reason, counterexample.operations.as_slice()) {
        (Reason::TooManySales { .. }, shown) => {
            let sold = shown
                .iter()
                .map(|shown| quantity(&shown.original))
                .fold(0, u64::saturating_add);
            match sold.saturating_sub(counterexample.initial) {
                1 => "no such unit".to_string(),
                units => format!("{} units too many", number(units)),
            }
        }
        (Reason::SameUnit, [one, ..]) => format!("unit {} again", words.unit(unit(one))),
        (Reason::SameUnits, _) => "sold already".to_string(),
        (Reason::LevelAtLeast(_), [one]) => format!("at least {}", number(level_after(one, counterexample.initial))),
        (Reason::LevelAtMost(_), [one]) if told(&one.relaxed).is_some_and(|told| told < 0) => {
            "no such stock".to_string()
        }
        (Reason::LevelAtMost(_), [one]) => format!("at most {}", number(level_after(one, counterexample.initial))),
        (Reason::LevelRose, [one, _]) => format!("after {}", told_number(one)),
        (Reason::WithinABuy, _) => "never there".to_string(),
        _ => "fits no order".to_string(),
    };
    Some((None, note))
}
