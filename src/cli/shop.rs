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
use comfy_table::Cell;
use oversell_checker::{counterexample::units, history::quoted};
use oversell_models::explorer::{Alone, KEY, Property};

use super::{
    exit::Failure,
    host::Host,
    named::names,
    output::{print_warning, wrapped},
    table::draw,
};
use crate::{
    server::{left_behind, sweep},
    shop::{Asked, Fault, Kind, Rehearsal, Shop, Unrehearsed, Wrong, read, rehearse},
    strategy::{self, Entry, Info},
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
    NamedParser(names())
}

impl TypedValueParser for NamedParser {
    type Value = Named;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<Named, clap::Error> {
        if Path::new(value)
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            return Ok(Named::Shop(value.into()));
        }
        let is_script = Path::new(value).extension().is_some_and(|extension| extension == "lua");
        let name = self.0.parse_ref(command, argument, value).map_err(|error| {
            let what = if is_script {
                format!("found a script, expected --script {}", quoted(Path::new(value)))
            } else if Path::new(value).exists() {
                "found the name of a file, expected a strategy, or a shop file whose name ends with .toml".to_string()
            } else {
                return error;
            };
            command.clone().error(clap::error::ErrorKind::ValueValidation, what)
        })?;
        let entry = strategy::find(&name).ok_or_else(|| clap::Error::new(clap::error::ErrorKind::InvalidValue))?;
        Ok(Named::Entry(entry))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        None
    }
}

/// What is proved or run.
pub(super) struct Tested {
    pub(super) entry: Entry,
    pub(super) own: Option<Own>,
}

/// Code of the user's own: what one buyer alone found out, and how the command line names it.
pub(super) struct Own {
    pub(super) rehearsal: Rehearsal,
    pub(super) arguments: String,
}

impl From<Entry> for Tested {
    fn from(entry: Entry) -> Self {
        Self { entry, own: None }
    }
}

impl Tested {
    /// Does one buyer alone show a fault?
    pub(super) fn is_wrong(&self) -> bool {
        self.own.as_ref().is_some_and(|own| !own.rehearsal.faults.is_empty())
    }

    pub(super) fn own(rehearsal: Rehearsal, arguments: String) -> Self {
        let mut entry = Entry::from(rehearsal.shop.clone());
        entry.provocation.quantity = 1..=rehearsal.shop.quantity.min(2);
        Self {
            entry,
            own: Some(Own { rehearsal, arguments }),
        }
    }
}

/// Reads a shop file.
pub(super) fn shop(path: &Path) -> Result<Shop, Failure> {
    read(path).map_err(Failure::bad_input)
}

/// One buyer alone, on the model of Redis.
pub(super) fn on_model(shop: &Shop) -> Result<Rehearsal, Failure> {
    warn(shop);
    let mut con = Alone::new();
    let rehearsed = {
        let mut rehearsing = pin!(rehearse(shop, &mut con, KEY, 0));
        // The model answers at once.
        match rehearsing.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(rehearsed) => rehearsed,
            Poll::Pending => Err(Unrehearsed("it waits for something that is not Redis".to_string())),
        }
    };
    if let Some(lacking) = con.lacking() {
        return Err(Failure::bad_input(format!(
            "`{}`: {lacking}; on a real server: oversell run",
            shop.name
        )));
    }
    rehearsed.map_err(|error| unrehearsed(shop, error))
}

fn warn(shop: &Shop) {
    for warning in shop.warnings() {
        print_warning(&format!("`{}`: {warning}", shop.name));
    }
}

fn unrehearsed(shop: &Shop, Unrehearsed(why): Unrehearsed) -> Failure {
    Failure::bad_input(format!("`{}`: {why}", shop.name))
}

/// One buyer alone, on a server. On one that is not ours nothing is written that other items have, too.
pub(super) async fn on_server(shop: &Shop, host: &Host, overwrite: bool) -> Result<Rehearsal, Failure> {
    if let Some(shared) = shop.shared().filter(|_| !host.is_ours() && !overwrite) {
        return Err(Failure::bad_input(format!(
            "`{}`: found {shared} without {{item}}, which may be in use on {} and would be written over; put {{item}} there, or allow it with \
             --overwrite",
            shop.name,
            host.target.url()
        )));
    }
    warn(shop);
    let mut con = host.target.connect().await.map_err(Failure::no_server)?;
    let key = format!("oversell:rehearsal:{:08x}", rand::random::<u32>());
    let first_request = (0xF_FFFF << 40) | u64::from(rand::random::<u32>());
    let rehearsed = rehearse(shop, &mut con, &key, first_request).await;
    if !host.is_ours() {
        // What the code itself made of the item's name.
        if sweep(&host.target, &key).await.is_err() {
            print_warning(&left_behind(&key));
        }
    }
    rehearsed.map_err(|error| unrehearsed(shop, error))
}

/// What to do about an error that may be an answer, where code of the user's own gave it.
pub(super) fn say_what_it_means(info: &Info) -> &'static str {
    // A shop of the user's own may have the name of a strategy.
    if strategy::find(&info.name).is_some_and(|entry| entry.strategy.info() == *info) {
        ""
    } else {
        "; if it is an answer, say which in [buy.answer] of a shop file"
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
    let each = by_kind
        .iter()
        .map(|(kind, all)| format!("{kind} = {}", all.join(" or ")));
    let mut text = each.collect::<Vec<_>>().join("; ");
    if let Some(limit) = rehearsal.shop.limit {
        let _ = write!(text, "; at most {} a buyer", units(limit));
    }
    text
}

/// What the answers of shops were taken to mean.
pub(super) fn introduce_own(subjects: &[&Tested]) {
    for Own { rehearsal, .. } in subjects.iter().filter_map(|subject| subject.own.as_ref()) {
        wrapped(&format!("{}: {}", rehearsal.shop.name, meaning(rehearsal)), "  ");
        print_notes(rehearsal);
    }
}

pub(super) fn print_notes(rehearsal: &Rehearsal) {
    for note in &rehearsal.notes {
        wrapped(&format!("note: {note}"), "  ");
    }
}

/// The purchases of a rehearsal, as a table.
pub(super) fn purchases(rehearsal: &Rehearsal, asked: &[&Asked], ascii: bool) -> String {
    let row = |one: &&Asked| {
        let read_as = rehearsal.shop.meaning.of(&one.answer, one.stock);
        let mut answer = one.answer.to_string();
        if answer.chars().count() > LONGEST {
            answer = answer.chars().take(LONGEST - 1).chain(['…']).collect();
        }
        let numbers = [one.stock, one.buyer, one.quantity, one.left, one.taken];
        let texts = [answer, read_as.map_or("?", Kind::words).to_string()];
        let each = texts.into_iter().chain(numbers.map(|number| number.to_string()));
        each.map(Cell::new).collect()
    };
    let header = ["answer", "read as", "stock", "buyer", "asks", "left before", "taken"];
    draw(&header, asked.iter().map(row), 2, ascii)
}

/// Columns of an answer that are shown.
const LONGEST: usize = 30;

/// The promise that a fault breaks.
pub(super) const fn property(fault: &Fault) -> Property {
    match fault.wrong {
        Wrong::Oversold { .. } | Wrong::SameUnit { .. } => Property::NeverOversold,
        Wrong::Refused { .. } => Property::SoldOutIsTrue,
        Wrong::NeverHad | Wrong::MayHaveMore { .. } | Wrong::TooMany { .. } => Property::LimitPerBuyer,
        Wrong::Remaining { .. } => Property::Linearizable,
        Wrong::Lost { .. } | Wrong::Miscounted { .. } => Property::NoUnitLeaked,
    }
}

/// A fault that one buyer alone shows: what it is, and in a sentence how it shows.
pub(super) fn told(rehearsal: &Rehearsal, fault: &Fault) -> (&'static str, String) {
    let one = &rehearsal.asked[fault.at];
    match &fault.wrong {
        &Wrong::Oversold { sold } => (
            "SELLS MORE THAN IT HAS, to one buyer alone",
            if rehearsal.asked.iter().all(|one| one.before == one.after) {
                format!(
                    "With nobody else there {sold} of {} are sold, and `{}` says the same before and after every purchase: the code looks at this \
                     stock, and takes from another one, or from none.",
                    one.stock,
                    rehearsal.shop.left.command().text
                )
            } else {
                format!(
                    "With nobody else there {sold} of {} are sold: {} is what is answered when a unit is sold, and none was left.",
                    one.stock, one.answer
                )
            },
        ),
        &Wrong::Refused { left } => (
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
                if one.elsewhere {
                    "; what this buyer had was of another item"
                } else {
                    ""
                }
            ),
        ),
        &Wrong::MayHaveMore { has, limit } => (
            "REFUSES A BUYER WHO MAY HAVE MORE",
            format!(
                "A buyer who has {} of {limit} is refused with {} while {} left.",
                units(has),
                one.answer,
                are(one.left)
            ),
        ),
        Wrong::SameUnit { unit } => (
            "SELLS A UNIT TWICE, with nobody else there",
            format!("`{unit}` is sold once more with {}.", one.answer),
        ),
        &Wrong::Remaining { told, left } => (
            "TELLS A WRONG NUMBER OF UNITS LEFT",
            format!(
                "The answer {} says that {told} are left, and {} left.",
                one.answer,
                are(left)
            ),
        ),
        &Wrong::TooMany { has, limit } => (
            "SELLS ONE BUYER MORE THAN THE LIMIT",
            format!("One buyer is sold {}; one buyer may have {limit}.", units(has)),
        ),
        &Wrong::Lost { taken } => (
            "LOSES UNITS",
            format!("A buyer alone is refused with {}, and {} gone.", one.answer, are(taken)),
        ),
        &Wrong::Miscounted { asked, taken } => (
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
