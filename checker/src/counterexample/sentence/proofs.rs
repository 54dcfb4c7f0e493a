//! Sentences for what is found without a search.

use std::fmt::Write as _;

use oversell_spec::stock::StockOp;

use super::phrases::{StockShown, left, needed_before, number_was, told_number, total, was, were};
use crate::counterexample::{
    ledger::{is_bought, quantity, told, told_levels},
    reason::{Bound, Candidate, Reason},
    words::{Words, capital, join, number, signed, units},
};

pub(super) fn too_many_sales(candidate: &Candidate, shown: &[StockShown], words: &Words<'_>) -> String {
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
            units(stock.saturating_add(restocked)),
            if restocked > 0 {
                format!(" ({} to begin with, {} put back)", number(stock), number(restocked))
            } else {
                String::new()
            },
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
    let together = total(shown);
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

pub(super) fn same_units(one: &StockShown, other: &StockShown, words: &Words<'_>) -> String {
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

/// The second began when the first was over, and yet met a higher level than the first told.
pub(super) fn level_rose(one: &StockShown, other: &StockShown, words: &Words<'_>) -> String {
    let (first, second) = (words.actor(&one.original), words.actor(&other.original));
    let (again, it) = if first == second {
        ("it", "again ")
    } else {
        (second.as_str(), "")
    };
    format!(
        "{first} was told {} {}, before {again} asked {it}{}; nothing was put back, so the stock cannot have risen to the \
         {} that {again} {}.",
        left(one),
        words.at(one.original.returned()),
        words.at(other.original.invoked),
        needed_before(other),
        if other.original.op == StockOp::Read {
            "read"
        } else {
            "took from"
        },
    )
}

pub(super) fn within_a_buy(one: &StockShown, other: &StockShown, words: &Words<'_>) -> String {
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

pub(super) fn outside(one: &StockShown, initial: u64, bound: &Bound, least: bool, words: &Words<'_>) -> String {
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
    if initial == 0 && !least {
        text.push_str(", but none was there");
    } else {
        let _ = write!(text, ", but {bound_word} {} there", were(initial));
    }
    if told(&one.relaxed).is_none() {
        text.push_str(" the whole time");
    } else if let StockOp::Restock { quantity } = one.original.op {
        let _ = write!(text, " before it put back {}", number(quantity));
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
        (_, 0) if is_bought(&one.original) => text.push_str(", and nothing else was sold"),
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
            " ({} of them perhaps, to buyers who got no answer)",
            number(bound.unanswered)
        );
    }
    text.push('.');
    capital(&text)
}
