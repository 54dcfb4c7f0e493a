//! A schedule as an explanation.

use std::path::Path;

use super::{Proven, Schedule, advice::advice, history::history, schedule::is_of_catalogue};
use crate::{
    report::{
        counted,
        terminal::{Style, scheduled},
    },
    strategy::{Info, Sharing},
};
use oversell_checker::{
    counterexample::{Kind, number, signed, units},
    engines::Limits,
    examine::{Conclusion, examine, inspect},
    history::{quoted, shown, visible},
};
use oversell_models::{
    explorer::{Action, Answer, Property, Setup, Step},
    strategy::Purchase,
};

/// Where a schedule was saved, and what can be done with it.
#[derive(Clone, Debug, Default)]
pub struct Saved(Vec<(&'static str, String)>);

impl Saved {
    /// In this file; `arguments` name the Lua script that it is about on the command line, if it is about one.
    #[must_use]
    pub fn new(path: &Path, schedule: &Schedule, arguments: Option<&str>) -> Self {
        let replay = how_to_replay(path, schedule, arguments);
        Self(vec![("saved", shown(path)), ("replay", visible(&replay).into_owned())])
    }
}

/// What to run, or to write in a test, to execute the schedule in `file` on a real server.
pub(super) fn how_to_replay(file: &Path, schedule: &Schedule, arguments: Option<&str>) -> String {
    if let Some(arguments) = arguments {
        return format!("oversell replay {} {arguments}", quoted(file));
    }
    let strategy = &schedule.setup.strategy;
    let Info { name, key, .. } = strategy.info();
    if key.is_none() && is_of_catalogue(strategy) {
        return format!("oversell replay {}", quoted(file));
    }
    // A function's own name can be copied; that of a `Strategy` may be no word of Rust.
    let (code, what) = if name.contains(|letter: char| !letter.is_alphanumeric() && letter != '_') {
        ("CODE", " (CODE: what was proved)")
    } else {
        (name.as_str(), "")
    };
    format!("oversell::replay({file:?}, {code}).assert_breaks().await{what}")
}

/// The broken promise and the schedule that breaks it, in columns. Empty when nothing is broken.
#[must_use]
pub fn explanation(proven: &Proven, saved: &Saved, style: &Style) -> String {
    match &proven.schedule {
        Some(schedule) => show(schedule, &schedule.steps, saved, style),
        None => String::new(),
    }
}

/// The same of the steps as they went on a real server.
#[must_use]
pub fn replayed(schedule: &Schedule, steps: &[Step], style: &Style) -> String {
    show(schedule, steps, &Saved::default(), style)
}

fn show(schedule: &Schedule, steps: &[Step], saved: &Saved, style: &Style) -> String {
    let info = schedule.setup.strategy.info();
    scheduled::Scheduled {
        title: &info.title(),
        headline: &headline(schedule),
        bounds: &bounds(schedule),
        steps,
        why: &why(schedule, steps),
        fix: advice(schedule).as_deref(),
        saved: &saved.0,
    }
    .render(style)
}

/// What it is the shortest of.
pub(super) fn bounds(schedule: &Schedule) -> String {
    let setup = &schedule.setup;
    let sharing = match setup.strategy.info().sharing {
        Sharing::Shared => " over one shared connection",
        Sharing::Own => "",
    };
    let limit = setup.limit.map_or_else(String::new, |limit| {
        format!(", of which one buyer may have {}", number(limit))
    });
    format!(
        "the shortest of all schedules of {}{sharing}, from stock {}{limit}",
        counted(setup.clients.len() as u64, "client"),
        number(setup.stock)
    )
}

pub(super) fn headline(schedule: &Schedule) -> String {
    let what = match schedule.property {
        Property::NeverOversold => "sells more than it has",
        Property::LimitPerBuyer => "does not keep to what one buyer may have",
        Property::SoldOutIsTrue if is_refused(&schedule.steps) => "refuses while units are left",
        Property::SoldOutIsTrue => "says sold out while units are left",
        Property::Linearizable => "gives answers that no counter gives",
        Property::NoUnitLeaked => "loses count of its units",
        Property::EveryoneFinishes => "leaves clients waiting for ever",
    };
    let happens = |step: &Step| !matches!(step.action, Action::Step(_) | Action::Lapse(_));
    let under = match super::proven::fault_name(&schedule.setup).as_str() {
        "none" => String::new(),
        fault if schedule.steps.iter().any(happens) => format!(" (with {fault})"),
        fault => format!(" (no {fault} is needed)"),
    };
    format!("{what}, in {}{under}", counted(schedule.len() as u64, "step"))
}

/// Why the schedule breaks the promise, in a sentence.
pub(super) fn why(schedule: &Schedule, steps: &[Step]) -> String {
    let property = schedule.property;
    let initial = schedule.setup.stock;
    let stock = steps.last().and_then(|step| step.stock);
    let told = steps.last().map_or(0, |step| step.told);
    match (property, stock) {
        (Property::NoUnitLeaked, Some(stock)) => {
            let there = initial + restocked(steps);
            return format!(
                "Of {} {} {} told to be bought, and the stock is {} at the end: that does not add up, and no \
                 operation of unknown outcome accounts for it.",
                units(there),
                number(told),
                if told == 1 { "was" } else { "were" },
                signed(stock),
            );
        }
        (Property::EveryoneFinishes, _) => {
            return "Whatever is done next, some client goes round in circles for ever: nothing that it waits for can still \
                    happen."
                .to_string();
        }
        _ => {}
    }
    let inspection = inspect(&history(&schedule.setup, steps), &Limits::default());
    let Some(found) = inspection.findings.first() else {
        // The monitor has seen what the checker has not: this is never to be passed over.
        return format!(
            "{} (the checker of histories does not confirm this: please report it)",
            property.broken()
        );
    };
    // The clock of this history counts steps.
    let sentence = found.finding.sentence();
    let mut why = sentence.replace("at event ", "at step ").replace("(events ", "(steps ");
    // A history does not know that the units were taken away.
    let is_gone = |step: &Step| {
        matches!(
            step.action,
            Action::Lapse(_) | Action::Expire(_) | Action::Evict(_) | Action::Failover(_)
        )
    };
    if steps.iter().any(is_gone) {
        why = why.replace(" there the whole time", " not sold");
    }
    match steps.last().and_then(|step| step.client) {
        Some(client) if property == Property::SoldOutIsTrue && found.finding.kind() != Kind::FalseSoldOut => format!(
            "{} {} was {} at step {}, when {} of {} were told to be bought: whatever \
             else had been asked for by then, enough was left. The answers make no sense without that, either: {why}",
            if schedule.setup.limit.is_some() {
                "Client"
            } else {
                "Buyer"
            },
            client + 1,
            if is_refused(steps) { "refused" } else { "told sold out" },
            steps.len(),
            number(told),
            units(initial),
        ),
        _ => why,
    }
}

/// Does the last answer leave open why nothing was sold?
fn is_refused(steps: &[Step]) -> bool {
    let answer = steps.last().and_then(|step| step.answer.as_ref());
    matches!(answer, Some(Answer::Purchase(Purchase::Refused)))
}

/// What the checker of histories says of the answers in these steps of such a setup: a second opinion, and the judge of a replay.
#[must_use]
pub fn verdict_on(setup: &Setup, steps: &[Step]) -> Conclusion {
    examine(&history(setup, steps), &Limits::default()).conclusion
}

/// Units put back in these steps.
pub(crate) fn restocked(steps: &[Step]) -> u64 {
    steps.iter().map(Step::restocks).sum()
}
