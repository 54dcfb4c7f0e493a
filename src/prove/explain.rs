//! A schedule as an explanation.

use std::path::Path;

use oversell_checker::{
    counterexample::{Kind, number, signed, units},
    each,
    engines::Limits,
    examine::{Conclusion, examine, inspect},
    history::{
        Body, Clock, Command, Header, History, KeyHistory, OnSale, Operation, Response, Spec, Texts, quoted, shown,
        visible,
    },
};
use oversell_models::{
    explorer::{Action, Answer, Property, Setup, Step},
    strategy::Purchase,
};
use oversell_spec::{
    sales::{Buyer, SalesOp},
    stock::{StockOp, StockRet, Unit},
};

use super::{Proven, Schedule, file::is_of_catalogue};
use crate::{
    report::{
        counted,
        terminal::{Style, scheduled},
    },
    strategy::{Info, Sharing},
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
    let cure = cure(&info, steps).or_else(|| is_sequential(&schedule.setup, steps).then(|| NO_RACE.to_string()));
    scheduled::Scheduled {
        title: &info.title(),
        headline: &headline(schedule),
        bounds: &bounds(schedule),
        steps,
        why: &why(schedule, steps),
        fix: cure.as_deref(),
        saved: &saved.0,
    }
    .render(style)
}

/// What to write instead, or what else is wrong.
pub(super) fn cure(info: &Info, steps: &[Step]) -> Option<String> {
    let requests = steps.iter().filter_map(|step| step.request.as_ref());
    never_asked(info, requests.map(ToString::to_string))
        .or_else(|| Some(info.cure.clone()).filter(|cure| !cure.is_empty()))
        .or_else(|| {
            steps
                .iter()
                .find_map(|step| against(info, step.action))
                .map(str::to_string)
        })
}

/// What helps against a fault, where the code is as it should be without it.
const fn against(info: &Info, action: Action) -> Option<&'static str> {
    match action {
        Action::Lapse(_) if info.lasts => {
            Some("a stock with a time to live is lost when that is over: leave it without one as long as it is on sale")
        }
        Action::Expire(_) if info.lasts => Some(
            "what has a time to live is forgotten when that is over: give it one that is longer than the sale, or none",
        ),
        Action::Lapse(_) | Action::Expire(_) => Some(
            "a lease that runs out stops nobody who still believes in it: check and take in one step on the server (`lua`), or WATCH \
             the stock while the lock is held (`watch`)",
        ),
        Action::Evict(_) => Some(
            "what can be evicted protects nothing, and a stock that can be is none: keep both where `maxmemory-policy` is \
             `noeviction`",
        ),
        Action::Failover(_) => Some(
            "no client's code helps: what no replica has seen is lost with its server; let the server refuse writes without one \
             (`min-replicas-to-write`), and keep sales that matter in a database, too",
        ),
        _ => None,
    }
}

/// What helps where nobody else was there.
pub(crate) const NO_RACE: &str =
    "no purchase met another one, so this is no race: look at the condition itself, and at what each answer means";

/// Did each operation end before the next one began, without a fault?
fn is_sequential(setup: &Setup, steps: &[Step]) -> bool {
    let is_plain = |step: &Step| matches!(step.action, Action::Step(_));
    let in_turn = each!(history(setup, steps).body, keys => keys.iter().all(|key| {
        key.operations.windows(2).all(|pair| {
            let ended = pair[0].response.as_ref().map(|response| response.at);
            ended.is_some_and(|ended| ended < pair[1].invoked)
        })
    }));
    steps.iter().all(is_plain) && in_turn
}

/// Where the code names its key itself and none of these commands is about the one that the stock is at: it was forgotten,
/// most likely.
pub(crate) fn never_asked(info: &Info, mut commands: impl Iterator<Item = String>) -> Option<String> {
    let key = info.key.as_deref()?;
    let asked = commands.any(|command| command.split([' ', ';']).any(|word| word == key));
    (!asked).then(|| {
        format!(
            "nothing was asked about `{key}`, where the stock was put: if the code uses another key, name it with `key`; if its \
             stock is no counter, implement `Strategy`"
        )
    })
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
    let why = sentence.replace("at event ", "at step ").replace("(events ", "(steps ");
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

/// The schedule as a history. Its clock counts steps: an operation begins with its first command and ends with its last
/// reply.
fn history(setup: &Setup, steps: &[Step]) -> History {
    let mut names = Texts::new();
    let stock = setup.stock;
    let body = match setup.limit {
        None => Body::Stock(vec![key(stock, steps, &mut names, |op, _| op)]),
        Some(limit) => Body::Sales(vec![key(OnSale { stock, limit }, steps, &mut names, |op, buyer| {
            SalesOp {
                op,
                buyer: buyer.map(Buyer),
            }
        })]),
    };
    History {
        header: Header::new(Spec::Stock, stock),
        clock: Clock::Lines,
        body,
        units: names,
    }
}

fn key<Op, Initial>(
    initial: Initial,
    steps: &[Step],
    names: &mut Texts,
    asked: impl Fn(StockOp, Option<u32>) -> Op,
) -> KeyHistory<Op, StockRet, Initial> {
    let mut history = KeyHistory::new("", initial);
    // The operation that each client is in, and the number under which it acts.
    let mut open: Vec<Option<usize>> = Vec::new();
    let mut failed = Vec::new();
    for (place, step) in steps.iter().enumerate() {
        let Some(client) = step.client else { continue };
        open.resize(open.len().max(client + 1), None);
        // All of a step happens at one time, and steps at different ones: intervals are closed.
        let at = place as u64 + 1;
        if let Some(op) = step.begins {
            let again = history.operations.iter().filter(|other: &&Operation<Op, StockRet>| {
                other.process % 1000 == client as i64 + 1 && other.response.is_none()
            });
            // A process that never heard of its operation acts no more: the client goes on under another number.
            let process = client as i64 + 1 + 1000 * again.count() as i64;
            open[client] = Some(history.operations.len());
            history.operations.push(Operation {
                process,
                invoked: at,
                op: asked(op, step.buyer.as_deref().map(|buyer| names.intern(buyer))),
                response: None,
            });
        }
        let Some(operation) = open[client] else { continue };
        if let (Some(request), Some(reply)) = (&step.request, &step.reply) {
            let arrived = step.arrived();
            history.commands.push(
                operation,
                &Command {
                    sent: at,
                    received: arrived.then_some(at),
                    command: request.to_string().into(),
                    reply: arrived.then(|| reply.to_string().into()),
                },
            );
        }
        if let Some(answer) = &step.answer {
            open[client] = None;
            match answer.told(|unit| Unit(names.intern(unit))) {
                Some(ret) => history.operations[operation].response = Some(Response { at, ret }),
                None if step.without_effect => failed.push(operation as u32),
                None => {}
            }
        }
    }
    history.settle(failed);
    history
}
