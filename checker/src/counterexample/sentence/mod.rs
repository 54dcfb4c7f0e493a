//! The sentence: a short proof, made of the facts of the counterexample only.

mod phrases;
mod proofs;
mod search;

use oversell_spec::stock::StockOp;

use super::{
    ledger::told,
    reason::{Candidate, Reason},
    words::{Words, capital, number, units},
};
pub use phrases::others;
use phrases::{level_after, of_operations, told_number, total, unit, were};
use search::Stretch;

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
            format!("two buyers were handed the same unit: {}", words.unit(unit(one)))
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
            let most = level_after(one, initial);
            let there = if most == 0 {
                "none was".to_string()
            } else {
                format!("at most {}", were(most))
            };
            format!("told {} while {there} there", told_number(one))
        }
        (Reason::LevelRose, [one, other]) if matches!(other.original.op, StockOp::Buy { .. }) => format!(
            "told {} left, yet a later purchase of {} left {}",
            told_number(one),
            number(total([other])),
            told_number(other)
        ),
        (Reason::LevelRose, [one, other]) => format!(
            "told {}, later {}, and nothing was put back",
            told_number(one),
            told_number(other)
        ),
        (Reason::WithinABuy, _) => "told a stock that was never there".to_string(),
        (_, shown) => match Stretch::of(&candidate.counterexample) {
            Some(stretch) => stretch.headline(),
            None => format!("no order of {} explains the answers", of_operations(shown.len())),
        },
    }
}

/// Why no order of the operations shown is possible.
pub(super) fn explanation(candidate: &Candidate, words: &Words<'_>) -> String {
    let counterexample = &candidate.counterexample;
    let text = match (&candidate.reason, counterexample.operations.as_slice()) {
        (Reason::TooManySales { .. }, shown) => proofs::too_many_sales(candidate, shown, words),
        (Reason::SameUnit, [one, other]) => format!(
            "{} and {} were both handed unit {}, {} and {}; a unit is sold once, so one of the two holds nothing.",
            words.actor(&one.original),
            words.actor(&other.original),
            words.unit(unit(one)),
            words.at(one.original.returned()),
            words.at(other.original.returned()),
        ),
        (Reason::SameUnits, [one, other]) => proofs::same_units(one, other, words),
        (Reason::LevelAtLeast(bound) | Reason::LevelAtMost(bound), [one]) => {
            let least = matches!(candidate.reason, Reason::LevelAtLeast(_));
            proofs::outside(one, counterexample.initial, bound, least, words)
        }
        (Reason::LevelRose, [one, other]) => proofs::level_rose(one, other, words),
        (Reason::WithinABuy, [one, other]) => proofs::within_a_buy(one, other, words),
        (_, shown) => match Stretch::of(counterexample) {
            Some(stretch) => stretch.explanation(counterexample, words),
            None => search::search(counterexample, shown, words),
        },
    };
    capital(&text)
}

/// What is wrong with the last answer, in a few words to be put beside it.
pub(super) fn note(candidate: &Candidate, words: &Words<'_>) -> String {
    let counterexample = &candidate.counterexample;
    match (&candidate.reason, counterexample.operations.as_slice()) {
        (Reason::TooManySales { .. }, shown) => match total(shown).saturating_sub(counterexample.initial) {
            1 => "no such unit".to_string(),
            units => format!("{} units too many", number(units)),
        },
        (Reason::SameUnit, [one, ..]) => format!("{} again", words.unit(unit(one))),
        (Reason::SameUnits, _) => "sold already".to_string(),
        (Reason::LevelAtLeast(_), [one]) if told(&one.relaxed).is_none() => {
            format!("{} there", were(counterexample.initial))
        }
        (Reason::LevelAtLeast(_), [one]) => format!("at least {}", number(level_after(one, counterexample.initial))),
        (Reason::LevelAtMost(_), [one]) if told(&one.relaxed).is_some_and(|told| told < 0) => {
            "no such stock".to_string()
        }
        (Reason::LevelAtMost(_), [one]) => format!("at most {}", number(level_after(one, counterexample.initial))),
        (Reason::LevelRose, [one, _]) => format!("only {} left before", told_number(one)),
        (Reason::WithinABuy, _) => "never there".to_string(),
        _ => match Stretch::of(counterexample) {
            Some(stretch) => stretch.note(),
            None => "fits no order".to_string(),
        },
    }
}
