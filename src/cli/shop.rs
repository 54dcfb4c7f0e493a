//! Shop files on the command line, and what a rehearsal says of them.

use std::{
    ffi::OsStr,
    fmt::Write as _,
    future::Future,
    path::{Path, PathBuf},
    pin::pin,
    task::{Context, Poll, Waker},
};

use clap::{
    Arg, Command,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use oversell_checker::counterexample::units;
use oversell_models::explorer::{Alone, KEY, Property};

use super::exit::Failure;
use crate::{
    shop::{Asked, Fault, Rehearsal, Shop, Unrehearsed, Wrong, read, rehearse},
    strategy::{self, Entry},
};

/// What is tested: a strategy of the catalogue, or a shop of the user's own.
#[derive(Clone, Debug)]
pub(super) enum Named {
    Entry(Entry),
    Shop(PathBuf),
}

/// Names of the catalogue, with suggestions, and shop files.
#[derive(Clone)]
pub(super) struct NamedParser(PossibleValuesParser);

pub(super) fn named() -> NamedParser {
    let names = strategy::catalogue().into_iter().map(|entry| entry.strategy.info().name);
    NamedParser(PossibleValuesParser::new(names))
}

impl TypedValueParser for NamedParser {
    type Value = Named;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<Named, clap::Error> {
        if Path::new(value).extension().is_some_and(|extension| extension == "toml") {
            return Ok(Named::Shop(value.into()));
        }
        let name = self.0.parse_ref(command, argument, value)?;
        let entry = strategy::find(&name).ok_or_else(|| clap::Error::new(clap::error::ErrorKind::InvalidValue))?;
        Ok(Named::Entry(entry))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        None
    }
}

/// Reads a shop file.
pub(super) fn shop(path: &Path) -> Result<Shop, Failure> {
    read(path).map_err(Failure::bad_input)
}

/// One buyer alone, on the model of Redis.
pub(super) fn on_model(shop: &Shop) -> Result<Rehearsal, Failure> {
    let mut con = Alone::new();
    let rehearsed = {
        let mut rehearsing = pin!(rehearse(shop, &mut con, KEY));
        // The model answers at once.
        match rehearsing.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(rehearsed) => rehearsed,
            Poll::Pending => Err(Unrehearsed::Unclear("it waits for something that is not Redis".to_string())),
        }
    };
    if let Some(lacking) = con.lacking() {
        return Err(Failure::bad_input(format!(
            "`{}`: {lacking}; on a real server: oversell rehearse --redis URL",
            shop.name
        )));
    }
    rehearsed.map_err(|error| unrehearsed(shop, error))
}

fn unrehearsed(shop: &Shop, error: Unrehearsed) -> Failure {
    match error {
        Unrehearsed::Redis(why) | Unrehearsed::Unclear(why) => Failure::bad_input(format!("`{}`: {why}", shop.name)),
    }
}

/// What the answers were taken to mean, in one line.
pub(super) fn meaning(rehearsal: &Rehearsal) -> String {
    let mut by_kind: Vec<(String, Vec<String>)> = Vec::new();
    for rule in &rehearsal.shop.meaning.rules {
        let (kind, what) = (rule.means.to_string(), rule.matches.to_string());
        match by_kind.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, all)) => all.push(what),
            None => by_kind.push((kind, vec![what])),
        }
    }
    let each = by_kind.iter().map(|(kind, all)| format!("{kind} = {}", all.join(" or ")));
    let mut text = each.collect::<Vec<_>>().join("; ");
    if let Some(limit) = rehearsal.shop.limit {
        let _ = write!(text, "; at most {} a buyer", units(limit));
    }
    text
}

/// The purchases of a rehearsal, as a table.
pub(super) fn table(rehearsal: &Rehearsal, asked: &[&Asked], ascii: bool) -> String {
    let mut table = Table::new();
    let line = if ascii { '-' } else { '─' };
    table
        .load_style(TableStyle::new().header_separator(LineStyle::none().fill(line).junction(line)))
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(["stock", "buyer", "asks", "answer", "left", "taken", "read as"]);
    for one in asked {
        let shop = &rehearsal.shop;
        let read_as = shop.meaning.of(&one.answer, one.stock).map_or("?", |kind| kind.words());
        let left = one.left - one.taken;
        let mut answer = one.answer.to_string();
        if answer.chars().count() > 30 {
            answer = answer.chars().take(29).chain(['…']).collect();
        }
        table.add_row([
            one.stock.to_string(),
            one.buyer.to_string(),
            one.quantity.to_string(),
            answer,
            format!("{} to {left}", one.left),
            one.taken.to_string(),
            read_as.to_string(),
        ]);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 1));
    }
    for column in [0, 1, 2, 5] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

/// The promise that a fault breaks.
pub(super) const fn property(fault: &Fault) -> Property {
    match fault.wrong {
        Wrong::Oversold { .. } => Property::NeverOversold,
        Wrong::Refused { .. } => Property::SoldOutIsTrue,
        Wrong::NeverHad | Wrong::TooMany { .. } => Property::LimitPerBuyer,
        Wrong::Lost { .. } | Wrong::Miscounted { .. } => Property::NoUnitLeaked,
    }
}

/// A fault that one buyer alone shows: what it is, and in a sentence how it shows.
pub(super) fn told(rehearsal: &Rehearsal, fault: &Fault) -> (&'static str, String) {
    let one = &rehearsal.asked[fault.at];
    match fault.wrong {
        Wrong::Oversold { sold } => (
            "SELLS MORE THAN IT HAS, to one buyer alone",
            format!(
                "One buyer alone is sold {sold} of {}: the answer {} meant bought before, and no unit was left to be taken.",
                one.stock, one.answer
            ),
        ),
        Wrong::Refused { left } => (
            "REFUSES WHILE UNITS ARE LEFT, with nobody else there",
            format!(
                "A buyer alone asks for {} and is refused with {} while {} left: nobody else can have been in the way.",
                one.quantity,
                one.answer,
                are(left)
            ),
        ),
        Wrong::NeverHad => (
            "REFUSES A BUYER WHO HAS HAD NOTHING",
            format!(
                "A buyer who has had none of this item is refused with {} while {} left{}.",
                one.answer,
                are(one.left),
                if one.elsewhere { "; what this buyer had was of another item" } else { "" }
            ),
        ),
        Wrong::TooMany { has, limit } => (
            "SELLS ONE BUYER MORE THAN THE LIMIT",
            format!("One buyer is sold {}; one buyer may have {limit}.", units(has)),
        ),
        Wrong::Lost { taken } => (
            "LOSES UNITS",
            format!("A buyer alone is refused with {}, and {} gone.", one.answer, are(taken)),
        ),
        Wrong::Miscounted { asked, taken } => (
            "TAKES ANOTHER NUMBER THAN IT SELLS",
            format!("A buyer alone is sold {}, and {} gone.", units(asked), are(taken)),
        ),
    }
}

fn are(count: u64) -> String {
    match count {
        1 => "1 unit is".to_string(),
        count => format!("{} are", units(count)),
    }
}
