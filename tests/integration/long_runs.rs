//! Runs whose record goes to the disk while they go on.

use std::{
    fs::{self, File},
    io::BufReader,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use oversell::{
    server::Server,
    strategy,
    stress::{CutShort, Workload},
    trial::{Report, Stress},
};
use oversell_checker::{
    engines::Limits,
    examine::{Conclusion, examine},
    history::{self, Compression, History},
};
use serde_json::Value;

fn read(path: &Path) -> History {
    let file = File::open(path).unwrap();
    let (history, warnings) = history::read(&path.display().to_string(), BufReader::new(file)).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    history
}

async fn run(name: &str, folder: &Path, workload: Workload, change: impl FnOnce(Stress) -> Stress) -> Report {
    let entry = strategy::find(name).unwrap();
    let trial = Stress::of(entry.strategy)
        .workload(workload)
        .save_to(folder)
        .keep_passing(true);
    change(trial).run().await.unwrap()
}

#[tokio::test]
async fn the_file_of_a_run_holds_what_memory_holds() {
    let folder = tempfile::tempdir().unwrap();
    for (name, compression) in ["lua", "lpop", "naive", "one-each", "watch"]
        .into_iter()
        .zip(Compression::ALL.into_iter().cycle())
    {
        let workload = Workload {
            clients: 6,
            stock: 30,
            read_ratio: 0.1,
            rounds: Some(4),
            ..Workload::default()
        };
        let report = run(name, folder.path(), workload, |trial| trial.compressed(compression)).await;
        let saved = report.saved.as_ref().unwrap();
        assert_eq!(Compression::of(saved), Some(compression));
        assert_eq!(read(saved), report.history, "{name}");
    }
}

#[tokio::test]
async fn items_that_were_let_go_were_checked() {
    let folder = tempfile::tempdir().unwrap();
    for (name, wrong) in [
        ("lpop", false),
        ("naive", true),
        ("one-each", false),
        ("sismember-sadd", true),
    ] {
        let workload = Workload {
            stock: 20,
            rounds: Some(60),
            ..Workload::default()
        };
        let report = run(name, folder.path(), workload, |trial| trial.most_held(200)).await;
        assert!(report.beyond.keys > 0, "{name}");
        let whole = read(report.saved.as_ref().unwrap());
        assert_eq!(whole.keys() as u64, report.outcome.rounds);
        let expected = examine(&whole, &Limits::default());
        assert_eq!(report.conclusion(), expected.conclusion, "{name}");
        assert_eq!(report.violations(), expected.violations.len() as u64, "{name}");
        assert_eq!(report.finding().is_some(), wrong, "{name}");
    }
}

#[tokio::test]
async fn an_item_that_is_too_long_goes_on_being_checked() {
    let folder = tempfile::tempdir().unwrap();
    for (name, expected) in [
        ("lua", Conclusion::Linearizable),
        ("one-each", Conclusion::Linearizable),
        ("get-set", Conclusion::Violation),
    ] {
        let workload = Workload {
            stock: 1_000_000,
            read_ratio: 0.1,
            restock_ratio: 0.05,
            operations: Some(6000),
            ..Workload::default()
        };
        let report = run(name, folder.path(), workload, |trial| trial.most_held(1)).await;
        let whole = read(report.saved.as_ref().unwrap());
        // The last look at the stock comes on top.
        assert_eq!(whole.operations(), 6001, "{name}");
        assert_eq!(report.conclusion(), expected, "{name}");
        assert_eq!(
            report.history.operations() == 0,
            expected == Conclusion::Linearizable,
            "{name}: what passes is let go"
        );
        if expected == Conclusion::Violation {
            let found = report.finding().expect("it is explained");
            assert!(!found.finding.sentence().is_empty());
        }
    }
}

#[tokio::test]
async fn a_run_stops_at_its_first_violation() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["naive", "sismember-sadd"] {
        let workload = Workload {
            operations: Some(1_000_000),
            ..Workload::default()
        };
        let report = run(name, folder.path(), workload, |trial| trial.stop_on_violation(true)).await;
        assert!(
            matches!(report.outcome.cut_short, Some(CutShort::AtViolation)),
            "{name}"
        );
        assert_eq!(report.conclusion(), Conclusion::Violation, "{name}");
        assert!(report.outcome.totals.operations < 100_000, "{name}");
    }
}

/// The one history in this folder, once it is longer than this.
fn wait_for_history(folder: &Path, bytes: u64) -> PathBuf {
    let start = Instant::now();
    loop {
        let mut files = fs::read_dir(folder).into_iter().flatten();
        if let Some(Ok(file)) = files.next()
            && file.metadata().unwrap().len() > bytes
        {
            return file.path();
        }
        assert!(start.elapsed() < Duration::from_secs(60), "nothing was written");
        thread::sleep(Duration::from_millis(20));
    }
}

fn oversell(arguments: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("oversell"));
    command
        .args(arguments)
        .env_remove("OVERSELL_REDIS_URL")
        .stdin(Stdio::null());
    command
}

#[test]
fn what_a_killed_process_leaves_is_a_history() {
    for compress in ["none", "gzip", "zstd"] {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().display().to_string();
        let mut command = oversell(&["run", "lua", "--for=60s", "--stock=1000000000", "--out", &out]);
        command.args(["--compress", compress]).stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        let path = wait_for_history(folder.path(), 20_000);
        child.kill().unwrap();
        child.wait().unwrap();
        let checked = oversell(&["check", "--json", path.to_str().unwrap()]).output().unwrap();
        let said = String::from_utf8_lossy(&checked.stderr);
        assert_eq!(checked.status.code(), Some(0), "{compress}: {said}");
        let line: Value = serde_json::from_slice(&checked.stdout).unwrap();
        assert!(line["operations"].as_u64().unwrap() > 50, "{compress}: {line}");
    }
}

/// `oversell run` on this server, whose files may have so many blocks: as good as a full disk.
fn run_on_a_full_disk(folder: &Path, blocks: u32, server: &Server) -> Output {
    let (out, url) = (folder.display().to_string(), server.target().url());
    let endless = ["run", "lua", "--for", "60s", "--stock", "1000000000"];
    let run = oversell(&[&endless[..], &["--out", &out, "--redis", &url]].concat());
    let mut limited = Command::new("sh");
    limited.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""), "sh"]);
    limited
        .arg(run.get_program())
        .args(run.get_args())
        .env_remove("OVERSELL_REDIS_URL");
    limited.stdin(Stdio::null()).output().unwrap()
}

#[test]
fn a_disk_that_is_full_from_the_start_is_an_error_that_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let output = run_on_a_full_disk(folder.path(), 0, &Server::start().unwrap());
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("failed to save the history in"), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{said}");
}

#[test]
fn a_full_disk_is_an_error_and_what_was_written_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let output = run_on_a_full_disk(folder.path(), 400, &Server::start().unwrap());
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("failed to save the history in"), "{said}");
    assert!(said.contains("what had been written is in"), "{said}");
    let path = wait_for_history(folder.path(), 0);
    let checked = oversell(&["check", path.to_str().unwrap()]).output().unwrap();
    assert_eq!(
        checked.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&checked.stderr)
    );
}
