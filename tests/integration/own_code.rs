//! Functions of the user's own, as closures: proved, stressed, and their schedules replayed on a real server.
#![allow(clippy::redundant_closure, reason = "the form that users see in the documentation")]

use std::{path::PathBuf, time::Duration};

use assert_cmd::Command;
use oversell::{
    prove::{Conclusion, Fault, Misuse, Property},
    replay::ReplayError,
    server::Server,
    strategy::{self, AnyConnection, Context, OwnConnection, Purchase},
    trial::TrialError,
};
use oversell_checker::examine::Conclusion as Told;
use predicates::prelude::*;
use redis::{AsyncCommands, RedisError, RedisResult, aio::ConnectionLike};

/// Looks, then takes.
async fn racy(mut con: impl AsyncCommands) -> RedisResult<bool> {
    let left: i64 = con.get("stock:42").await?;
    if left < 1 {
        return Ok(false);
    }
    con.decr("stock:42", 1).await.map(|_: i64| true)
}

async fn guarded(con: &mut impl ConnectionLike, key: &str, quantity: u64) -> RedisResult<Purchase> {
    let take = "local left = tonumber(redis.call('GET', KEYS[1])) - ARGV[1]
                if left >= 0 then redis.call('SET', KEYS[1], left) end
                return left";
    let left: i64 = redis::cmd("EVAL")
        .arg(take)
        .arg(1)
        .arg(key)
        .arg(quantity)
        .query_async(con)
        .await?;
    Ok(if left < 0 {
        Purchase::SoldOut
    } else {
        Purchase::bought_leaving(left)
    })
}

fn saved(folder: &std::path::Path) -> PathBuf {
    let proven = oversell::prove(|con| racy(con))
        .named("racy")
        .key("stock:42")
        .run()
        .unwrap();
    proven.schedule.unwrap().save(folder).unwrap()
}

#[test]
fn every_form_is_explored() {
    for proven in [
        oversell::prove(|con| racy(con)).key("stock:42").run().unwrap(),
        oversell::prove(racy).key("stock:42").run().unwrap(),
        oversell::prove(async |con| racy(con).await)
            .key("stock:42")
            .run()
            .unwrap(),
    ] {
        assert_eq!(proven.broken(), Some(Property::NeverOversold));
        assert_eq!(proven.schedule.unwrap().len(), 4);
    }
    let one = |con: OwnConnection| async move { guarded(&mut con.clone(), con.key(), 1).await };
    let proven = oversell::prove(one).clients(3).stock(2).assert_proved();
    assert_eq!(proven.info.name, "every_form_is_explored");
    let many = async |mut con, quantity| guarded(&mut con, "here", quantity).await;
    oversell::prove(many).key("here").quantity(2).stock(3).assert_proved();
    let lent =
        async |con: &mut AnyConnection<'_>, cx: &Context<'_>, quantity: u64| guarded(con, cx.key(), quantity).await;
    oversell::prove(lent).clients(3).stock(2).assert_proved();
    oversell::prove(strategy::Lua).clients(3).stock(2).assert_proved();
    assert!(matches!(
        oversell::prove(one).quantity(2).run(),
        Err(Misuse::NotOffered(_))
    ));
}

/// WATCH, and again when somebody was faster: with `retry` and names that nobody else has.
async fn patient(mut con: OwnConnection) -> Result<bool, Box<dyn std::error::Error>> {
    let request = format!("{}:{}", con.key(), con.unique().await);
    loop {
        let () = redis::cmd("WATCH").arg(con.key()).query_async(&mut con).await?;
        let left: i64 = con.get(con.key().to_string()).await?;
        if left < 1 {
            let () = redis::cmd("UNWATCH").query_async(&mut con).await?;
            return Ok(false);
        }
        con.stall().await;
        let mut pipe = redis::pipe();
        pipe.atomic().decr(con.key(), 1).set(&request, "mine").ignore();
        let done: Option<(i64,)> = pipe.query_async(&mut con).await?;
        if done.is_some() {
            return Ok(true);
        }
        con.retry().await;
    }
}

#[tokio::test]
async fn retries_and_names_come_through_the_connection() {
    let proven = oversell::prove(patient).clients(3).stock(2).assert_proved();
    let plain = oversell::prove(strategy::Watch::default())
        .clients(3)
        .stock(2)
        .assert_proved();
    // Names tell clients apart, so they are not exchanged.
    assert!(proven.exploration.progress.unique_states > plain.exploration.progress.unique_states);
    let broken = oversell::prove(patient)
        .fault(Fault::Reconnect)
        .clients(3)
        .stock(2)
        .run()
        .unwrap();
    assert_eq!(broken.broken(), Some(Property::NeverOversold));
    let folder = tempfile::tempdir().unwrap();
    let report = oversell::stress(patient)
        .rounds(5)
        .stock(20)
        .save_to(folder.path())
        .run()
        .await
        .unwrap();
    assert_eq!(report.conclusion(), Told::Linearizable);
    assert_eq!(report.outcome.totals.bought, 100);
}

#[test]
fn what_a_closure_must_not_do_is_noticed() {
    let asleep = async |mut con: OwnConnection| {
        let left: i64 = con.decr("stock", 1).await?;
        std::future::pending::<()>().await;
        Ok::<_, RedisError>(left >= 0)
    };
    assert!(matches!(
        oversell::prove(asleep).run(),
        Err(Misuse::WaitsForItself { after: 1 })
    ));
    let failing = async |mut con: OwnConnection| {
        let left: i64 = con
            .decr("stock", 1)
            .await
            .map_err(|error: RedisError| error.to_string())?;
        if left < 0 {
            Err("no unit left".to_string())
        } else {
            Ok(true)
        }
    };
    let proven = oversell::prove(failing).run().unwrap();
    assert_eq!(
        proven.conclusion(),
        Conclusion::Violation,
        "an error after a DECR says nothing"
    );
}

/// Two requests at once over clones of the connection, and a request that nobody waits for any longer.
async fn hasty(con: OwnConnection) -> RedisResult<bool> {
    let (mut one, mut other) = (con.clone(), con.clone());
    let reads = tokio::join!(one.get::<_, i64>("stock"), other.exists::<_, bool>("stock"));
    let (left, there) = (reads.0?, reads.1?);
    assert!(there && left <= 40);
    let ping = redis::cmd("PING");
    tokio::select! {
        biased;
        _ = ping.query_async::<String>(&mut one) => {}
        () = std::future::ready(()) => {}
    }
    guarded(&mut other, "stock", 1)
        .await
        .map(|told| told != Purchase::SoldOut)
}

#[tokio::test]
async fn a_closure_may_ask_two_things_at_once_and_give_up_waiting() {
    oversell::prove(hasty).assert_proved();
    let folder = tempfile::tempdir().unwrap();
    let report = oversell::stress(hasty)
        .stock(40)
        .rounds(3)
        .timeout(Duration::from_secs(20))
        .save_to(folder.path())
        .run()
        .await
        .unwrap();
    assert_eq!(
        (report.conclusion(), report.outcome.totals.bought),
        (Told::Linearizable, 120)
    );
}

#[tokio::test]
async fn a_key_of_ones_own_is_never_used_on_a_named_server() {
    let server = Server::start().unwrap();
    let refused = oversell::stress(racy)
        .key("stock:42")
        .on(server.target(), None)
        .run()
        .await;
    assert!(matches!(refused, Err(TrialError::OwnKey(key)) if key == "stock:42"));
    let folder = tempfile::tempdir().unwrap();
    let refused = oversell::replay(saved(folder.path()), racy)
        .on(server.target(), true)
        .run()
        .await;
    assert!(matches!(refused, Err(ReplayError::OwnKey(_))), "{refused:?}");
    let mut link = server.target().connect().await.unwrap();
    assert_eq!(link.exists::<_, i64>("stock:42").await.unwrap(), 0);
}

#[tokio::test]
async fn a_schedule_of_ones_own_code_breaks_a_real_server_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = saved(folder.path());
    assert!(
        std::fs::read_to_string(&file)
            .unwrap()
            .contains("\"key\": \"stock:42\"")
    );
    let replays = oversell::replay(&file, |con| racy(con))
        .times(100)
        .assert_breaks()
        .await;
    assert_eq!(replays.broke(), 100);
    assert!(
        replays
            .outcomes
            .iter()
            .all(|outcome| outcome.agrees() && outcome.steps.last().unwrap().told == 2)
    );
}

#[tokio::test]
async fn other_code_than_that_of_the_schedule_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = saved(folder.path());
    let other = async |mut con| guarded(&mut con, "stock:42", 1).await;
    let refused = oversell::replay(&file, other).run().await.unwrap_err().to_string();
    assert!(refused.contains("another one than when it was found"), "{refused}");
    // The command line has only the file, and says where the code would have to be.
    Command::cargo_bin("oversell")
        .unwrap()
        .current_dir(folder.path())
        .args(["replay", file.to_str().unwrap()])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("racy).assert_breaks().await"));
}

#[test]
fn a_function_whose_stock_is_elsewhere_is_not_proved() {
    match oversell::prove(racy).run() {
        Err(Misuse::OnlyFails(why)) => assert!(why.contains("nil"), "{why}"),
        other => panic!("its key was not given: {other:?}"),
    }
}

#[tokio::test]
async fn a_schedule_of_ones_own_code_is_never_read_as_the_one_of_the_catalogue() {
    let folder = tempfile::tempdir().unwrap();
    let proven = oversell::prove(racy).named("naive").key("stock:42").run().unwrap();
    let file = proven.schedule.unwrap().save(folder.path()).unwrap();
    Command::cargo_bin("oversell")
        .unwrap()
        .args(["replay", file.to_str().unwrap()])
        .assert()
        .code(2)
        .stderr(predicate::str::contains(
            "code named `naive` that is not in the catalogue",
        ));
    oversell::replay(&file, racy).assert_breaks().await;
}

/// Gives back what it took too much, but nobody waits for that.
async fn forgetful(mut con: OwnConnection) -> RedisResult<bool> {
    let left: i64 = con.decr("stock", 1).await?;
    if left < 0 {
        let mut later = con.clone();
        drop(tokio::spawn(async move { later.incr::<_, _, i64>("stock", 1).await }));
        return Ok(false);
    }
    Ok(true)
}

#[tokio::test]
async fn a_connection_that_outlives_its_purchase_is_noticed() {
    for _ in ["in a runtime", "also in rayon's threads, where there is none"] {
        match oversell::prove(forgetful).run() {
            Err(Misuse::Panicked { message }) => assert!(message.contains("outlives the purchase"), "{message}"),
            other => panic!("{other:?}"),
        }
    }
    let stressed = tokio::spawn(async { oversell::stress(forgetful).stock(1).rounds(1).run().await.map(|_| ()) });
    let panic = stressed.await.unwrap_err().into_panic();
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap();
    assert!(text.contains("outlives the purchase"), "{text}");
}

#[test]
fn the_panic_says_how_to_replay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_path_buf();
    let panic = std::panic::catch_unwind(|| oversell::prove(racy).key("stock:42").save_to(path).assert_proved());
    let text = *panic.unwrap_err().downcast::<String>().unwrap();
    assert!(
        text.contains("racy-none.schedule.json") && text.contains("oversell::replay("),
        "{text}"
    );
    assert!(folder.path().join("racy-none.schedule.json").is_file());
}

#[test]
fn a_script_is_replayed_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("forgetful.lua");
    // A stock that was evicted is taken for none.
    let code = "local left = tonumber(redis.call('GET', KEYS[1]) or 0) - ARGV[1]\nif left < 0 then return 0 end\n\
                redis.call('SET', KEYS[1], left)\nreturn 1";
    std::fs::write(&script, code).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("oversell").unwrap();
        command.current_dir(folder.path()).args(arguments).assert().code(1)
    };
    let prove = [
        "prove",
        "--script",
        "forgetful.lua",
        "--key",
        "stock:{item}",
        "--faults",
        "eviction",
    ];
    run(&prove).stdout(predicate::str::contains(
        "oversell replay histories/failed/forgetful-eviction.schedule.json --script forgetful.lua --key 'stock:{item}'",
    ));
    let file = "histories/failed/forgetful-eviction.schedule.json";
    let arguments = [
        "replay",
        file,
        "--times",
        "5",
        "--script",
        "forgetful.lua",
        "--key",
        "stock:{item}",
    ];
    run(&arguments).stdout(predicate::str::contains("5 of 5 replays broke"));
}

/// Asks for a key that nobody has put anything at, and takes nothing for 0.
async fn elsewhere(mut con: impl AsyncCommands) -> RedisResult<bool> {
    let left: Option<i64> = con.get("stock:42").await?;
    if left.unwrap_or(0) < 1 {
        return Ok(false);
    }
    con.decr("stock:42", 1).await.map(|_: i64| true)
}

#[test]
fn a_proof_of_a_forgotten_key_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_path_buf();
    let panic = std::panic::catch_unwind(|| oversell::prove(elsewhere).save_to(path).assert_proved());
    let text = *panic.unwrap_err().downcast::<String>().unwrap();
    assert!(text.contains("nothing was asked about `stock`"), "{text}");
}

#[tokio::test]
async fn a_run_with_a_forgotten_key_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let report = oversell::stress(elsewhere)
        .rounds(1)
        .save_to(folder.path())
        .run()
        .await
        .unwrap();
    let text = report.explanation(&oversell::report::terminal::Style::default());
    assert_eq!(report.conclusion(), Told::Violation);
    assert!(text.contains("nothing was asked about `stock`"), "{text}");
}

/// `racy` of a stock that is not there: what `get` says then is no number, before which the connection is asked to watch.
async fn watching(mut con: impl AsyncCommands) -> RedisResult<bool> {
    let _: () = redis::cmd("WATCH").arg("stock:42").query_async(&mut con).await?;
    racy(con).await
}

#[tokio::test]
async fn a_run_in_which_every_purchase_fails_ends_with_the_error() {
    let folder = tempfile::tempdir().unwrap();
    let run = oversell::stress(watching).save_to(folder.path()).run();
    let error = tokio::time::timeout(Duration::from_secs(30), run)
        .await
        .unwrap()
        .unwrap_err();
    assert!(error.to_string().contains("needs `key`"), "{error}");
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "nothing to be looked at"
    );
}

#[tokio::test]
async fn a_run_in_which_nothing_is_answered_is_no_pass() {
    async fn never(mut con: impl AsyncCommands) -> Result<bool, String> {
        let _: i64 = con.incr("stock:tried", 1).await.map_err(|error| error.to_string())?;
        Err("the shop is closed".to_string())
    }
    let folder = tempfile::tempdir().unwrap();
    let run = oversell::stress(never).rounds(3).save_to(folder.path()).run().await;
    let error = run.unwrap_err().to_string();
    assert!(error.contains("the shop is closed"), "{error}");
}

#[test]
fn a_proof_about_nobody_is_refused() {
    for proof in [
        oversell::prove(racy).key("stock:42").clients(0),
        oversell::prove(racy).key("stock:42").operations(0),
    ] {
        assert_eq!(proof.run().unwrap_err(), Misuse::Idle);
    }
}

#[test]
fn code_that_has_a_name_of_the_catalogue_is_not_taken_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let mine = async |con: &mut AnyConnection<'_>, cx: &Context<'_>, _: u64| -> RedisResult<Purchase> {
        let left: i64 = con.get(cx.key()).await?;
        if left < 1 {
            return Ok(Purchase::SoldOut);
        }
        con.decr(cx.key(), 1).await.map(Purchase::bought_leaving)
    };
    let own = oversell::prove(strategy::from_fn("naive", mine)).run().unwrap();
    let path = own.schedule.unwrap().save(folder.path()).unwrap();
    let read = oversell::prove::Schedule::read(&path, |name| Some(strategy::find(name)?.strategy));
    assert!(read.unwrap_err().to_string().contains("not in the catalogue"));
    let theirs = oversell::prove(strategy::Naive).run().unwrap().schedule.unwrap();
    let path = theirs.save(folder.path()).unwrap();
    assert!(oversell::prove::Schedule::read(&path, |name| Some(strategy::find(name)?.strategy)).is_ok());
}

#[test]
fn a_schedule_whose_answers_or_stock_were_changed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let schedule = oversell::prove(strategy::Naive).run().unwrap().schedule.unwrap();
    let path = schedule.save(folder.path()).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    for (from, to, said) in [
        ("bought, 0 left", "bought, 1 left", "`told` is `bought, 1 left`"),
        ("\"stock\": -1", "\"stock\": 0", "`stock` is `0`"),
    ] {
        assert!(text.contains(from), "{text}");
        std::fs::write(&path, text.replace(from, to)).unwrap();
        let error = oversell::prove::Schedule::read(&path, |name| Some(strategy::find(name)?.strategy)).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
    }
}
