//! A schedule as the page takes it.

use std::path::Path;

use oversell_models::explorer::Property;

use super::{
    Schedule,
    advice::advice,
    explain::{bounds, headline, how_to_replay, why},
    play::{follow, names},
};
use crate::report::page::{Code, Scenario, Scheduled};

/// The schedule in this file as a scenario of a page. `code` is that of a purchase, where it is known; `arguments` name the
/// script that it is about, if it is about one.
#[must_use]
pub fn scenario(path: &Path, schedule: &Schedule, code: Option<&Code>, arguments: Option<&str>) -> Scenario {
    let setup = &schedule.setup;
    let info = setup.strategy.info();
    let name = path.display().to_string();
    let bounds = format!("{}, that breaks this promise", bounds(schedule));
    let mut reasons = vec![("why", why(schedule, &schedule.steps))];
    if let Some(advice) = advice(schedule) {
        reasons.push(("fix", advice));
    }
    reasons.push(("replay", how_to_replay(path, schedule, arguments)));
    let mut at = vec![None; setup.clients.len()];
    let mut lines = Vec::new();
    for step in &schedule.steps {
        let (line, after) = follow(code, &at, step);
        at.clone_from(&after);
        lines.push((line, after));
    }
    let scheduled = Scheduled {
        kind: schedule.property.broken(),
        headline: &headline(schedule),
        bounds: &bounds,
        reasons,
        clients: names(setup),
        stock: setup.stock,
        steps: &schedule.steps,
        wrong: wrong(schedule.property),
        code: code.cloned(),
        lines,
    };
    Scenario {
        name,
        title: info.title(),
        promise: schedule.property.name().to_string(),
        case: scheduled.case(),
    }
}

/// What is wrong at the end of a schedule, in the fewest words.
const fn wrong(property: Property) -> &'static str {
    match property {
        Property::NeverOversold => "no such unit",
        Property::LimitPerBuyer => "not within the limit",
        Property::SoldOutIsTrue => "enough was left",
        Property::Linearizable => "no counter says this",
        Property::NoUnitLeaked => "the stock does not add up",
        Property::EveryoneFinishes => "nobody gets on from here",
    }
}
