//! Schedules of the model on a real server.
//!
//! Every broken schedule a hundred times: `OVERSELL_REPLAYS=100 cargo test --test integration every_schedule --
//! --nocapture`, with `OVERSELL_REDIS_SERVER` for another server.

use std::env;

use oversell::{
    prove::{Fault, Schedule},
    replay::{ReplayError, replay},
    server::{Server, Target},
    strategy::{self, catalogue},
};
use oversell_models::explorer::{Action, Interleavings, Property, Setup};
use oversell_spec::stock::StockOp;
use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};

use crate::prove::{cell, strategy_named};

async fn flush(target: &Target) {
    let mut link = target.connect().await.unwrap();
    redis::cmd("SCRIPT").arg("FLUSH").exec_async(&mut link).await.unwrap();
}

/// Broken cells of the whole table.
const BROKEN: usize = 76;

/// Replays of each schedule in an ordinary run.
const REPLAYS: u32 = 2;

#[tokio::test]
async fn every_schedule_that_breaks_the_model_breaks_the_real_server() {
    let asked: Option<u32> = env::var("OVERSELL_REPLAYS").ok().and_then(|count| count.parse().ok());
    let times = asked.unwrap_or(REPLAYS);
    let server = Server::start().unwrap();
    let version = server.target().version().await.unwrap();
    let (mut schedules, mut lacking) = (0, Vec::new());
    for entry in catalogue() {
        let name = entry.strategy.info().name;
        for fault in std::iter::once(None).chain(Fault::ALL.into_iter().map(Some)) {
            let Some(schedule) = cell(&name, fault).run().unwrap().schedule else {
                continue;
            };
            let what = format!("{name} under {}", fault.map_or("no fault", Fault::name));
            let mut broke = 0;
            while broke < times {
                flush(server.target()).await;
                let outcome = match replay(&schedule, server.target(), "stock").await {
                    Ok(outcome) => outcome,
                    // Some commands are newer than the server at hand.
                    Err(ReplayError::Lacking(_)) => break,
                    Err(error) => panic!("{what}: {error}"),
                };
                assert!(outcome.agrees(), "{what}: {:#?}", outcome.differences);
                assert!(outcome.breaks(&schedule), "{what}");
                broke += 1;
            }
            if broke == 0 {
                lacking.push(what);
                continue;
            }
            schedules += 1;
            if asked.is_some() {
                eprintln!("{what}: {broke} of {times} broke `{}` on {version}", schedule.property);
            }
        }
    }
    if asked.is_some() {
        eprintln!("{schedules} schedules, each {times} times; not to be had on {version}: {lacking:?}");
    }
    // All strategies but those whose command this server may not have.
    let known = |what: &String| what.starts_with("ifeq ") || what.starts_with("increx ");
    assert!(lacking.iter().all(known), "{lacking:?}");
    assert_eq!(schedules + lacking.len(), BROKEN);
}

/// A walk through the model that takes any way.
fn wander(setup: &Setup, random: &mut SmallRng) -> Vec<Action> {
    let model = Interleavings::new(setup.clone()).unwrap();
    let mut state = model.first().clone();
    let mut path = Vec::new();
    while path.len() < 40 {
        let actions = model.possible(&state);
        if actions.is_empty() {
            break;
        }
        let action = actions[random.random_range(0..actions.len())];
        state = model.after(&state, action).unwrap();
        path.push(action);
    }
    path
}

#[tokio::test]
async fn random_schedules_get_equal_replies_from_the_model_and_the_server() {
    let server = Server::start().unwrap();
    let mut random = SmallRng::seed_from_u64(7);
    for entry in catalogue() {
        let info = entry.strategy.info();
        for fault in std::iter::once(None).chain(Fault::ALL.into_iter().map(Some)) {
            for round in 0..3 {
                let buy = StockOp::Buy { quantity: 1 };
                let mut clients = vec![vec![buy, buy], vec![buy, StockOp::Read], vec![buy]];
                if info.restocks && round > 0 {
                    clients.push(vec![StockOp::Restock { quantity: 2 }]);
                }
                let setup = Setup {
                    clients,
                    symmetric: false,
                    faults: fault.into_iter().map(|fault| (fault, 2)).collect(),
                    lost_writes: 2,
                    ..Setup::new(strategy_named(&info.name), 0, 2)
                };
                let path = wander(&setup, &mut random);
                // Which promise it is about says nothing here.
                let schedule = Schedule::new(&setup, Property::Linearizable, &path).unwrap();
                flush(server.target()).await;
                match replay(&schedule, server.target(), "stock").await {
                    Ok(outcome) => assert!(
                        outcome.agrees(),
                        "{} under {fault:?}: {:#?}\n{}",
                        info.name,
                        outcome.differences,
                        schedule.to_json()
                    ),
                    Err(ReplayError::Lacking(_)) => {}
                    Err(error) => panic!("{} under {fault:?}: {error}", info.name),
                }
            }
        }
    }
}

#[test]
fn a_schedule_is_the_same_after_saving_and_reading() {
    let folder = tempfile::tempdir().unwrap();
    for (name, fault) in [
        ("naive", None),
        ("lock", Some(Fault::Expiry)),
        ("retry-on-timeout", Some(Fault::LostReply)),
        ("lua", Some(Fault::Failover)),
        ("lpop", Some(Fault::Eviction)),
    ] {
        let schedule = cell(name, fault).run().unwrap().schedule.unwrap();
        let file = schedule.save(folder.path()).unwrap();
        assert_eq!(
            schedule.save(folder.path()).unwrap(),
            file,
            "the same content needs no second file"
        );
        let read = Schedule::read(&file, |name| strategy::find(name).map(|entry| entry.strategy)).unwrap();
        assert_eq!(read.steps, schedule.steps);
        assert_eq!(read.to_json(), schedule.to_json());
    }
}

#[test]
fn a_schedule_of_another_strategy_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let schedule = cell("naive", None).run().unwrap().schedule.unwrap();
    let file = schedule.save(folder.path()).unwrap();
    let other = Schedule::read(&file, |_| Some(strategy_named("get-set"))).expect_err("get-set does something else");
    assert!(
        other
            .to_string()
            .contains("the strategy is another one than when it was found"),
        "{other}"
    );
    for (wrong, reason) in [
        ("{", "is no schedule"),
        (
            r#"{"format":"oversell-schedule","version":2,"strategy":"naive","stock":1,"clients":[],"property":"x","steps":[]}"#,
            "version 2",
        ),
        (
            r#"{"format":"oversell-schedule","version":1,"strategy":"naive","stock":1,"clients":[],"property":"x","steps":[]}"#,
            "`property` is `x`",
        ),
        (
            r#"{"format":"oversell-schedule","version":1,"strategy":"naive","stock":1,"clients":[],"property":"never-oversold","steps":[{"do":"jump"}]}"#,
            "step 1: `do` is `jump`",
        ),
        (
            r#"{"format":"oversell-schedule","version":1,"strategy":"naive","stock":1,"clients":[],"property":"never-oversold","steps":[{"do":"command","client":1}]}"#,
            "step 1 of the schedule is not possible",
        ),
    ] {
        std::fs::write(&file, wrong).unwrap();
        let error = Schedule::read(&file, |name| strategy::find(name).map(|entry| entry.strategy)).unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
}
