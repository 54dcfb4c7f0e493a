//! What to write instead of what broke a promise.

use std::{cell::LazyCell, iter};

use oversell_checker::each;
use oversell_models::explorer::{Action, Arguments, Asked, Interleavings, Property, Step};

use super::{Schedule, history::history};
use crate::strategy::Info;

/// What helps where nobody else was there.
pub(crate) const NO_RACE: &str =
    "no purchase met another one, so this is no race: look at the condition itself, and at what each answer means";

/// What helps against this, as far as it is known.
pub(super) fn advice(schedule: &Schedule) -> Option<String> {
    let info = schedule.setup.strategy.info();
    // The code is as it was when the schedule was found.
    let asked = LazyCell::new(|| {
        Interleavings::new(schedule.setup.clone()).map_or_else(|_| Asked::default(), |model| model.asked_alone())
    });
    let requests = schedule.steps.iter().filter_map(|step| step.request.as_ref());
    let alone = iter::once_with(|| &asked.operations).flatten();
    let requests = requests.chain(alone).map(ToString::to_string);
    let cure = Some(&info.cure).filter(|cure| !cure.is_empty());
    let by_fault = || schedule.steps.iter().find_map(|step| against(step, &asked));
    never_asked(&info, requests)
        .or_else(|| cure.cloned())
        .or_else(|| left_behind(schedule))
        .or_else(by_fault)
        .or_else(|| is_sequential(schedule).then(|| NO_RACE.to_string()))
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

/// What helps against a fault, where the code is as it should be without it.
fn against(step: &Step, asked: &Asked) -> Option<String> {
    let key = step.key.as_deref().unwrap_or_default();
    let name = String::from_utf8_lossy(key);
    let is_stock = asked.of_stock.iter().any(|word| word == key);
    let is_lock = is_lock(key, asked);
    match step.action {
        Action::Lapse(_) | Action::Expire(_) if is_stock => Some(format!(
            "a stock with a time to live is lost when that is over: leave `{name}` without one as long as it is on sale"
        )),
        Action::Lapse(_) | Action::Expire(_) if is_lock => Some(
            "a lease that runs out stops nobody who still believes in it: check and take in one step on the server (`lua`), or WATCH \
             the stock while the lock is held (`watch`)"
                .to_string(),
        ),
        Action::Lapse(_) | Action::Expire(_) => Some(format!(
            "what has a time to live is forgotten when that is over: give `{name}` one that is longer than the sale, or none"
        )),
        Action::Evict(_) => {
            let what = if is_stock {
                "a stock that can be evicted is none"
            } else if is_lock {
                "a lock that can be evicted protects nothing"
            } else {
                "what can be evicted is forgotten"
            };
            Some(format!("{what}: keep `{name}` where `maxmemory-policy` is `noeviction`"))
        }
        Action::Failover(_) => Some(
            "no client's code helps: what no replica has seen is lost with its server; let the server refuse writes without one \
             (`min-replicas-to-write`), and keep sales that matter in a database, too"
                .to_string(),
        ),
        _ => None,
    }
}

/// Is this key taken by whoever finds it free, and given back?
fn is_lock(key: &[u8], asked: &Asked) -> bool {
    let mut commands = asked.operations.iter().flat_map(|request| request.commands());
    let releases = |command: &Arguments| {
        let name = command[0].to_ascii_uppercase();
        let removes = matches!(
            &name[..],
            b"DEL" | b"UNLINK" | b"GETDEL" | b"DELEX" | b"EVAL" | b"EVALSHA" | b"FCALL"
        );
        removes && command[1..].iter().any(|word| word == key)
    };
    commands.any(|command| takes(command).is_some_and(|taken| taken == key)) && commands.any(releases)
}

/// The key that this command takes if it is free.
fn takes(command: &Arguments) -> Option<&[u8]> {
    let name = command[0].to_ascii_uppercase();
    let if_free = |word: &Vec<u8>| word.eq_ignore_ascii_case(b"NX");
    let takes = name == b"SETNX" || name == b"SET" && command.iter().skip(3).any(if_free);
    command.get(1).filter(|_| takes).map(Vec::as_slice)
}

/// What a client that crashed has left for ever, where others wait for it.
fn left_behind(schedule: &Schedule) -> Option<String> {
    let crashed = schedule
        .steps
        .iter()
        .find(|step| matches!(step.action, Action::Crash(_) | Action::CrashAfter(_)))?;
    let own = schedule.steps.iter().filter(|step| step.client == crashed.client);
    let commands = own
        .filter_map(|step| step.request.as_ref())
        .flat_map(|request| request.commands());
    let for_ever = |command: &&Arguments| {
        let ends = |word: &Vec<u8>| {
            [&b"EX"[..], b"PX", b"EXAT", b"PXAT"]
                .iter()
                .any(|known| word.eq_ignore_ascii_case(known))
        };
        !command.iter().skip(3).any(ends)
    };
    let taken = commands
        .filter(for_ever)
        .find_map(takes)
        .filter(|_| schedule.property == Property::EveryoneFinishes)?;
    let key = String::from_utf8_lossy(taken);
    Some(format!(
        "`{key}` stays when whoever took it is gone: take it and give it a time to live in one command, `SET {key} … NX PX …`"
    ))
}

/// Did each operation end before the next one began, without a fault?
fn is_sequential(schedule: &Schedule) -> bool {
    let is_plain = |step: &Step| matches!(step.action, Action::Step(_));
    let in_turn = each!(history(&schedule.setup, &schedule.steps).body, keys => keys.iter().all(|key| {
        key.operations.windows(2).all(|pair| {
            let ended = pair[0].response.as_ref().map(|response| response.at);
            ended.is_some_and(|ended| ended < pair[1].invoked)
        })
    }));
    schedule.steps.iter().all(is_plain) && in_turn
}
