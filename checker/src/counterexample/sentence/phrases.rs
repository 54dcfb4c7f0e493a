//! Phrases that several sentences share.

use oversell_spec::stock::{StockOp, StockRet, Unit};

use crate::counterexample::{
    ledger::{answer, quantity, told, told_levels},
    parts::{Others, Shown},
    words::{join, number, signed, units},
};

pub(super) type StockShown = Shown<StockOp, StockRet>;

/// Units asked for by all of them.
pub(super) fn total<'a>(shown: impl IntoIterator<Item = &'a StockShown>) -> u64 {
    shown
        .into_iter()
        .map(|shown| quantity(&shown.original))
        .fold(0, u64::saturating_add)
}

pub(super) fn plural(count: u64) -> &'static str {
    if count == 1 { "unit" } else { "units" }
}

pub(super) fn was(count: u64) -> String {
    if count == 1 {
        "was 1 unit".to_string()
    } else {
        format!("were {}", units(count))
    }
}

pub(super) fn number_was(count: u64) -> String {
    if count == 1 {
        "1 was".to_string()
    } else {
        format!("{} were", number(count))
    }
}

pub(super) fn were(count: u64) -> String {
    if count == 1 {
        "1 unit was".to_string()
    } else {
        format!("{} were", units(count))
    }
}

/// The level that the operation should have told, had it met this one.
pub(super) fn level_after(shown: &StockShown, before: u64) -> u64 {
    match shown.relaxed.op {
        StockOp::Buy { quantity } => before.saturating_sub(quantity),
        StockOp::Restock { quantity } => before.saturating_add(quantity),
        StockOp::Read => before,
    }
}

pub(super) fn told_number(shown: &StockShown) -> String {
    told(&shown.relaxed).map_or_else(String::new, signed)
}

pub(super) fn left(shown: &StockShown) -> String {
    match told(&shown.relaxed) {
        Some(1) => "1 was left".to_string(),
        _ => format!("{} were left", told_number(shown)),
    }
}

pub(super) fn needed_before(shown: &StockShown) -> String {
    told_levels(&shown.relaxed).map_or_else(String::new, |(before, _)| before.to_string())
}

pub(super) fn unit(shown: &StockShown) -> Unit {
    match answer(&shown.relaxed) {
        Some(StockRet::Bought { unit: Some(unit), .. }) => unit,
        _ => Unit(0),
    }
}

pub(super) fn of_operations(count: usize) -> String {
    if count == 1 {
        "1 operation".to_string()
    } else {
        format!("{} operations", number(count as u64))
    }
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
