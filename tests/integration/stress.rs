//! Strategies under real contention on a real server.

use std::{sync::Arc, time::Duration};

use oversell::{
    server::{Server, Source},
    strategy::{self, AnyConnection, Context, Entry, Expected, Purchase},
    stress::{CutShort, Progress, StressError, Workload},
    trial::{Report, Stress, TrialError},
};
use oversell_checker::{
    examine::Conclusion,
    history::{Body, StockHistory},
};
use redis::AsyncCommands as _;
use tempfile::TempDir;

fn trial(server: &Server, entry: &Entry, workload: Workload) -> Stress {
    Stress::of(entry.strategy.clone())
        .workload(workload)
        .on(server.target(), Some(Source::Path))
}

async fn finish(trial: Stress) -> Result<Report, TrialError> {
    let folder = TempDir::new().unwrap();
    trial.save_to(folder.path()).run().await
}

async fn run(server: &Server, entry: &Entry, workload: Workload) -> Result<Report, TrialError> {
    finish(trial(server, entry, workload)).await
}

fn keys(report: &Report) -> &[StockHistory] {
    match &report.history.body {
        Body::Stock(keys) => keys,
        _ => panic!("it is about stock"),
    }
}

fn assert_linearizable(name: &str, report: &Report) {
    assert_eq!(
        report.conclusion(),
        Conclusion::Linearizable,
        "{name}: {:?}",
        report.finding()
    );
}

/// The strategies of the catalogue that this server supports.
async fn supported(server: &Server, expected: Expected) -> Vec<Entry> {
    let mut entries = Vec::new();
    for entry in strategy::catalogue() {
        if entry.strategy.info().expected != expected {
            continue;
        }
        let one = Workload {
            clients: 1,
            stock: 1,
            rounds: Some(1),
            ..Workload::default()
        };
        match run(server, &entry, one).await {
            Ok(_) => entries.push(entry),
            Err(TrialError::Stress(StressError::Unsupported(_))) => {}
            Err(error) => panic!("{}: {error}", entry.strategy.info().name),
        }
    }
    entries
}

#[tokio::test]
async fn safe_strategies_never_oversell_and_are_linearizable() {
    let server = Server::start().unwrap();
    let entries = supported(&server, Expected::Safe).await;
    assert!(
        entries.len() >= 5,
        "lpop, watch, lua, function and lock need no new server"
    );
    for entry in &entries {
        for (seed, read_ratio) in [(1, 0.0), (2, 0.2), (3, 0.5)] {
            let workload = Workload {
                seed,
                read_ratio,
                stock: 40,
                rounds: Some(5),
                ..Workload::default()
            };
            let report = run(&server, entry, workload).await.unwrap();
            let name = entry.strategy.info().name;
            assert_eq!(report.outcome.totals.oversold, 0, "{name}");
            assert_eq!(report.outcome.totals.leaked, 0, "{name}");
            assert_eq!(report.outcome.totals.units_sold, 200, "{name} sells what there is");
            assert_eq!(report.outcome.totals.final_stock, Some(0), "{name}");
            assert_linearizable(&name, &report);
        }
    }
}

#[tokio::test]
async fn safe_strategies_stay_linearizable_with_quantities_and_restocks() {
    let server = Server::start().unwrap();
    for entry in supported(&server, Expected::Safe).await {
        let workload = Workload {
            clients: 6,
            stock: 20,
            quantity: 1..=3,
            restock_ratio: 0.1,
            operations: Some(400),
            ..Workload::default()
        };
        let report = run(&server, &entry, workload).await.unwrap();
        let name = entry.strategy.info().name;
        assert_eq!(
            (report.outcome.totals.oversold, report.outcome.totals.leaked),
            (0, 0),
            "{name}"
        );
        assert_linearizable(&name, &report);
    }
}

#[tokio::test]
async fn broken_strategies_are_caught() {
    let server = Server::start().unwrap();
    let entries = supported(&server, Expected::Broken).await;
    assert_eq!(entries.len(), 8);
    for entry in &entries {
        let report = run(&server, entry, Workload::provoking(&entry.provocation))
            .await
            .unwrap();
        let name = entry.strategy.info().name;
        assert_eq!(
            report.conclusion(),
            Conclusion::Violation,
            "{name}: {:?}",
            report.outcome.totals
        );
        // These lie, or sell one buyer too many, but never what they have not.
        let oversells = !["decr-compensate", "sismember-sadd"].contains(&name.as_str());
        assert_eq!(report.outcome.totals.oversold > 0, oversells, "{name}");
    }
}

#[tokio::test]
async fn every_operation_of_a_run_is_in_its_history() {
    let server = Server::start().unwrap();
    let entry = strategy::find("lua").unwrap();
    let workload = Workload {
        read_ratio: 0.3,
        operations: Some(500),
        stock: 1_000_000,
        ..Workload::default()
    };
    let report = run(&server, &entry, workload).await.unwrap();
    // The last look at the stock comes on top.
    assert_eq!(report.outcome.totals.operations, 501);
    let key = &keys(&report)[0];
    assert_eq!(key.operations.len(), 501);
    assert!(key.operations.is_sorted_by_key(|operation| operation.invoked));
    for (index, operation) in key.operations.iter().enumerate() {
        let response = operation.response.unwrap();
        assert!(response.at >= operation.invoked);
        let commands: Vec<_> = key.commands.of(index).collect();
        assert!(!commands.is_empty(), "operation {index} has no commands");
        for command in commands {
            assert!(operation.invoked <= command.sent);
            assert!(command.received.unwrap() <= response.at);
        }
    }
}

#[tokio::test]
async fn a_run_stops_when_its_time_is_used_up() {
    let server = Server::start().unwrap();
    let workload = Workload {
        stock: u64::from(u32::MAX),
        duration: Some(Duration::from_millis(100)),
        ..Workload::default()
    };
    let report = run(&server, &strategy::find("lua").unwrap(), workload).await.unwrap();
    assert_eq!(keys(&report).len(), 1);
    assert!(report.outcome.totals.operations > 0);
    assert_linearizable("lua", &report);
}

#[tokio::test]
async fn a_stopped_run_keeps_what_was_recorded() {
    let server = Server::start().unwrap();
    let progress = Arc::new(Progress::default());
    let workload = Workload {
        stock: u64::from(u32::MAX),
        ..Workload::default()
    };
    let stop = async {
        while progress.operations() < 200 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        progress.stop();
    };
    let lua = strategy::find("lua").unwrap();
    let run = finish(trial(&server, &lua, workload).progress(&progress));
    let (report, ()) = tokio::join!(run, stop);
    let report = report.unwrap();
    assert!(report.outcome.totals.operations >= 200);
    assert_eq!(report.outcome.cut_short, Some(CutShort::OnRequest));
    assert_linearizable("lua", &report);
}

/// Buys with `BLPOP` of a token that never comes: each operation hangs until the client gives up.
fn hanging() -> Entry {
    let buy = async |con: &mut AnyConnection<'_>, cx: &Context<'_>, _: u64| {
        let () = con.decr(cx.key(), 1).await?;
        let () = con.blpop(cx.subkey("nothing"), 60.0).await?;
        Ok(Purchase::bought())
    };
    strategy::from_fn("hanging", buy).into()
}

#[tokio::test]
async fn a_client_that_waits_in_vain_goes_on_under_a_new_number() {
    let server = Server::start().unwrap();
    let workload = Workload {
        clients: 2,
        operations: Some(6),
        timeout: Duration::from_millis(50),
        ..Workload::default()
    };
    let report = run(&server, &hanging(), workload).await.unwrap();
    assert_eq!(report.outcome.totals.unknown, 6);
    let key = &keys(&report)[0];
    let mut processes: Vec<i64> = key
        .operations
        .iter()
        .filter(|operation| operation.response.is_none())
        .map(|operation| operation.process)
        .collect();
    processes.sort_unstable();
    processes.dedup();
    assert_eq!(processes.len(), 6, "after an unknown outcome a process acts no more");
    assert!(key.unknown.iter().all(|unknown| &*unknown.why == "timed out"));
    // The units are gone and nobody was told: the final read shows it, and the verdict stays honest.
    assert_eq!(report.outcome.totals.leaked, 6);
    assert_linearizable("hanging", &report);
}

#[tokio::test]
async fn connections_closed_by_the_server_make_operations_unknown_and_the_clients_go_on() {
    let server = Server::start().unwrap();
    let progress = Arc::new(Progress::default());
    let workload = Workload {
        clients: 8,
        stock: 1_000_000,
        duration: Some(Duration::from_millis(600)),
        ..Workload::default()
    };
    let lua = strategy::find("lua").unwrap();
    let run = finish(trial(&server, &lua, workload).progress(&progress));
    let killer = async {
        let mut link = server.target().connect().await.unwrap();
        // Not while they are still getting ready.
        while progress.operations() < 100 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let mut killed = 0;
        while killed < 8 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let these: i64 = redis::cmd("CLIENT")
                .arg("KILL")
                .arg("TYPE")
                .arg("normal")
                .arg("SKIPME")
                .arg("yes")
                .query_async(&mut link)
                .await
                .unwrap();
            killed += these;
        }
        progress.operations()
    };
    let (report, at_kill) = tokio::join!(run, killer);
    let report = report.unwrap();
    assert!(report.outcome.totals.operations > at_kill, "the clients went on");
    assert!(report.outcome.totals.unknown > 0, "{:?}", report.outcome.totals);
    assert_eq!(report.outcome.totals.oversold, 0);
    assert_linearizable("lua", &report);
}

#[tokio::test]
async fn a_server_killed_in_the_middle_of_a_run_ends_it_with_an_honest_verdict() {
    let mut server = Server::start().unwrap();
    let progress = Arc::new(Progress::default());
    let workload = Workload {
        clients: 4,
        stock: 1_000_000,
        ..Workload::default()
    };
    let lua = strategy::find("lua").unwrap();
    let run = finish(trial(&server, &lua, workload).progress(&progress));
    let killer = async {
        while progress.operations() < 200 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.kill();
    };
    let (report, ()) = tokio::join!(run, killer);
    let report = report.unwrap();
    assert!(report.outcome.server_lost(), "{:?}", report.outcome.cut_short);
    // A client may be taken on once more by a server that is about to die.
    let totals = report.outcome.totals;
    assert!(totals.unknown > 0, "{totals:?}");
    assert_eq!(totals.bought + totals.unknown, totals.operations, "{totals:?}");
    assert_eq!(report.outcome.totals.final_stock, None);
    assert_linearizable("lua", &report);
}

#[tokio::test]
async fn an_error_reply_that_did_nothing_is_left_out_and_a_strategy_that_only_fails_is_reported() {
    let server = Server::start().unwrap();
    let wrong = strategy::from_fn(
        "wrong",
        async |con: &mut AnyConnection<'_>, cx: &Context<'_>, _: u64| {
            let () = con.lpop(cx.key(), None).await?;
            Ok(Purchase::SoldOut)
        },
    );
    let error = run(&server, &wrong.into(), Workload::default()).await.unwrap_err();
    assert!(
        matches!(error, TrialError::Stress(StressError::NothingWorked { .. })),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("WRONGTYPE") || error.to_string().contains("wrong kind"),
        "{error}"
    );
}

#[tokio::test]
async fn runs_side_by_side_on_one_server_do_not_meet() {
    let server = Server::start().unwrap();
    let workload = Workload {
        rounds: Some(10),
        ..Workload::default()
    };
    let lua = strategy::find("lua").unwrap();
    // As on a server of somebody else's: keys with a prefix of their own.
    let side = || finish(trial(&server, &lua, workload.clone()).on(server.target(), None));
    let (one, two) = (side(), side());
    let (one, two) = tokio::join!(one, two);
    for report in [one.unwrap(), two.unwrap()] {
        assert_eq!(report.outcome.totals.units_sold, 1000);
        assert_linearizable("lua", &report);
    }
}

#[tokio::test]
async fn no_key_is_left_behind() {
    let server = Server::start().unwrap();
    let mut link = server.target().connect().await.unwrap();
    let () = link.set("theirs", "untouched").await.unwrap();
    let mut entries = supported(&server, Expected::Safe).await;
    entries.extend(supported(&server, Expected::Broken).await);
    for entry in entries {
        let workload = Workload {
            rounds: Some(2),
            stock: 5,
            ..Workload::provoking(&entry.provocation)
        };
        run(&server, &entry, workload).await.unwrap();
        let keys: Vec<String> = link.keys("*").await.unwrap();
        assert_eq!(keys, ["theirs"], "{}", entry.strategy.info().name);
    }
    let functions: Vec<redis::Value> = redis::cmd("FUNCTION").arg("LIST").query_async(&mut link).await.unwrap();
    assert!(functions.is_empty(), "{functions:?}");
}
