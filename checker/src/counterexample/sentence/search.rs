//! Sentences for what shrinking has found.

use std::fmt::Write as _;

use oversell_spec::{
    Stock,
    stock::{StockOp, StockRet},
};

use super::phrases::{StockShown, left, number_was, others, total};
use crate::counterexample::{
    dead_end::dead_end,
    ledger::{answer, is_bought, quantity, told, told_levels},
    parts::{Span, StockCounterexample},
    tell::Tell,
    words::{Words, join, number, signed, units},
};

/// Most operations that a sentence names one by one.
const MOST_NAMED: usize = 6;

/// Sales that do not fit between two levels that were told, or after or before one.
pub(super) struct Stretch<'a> {
    /// The operation that told the level before all of the sales; `None`: the initial one.
    from: Option<&'a StockShown>,
    /// The operation that told the level after all of the sales; `None`: there were none left at the end.
    to: Option<&'a StockShown>,
    sales: Vec<&'a StockShown>,
    /// Units there were for them.
    room: u64,
}

impl<'a> Stretch<'a> {
    /// The counterexample as such a stretch, when it is one.
    pub(super) fn of(counterexample: &'a StockCounterexample) -> Option<Self> {
        let (sales, tellers): (Vec<_>, Vec<_>) = counterexample
            .operations
            .iter()
            .partition(|shown| is_bought(&shown.relaxed) && answer(&shown.relaxed) == Some(StockRet::BOUGHT));
        let nothing_put_back = counterexample.others.restocked == Span::NONE
            && counterexample
                .operations
                .iter()
                .all(|shown| !matches!(shown.relaxed.op, StockOp::Restock { .. }));
        let after_all = |teller: &StockShown| sales.iter().all(|sale| sale.relaxed.precedes(&teller.relaxed));
        let before_all = |teller: &StockShown| sales.iter().all(|sale| teller.relaxed.precedes(&sale.relaxed));
        let (from, to) = match tellers.as_slice() {
            [only] if before_all(only) => (Some(*only), None),
            [only] if after_all(only) => (None, Some(*only)),
            [one, other] if before_all(one) && after_all(other) => (Some(*one), Some(*other)),
            [one, other] if before_all(other) && after_all(one) => (Some(*other), Some(*one)),
            _ => return None,
        };
        let upper = match from {
            Some(from) => told_levels(&from.relaxed)?.1,
            None => i128::from(counterexample.initial),
        };
        let lower = match to {
            Some(to) => told_levels(&to.relaxed)?.0,
            None => 0,
        };
        let room = u64::try_from(upper - lower).ok()?;
        let too_many = total(sales.iter().copied()) > room;
        (nothing_put_back && too_many && !sales.is_empty()).then_some(Self { from, to, sales, room })
    }

    pub(super) fn headline(&self) -> String {
        let sold = units(total(self.sales.iter().copied()));
        let level = |shown: &StockShown| told(&shown.relaxed).map_or_else(String::new, signed);
        match (self.from, self.to) {
            (Some(from), None) => format!("sold {sold} after it had {} left", level(from)),
            (None, Some(to)) => format!("told {} after {sold} were sold", level(to)),
            (Some(from), Some(to)) => format!("sold {sold} between {} left and {} left", level(from), level(to)),
            (None, None) => format!("sold {sold}"),
        }
    }

    /// What is wrong with the last answer.
    pub(super) fn note(&self) -> String {
        let too_many = total(self.sales.iter().copied()).saturating_sub(self.room);
        match self.to {
            None => format!("{} too many", units(too_many)),
            Some(_) => format!("sold {} more", units(too_many)),
        }
    }

    pub(super) fn explanation(&self, counterexample: &StockCounterexample, words: &Words<'_>) -> String {
        let mut text = match self.from {
            Some(from) => format!(
                "{} was told {} {}",
                words.actor(&from.original),
                left(from),
                words.at(from.original.returned())
            ),
            None => format!("there were {} to begin with", units(counterexample.initial)),
        };
        let named = named(self.sales.iter().map(|sale| words.actor(&sale.original)));
        let _ = write!(
            text,
            "; then {named} were sold {}",
            units(total(self.sales.iter().copied()))
        );
        let first = self
            .sales
            .iter()
            .map(|sale| sale.original.invoked)
            .min()
            .unwrap_or_default();
        let last = self
            .sales
            .iter()
            .map(|sale| sale.original.returned())
            .max()
            .unwrap_or_default();
        let _ = write!(text, " ({})", words.between(first, last));
        if let Some(to) = self.to {
            let _ = write!(
                text,
                "; then {} asked, {}, and was told {}",
                words.actor(&to.original),
                words.at(to.original.invoked),
                left(to)
            );
        }
        let _ = write!(
            text,
            ". Nothing was put back, so at most {} can have been sold in between.",
            number(self.room)
        );
        if self.to.is_none() {
            text = text.replace("in between.", "after that.");
        }
        crate::counterexample::words::capital(&text)
    }
}

fn named(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<_> = names.collect();
    if names.len() > MOST_NAMED {
        let more = names.len() - (MOST_NAMED - 1);
        names.truncate(MOST_NAMED - 1);
        names.push(format!("{} others", number(more as u64)));
    }
    join(names.into_iter())
}

pub(super) fn search(counterexample: &StockCounterexample, shown: &[StockShown], words: &Words<'_>) -> String {
    let mut text = format!("From {}", units(counterexample.initial));
    let _ = write!(text, ", {}", named(shown.iter().map(|shown| fact(shown, words))));
    text.push_str(&others(&counterexample.others));
    text.push('.');
    let operations: Vec<_> = shown.iter().map(|shown| shown.relaxed).collect();
    let end = if counterexample.others.is_none() {
        dead_end(&Stock::new(counterexample.initial), &operations)
    } else {
        None
    };
    let stuck = |places: &[usize]| {
        let answers = join(places.iter().map(|&place| {
            let shown = &shown[place];
            let told = answer(&shown.relaxed).map_or_else(String::new, |ret| shown.relaxed.op.answered(&ret, words));
            format!("the answer of {} ({told})", words.actor(&shown.original))
        }));
        format!("{answers} {} not fit", if places.len() == 1 { "does" } else { "do" })
    };
    let _ = match end {
        Some(end) if end.order.is_empty() => {
            write!(text, " To begin with, {}.", stuck(&end.stuck))
        }
        Some(end) => write!(
            text,
            " The order that gets furthest is {}; then {} left, and {}.",
            end.order
                .iter()
                .map(|&place| words.actor(&shown[place].original))
                .collect::<Vec<_>>()
                .join(", then "),
            number_was(end.state.level()),
            stuck(&end.stuck),
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
        StockRet::Already => "was told to have had theirs".to_string(),
        StockRet::Refused => "was refused".to_string(),
        StockRet::Stock(_) => format!("was told {}", left(shown)),
        StockRet::Restocked { .. } => format!("put back {}", number(quantity)),
    };
    if let StockRet::Bought { unit: Some(unit), .. } = ret {
        let _ = write!(what, ", unit {}", words.unit(unit));
    }
    if let (Some(told), false) = (told(&shown.relaxed), matches!(ret, StockRet::Stock(_))) {
        let _ = write!(what, ", leaving {}", signed(told));
    }
    format!(
        "{who} {what} ({})",
        words.between(shown.original.invoked, shown.original.returned())
    )
}
