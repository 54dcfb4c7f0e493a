//! The program as a user runs it: what it prints, how it ends, what it leaves behind.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use oversell::server::Server;
use predicates::prelude::*;
use redis::AsyncCommands as _;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) fn oversell(folder: &Path) -> assert_cmd::Command {
    let mut command = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin!("oversell"));
    command.current_dir(folder).env_remove("OVERSELL_REDIS_URL");
    command
}

/// Runs it with these words as its arguments.
pub(crate) fn call(folder: &Path, words: &str) -> assert_cmd::assert::Assert {
    oversell(folder).args(words.split(' ')).assert()
}

pub(crate) fn spawn(folder: &Path, arguments: &[&str]) -> Child {
    Command::new(assert_cmd::cargo::cargo_bin!("oversell"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("OVERSELL_REDIS_URL")
        .env("TMPDIR", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

pub(crate) fn json_lines(output: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(output).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(crate) fn histories(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder.join("histories/failed")).map_or_else(
        |_| Vec::new(),
        |entries| entries.map(|entry| entry.unwrap().path()).collect(),
    )
}

/// Process numbers of servers whose folder is below `folder`.
pub(crate) fn servers_below(folder: &Path) -> Vec<u32> {
    let folder = folder.to_str().unwrap();
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
        .filter(|pid| {
            let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let command = String::from_utf8_lossy(&command).replace('\0', " ");
            // A server rewrites its command line to its name and its socket.
            command.contains(folder) && (command.contains("redis-server") || command.contains("valkey-server"))
        })
        .collect()
}

/// Sends it this signal.
pub(crate) fn kill(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

pub(crate) fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(20), "waited in vain until {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_main_job_finds_every_strategy_as_the_catalogue_says() {
    let folder = TempDir::new().unwrap();
    let assert = oversell(folder.path()).assert().success();
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    for name in ["lpop", "watch", "lua"] {
        let row = text.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap();
        assert!(row.contains("safe") && row.contains("linearizable"), "{row}");
    }
    let row = text.lines().find(|line| line.starts_with("naive ")).unwrap();
    assert!(row.contains("broken") && row.contains("caught"), "{row}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(!text.contains('\u{1b}'), "no colour in a pipe");
    assert_eq!(histories(folder.path()).len(), 8, "one file for each broken strategy");
}

#[test]
fn a_broken_strategy_is_caught_saved_read_back_and_found_violating_again() {
    let folder = TempDir::new().unwrap();
    for name in [
        "naive",
        "get-set",
        "multi-no-watch",
        "get-before-watch",
        "watch-shared",
        "decr-compensate",
        "lock-del",
        "sismember-sadd",
    ] {
        let assert = oversell(folder.path())
            .args(["run", name, "--json", "--seed", "7"])
            .assert()
            .code(1);
        let run = json_lines(&assert.get_output().stdout).remove(0);
        assert_eq!(run["strategy"], name);
        assert_eq!(run["expected"], "broken");
        assert_eq!(run["verdict"], "violation");
        assert_eq!(run["as_expected"], true);
        assert_eq!(run["seed"], 7);
        let operations = run["violation"]["counterexample"]["operations"].as_array().unwrap();
        assert!((1..=4).contains(&operations.len()), "{name}: {operations:?}");
        let file = run["history"].as_str().unwrap();
        let assert = oversell(folder.path()).args(["check", "--json", file]).assert().code(1);
        let check = json_lines(&assert.get_output().stdout).remove(0);
        assert_eq!(check["verdict"], "violation");
        assert_eq!(check["file"], file);
        assert!(!check["violations"][0]["kind"].as_str().unwrap().is_empty());
        let kinds: Vec<&Value> = check["violations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|found| &found["kind"])
            .collect();
        assert!(kinds.contains(&&run["violation"]["kind"]), "{name}: {kinds:?}");
    }
}

#[test]
fn a_safe_strategy_ends_with_0_and_leaves_no_file_unless_asked() {
    let folder = TempDir::new().unwrap();
    call(folder.path(), "run lua --rounds 2").success();
    assert!(histories(folder.path()).is_empty());
    let assert = call(folder.path(), "run lpop --rounds 2 --save all --json").success();
    let run = json_lines(&assert.get_output().stdout).remove(0);
    for (field, expected) in [("verdict", "linearizable"), ("expected", "safe")] {
        assert_eq!(run[field], expected);
    }
    for (field, expected) in [
        ("initial", 200),
        ("bought", 200),
        ("final_stock", 0),
        ("oversold", 0),
        ("leaked", 0),
    ] {
        assert_eq!(run[field], expected, "{field}");
    }
    assert!(run["latency_us"]["p50"].as_u64().unwrap() <= run["latency_us"]["p99"].as_u64().unwrap());
    assert!(run["violation"].is_null());
    let files = histories(folder.path());
    assert_eq!(files.len(), 1);
    oversell(folder.path()).arg("check").args(&files).assert().success();
    let header: Value = serde_json::from_str(fs::read_to_string(&files[0]).unwrap().lines().next().unwrap()).unwrap();
    assert_eq!(header["strategy"], "lpop");
    assert!(header["server"]["version"].is_string() && header["server"]["kind"].is_string());
}

/// No server that is fetched or packaged today has `INCREX`.
#[test]
fn a_strategy_that_was_named_and_skipped_is_no_pass() {
    let folder = TempDir::new().unwrap();
    call(folder.path(), "run increx")
        .code(4)
        .stdout(predicate::str::contains("increx was skipped"));
    let both = ["run", "increx", "naive", "--rounds", "20", "--explain", "short"];
    oversell(folder.path()).args(both).assert().code(1);
}

#[test]
fn more_clients_than_a_server_lets_wait_all_get_their_connection() {
    let folder = tempfile::tempdir().unwrap();
    call(folder.path(), "run lua --clients 700 --for 200ms").code(0);
}

#[test]
fn without_a_record_there_is_no_verdict() {
    let folder = TempDir::new().unwrap();
    let assert = call(folder.path(), "run lua --rounds 1 --record off --json").code(3);
    assert_eq!(json_lines(&assert.get_output().stdout)[0]["verdict"], "undecided");
}

#[test]
fn bad_usage_ends_with_2_and_says_what_was_expected() {
    let folder = TempDir::new().unwrap();
    for (arguments, part) in [
        ("run nosuch", "possible values: lpop, watch, lua"),
        ("run naiv", "a similar value exists: 'naive'"),
        ("run --for 0s", "more than no time"),
        ("run --stock -1", "invalid value '-1' for '--stock <N>'"),
        ("run --quantity 0", "at least 1"),
        ("run --quantity 3..1", "at least 1"),
        ("run --quantity 1000001", "at most 1000000"),
        ("run --seed 18446744073709551616", "from 0 to 18446744073709551615"),
        (
            "prove --faults none+all",
            "found `none` joined with others in `none+all`, expected it alone",
        ),
        (
            "--color never --clients 3 check x",
            "the subcommand 'check' cannot be used with '--clients <N>'",
        ),
        ("run --read-ratio 1.5", "from 0 to 1"),
        ("run --read-ratio 0.7 --restock-ratio 0.7", "at most 1"),
        ("run --clients 0", "from 1 to 4096"),
        ("run lua --redis nonsense", "expected redis://"),
        ("check", "required"),
        ("check missing.jsonl", "missing.jsonl"),
        ("nonsense", "nonsense"),
    ] {
        call(folder.path(), arguments)
            .code(2)
            .stdout("")
            .stderr(predicate::str::contains(part).and(predicate::str::contains("panicked").not()));
    }
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    call(folder.path(), "check empty")
        .code(2)
        .stderr(predicate::str::contains(".jsonl"));
}

#[test]
fn no_usable_server_ends_with_4_and_says_what_to_do() {
    let folder = TempDir::new().unwrap();
    call(folder.path(), "run lua --redis redis://127.0.0.1:1")
        .code(4)
        .stderr(predicate::str::contains("does not answer"));
    oversell(folder.path())
        .args(["run", "lua"])
        .env("OVERSELL_REDIS_SERVER", "/nowhere/redis-server")
        .assert()
        .code(4)
        .stderr(predicate::str::contains("/nowhere/redis-server"));
    // No server on PATH, no Python to fetch one with, an empty cache.
    oversell(folder.path())
        .args(["run", "lua"])
        .env("PATH", folder.path())
        .env("HOME", folder.path())
        .env_remove("OVERSELL_REDIS_SERVER")
        .env_remove("XDG_CACHE_HOME")
        .assert()
        .code(4)
        .stderr(predicate::str::contains("apt-get install redis-server").and(predicate::str::contains("brew")));
    // Something that is no server.
    oversell(folder.path())
        .args(["run", "lua"])
        .env("OVERSELL_REDIS_SERVER", "/bin/false")
        .assert()
        .code(4)
        .stderr(predicate::str::contains("did not come up"));
}

#[test]
fn histories_from_standard_input_and_folders_are_checked() {
    let folder = TempDir::new().unwrap();
    let good = "{\"format\":\"oversell-history\",\"version\":1,\"spec\":\"stock\",\"initial\":1}\n\
                {\"process\":1,\"type\":\"invoke\",\"f\":\"buy\",\"value\":1}\n\
                {\"process\":1,\"type\":\"ok\",\"f\":\"buy\",\"value\":{\"outcome\":\"bought\"}}\n";
    let bad = format!(
        "{good}{}",
        "{\"process\":2,\"type\":\"invoke\",\"f\":\"buy\",\"value\":1}\n\
         {\"process\":2,\"type\":\"ok\",\"f\":\"buy\",\"value\":{\"outcome\":\"bought\"}}\n"
    );
    let check = |input: &str| {
        oversell(folder.path())
            .args(["check", "--json", "-"])
            .write_stdin(input)
            .assert()
    };
    let assert = check(good).code(0);
    assert_eq!(json_lines(&assert.get_output().stdout)[0]["file"], "-");
    let assert = check(&bad).code(1);
    assert_eq!(
        json_lines(&assert.get_output().stdout)[0]["violations"][0]["kind"],
        "oversold"
    );
    check("").code(2).stdout("");
    let cut_off = &bad[..bad.len() - 10];
    check(cut_off).code(0).stderr(predicate::str::contains("cut off"));

    fs::create_dir_all(folder.path().join("a/b")).unwrap();
    fs::write(folder.path().join("a/good.jsonl"), good).unwrap();
    fs::write(folder.path().join("a/b/bad.jsonl"), &bad).unwrap();
    fs::write(folder.path().join("a/b/readme.txt"), "no history").unwrap();
    let assert = call(folder.path(), "check --json a").code(1);
    let verdicts: Vec<Value> = json_lines(&assert.get_output().stdout)
        .into_iter()
        .map(|mut line| line["verdict"].take())
        .collect();
    assert_eq!(verdicts, ["violation", "linearizable"]);
    // One that cannot be read does not keep the others from being checked.
    fs::write(folder.path().join("a/broken.jsonl"), "nonsense\n").unwrap();
    let assert = call(folder.path(), "check --json a").code(2);
    assert_eq!(json_lines(&assert.get_output().stdout).len(), 2);
    assert!(String::from_utf8_lossy(&assert.get_output().stderr).contains("a/broken.jsonl:1"));
}

#[test]
fn undecided_is_a_verdict_and_an_exit_code_of_its_own() {
    let folder = TempDir::new().unwrap();
    // Overlapping purchases, reads and restocks: no shortcut decides it, and two configurations are not enough.
    let mut text = "{\"format\":\"oversell-history\",\"version\":1,\"spec\":\"stock\",\"initial\":9}\n".to_string();
    let values = [
        "\"buy\",\"value\":2",
        "\"restock\",\"value\":1",
        "\"read\",\"value\":null",
    ];
    for process in 0..9 {
        text += &format!(
            "{{\"process\":{process},\"type\":\"invoke\",\"f\":{}}}\n",
            values[process % 3]
        );
    }
    let answers = [
        "\"buy\",\"value\":{\"outcome\":\"bought\"}",
        "\"restock\",\"value\":null",
        "\"read\",\"value\":7",
    ];
    for process in 0..9 {
        text += &format!(
            "{{\"process\":{process},\"type\":\"ok\",\"f\":{}}}\n",
            answers[process % 3]
        );
    }
    fs::write(folder.path().join("h.jsonl"), text).unwrap();
    let assert = call(folder.path(), "check --json h.jsonl --limit-configurations 2").code(3);
    let line = json_lines(&assert.get_output().stdout).remove(0);
    assert_eq!(line["verdict"], "undecided");
    assert_eq!(line["undecided"], serde_json::json!([""]));
    call(folder.path(), "check h.jsonl").success();
}

#[tokio::test]
async fn on_a_named_server_nothing_else_is_touched_and_nothing_is_left() {
    let folder = TempDir::new().unwrap();
    let server = Server::start().unwrap();
    let mut link = server.target().connect().await.unwrap();
    let () = link.set("sku-1", "theirs").await.unwrap();
    let url = server.target().url();
    let directory = folder.path().to_path_buf();
    tokio::task::spawn_blocking(move || oversell(&directory).args(["--redis", &url]).assert().success())
        .await
        .unwrap();
    let keys: Vec<String> = link.keys("*").await.unwrap();
    assert_eq!(keys, ["sku-1"]);
    let value: String = link.get("sku-1").await.unwrap();
    assert_eq!(value, "theirs");
    let stats: String = redis::cmd("INFO")
        .arg("commandstats")
        .query_async(&mut link)
        .await
        .unwrap();
    for forbidden in ["flushall", "flushdb", "config|set", "config_set"] {
        assert!(!stats.contains(forbidden), "{forbidden} was used");
    }
}

#[test]
fn ctrl_c_saves_and_checks_what_was_recorded_and_stops_the_server() {
    let folder = TempDir::new().unwrap();
    let arguments = ["run", "naive", "--stock", "100", "--for", "10m", "--json"];
    let mut child = spawn(folder.path(), &arguments);
    until("the server runs", || !servers_below(folder.path()).is_empty());
    thread::sleep(Duration::from_millis(500));
    kill(&child, "INT");
    let mut output = String::new();
    child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(1), "what was recorded was checked");
    let run = json_lines(output.as_bytes()).remove(0);
    assert_eq!(run["verdict"], "violation");
    assert_eq!(run["cut_short"], "stopped on request");
    assert!(run["operations"].as_u64().unwrap() > 0);
    assert!(folder.path().join(run["history"].as_str().unwrap()).exists());
    until("the server is gone", || servers_below(folder.path()).is_empty());
}

#[test]
fn a_killed_tool_leaves_no_server() {
    let folder = TempDir::new().unwrap();
    let mut child = spawn(folder.path(), &["run", "lua", "--for", "10m"]);
    until("the server runs", || !servers_below(folder.path()).is_empty());
    thread::sleep(Duration::from_millis(200));
    child.kill().unwrap();
    child.wait().unwrap();
    let killed = Instant::now();
    until("the server is gone", || servers_below(folder.path()).is_empty());
    assert!(killed.elapsed() < Duration::from_secs(1), "{:?}", killed.elapsed());
    until("its folder is gone", || {
        !fs::read_dir(folder.path())
            .unwrap()
            .any(|entry| entry.unwrap().file_name().to_string_lossy().starts_with("oversell-"))
    });
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let folder = TempDir::new().unwrap();
    let mut child = spawn(folder.path(), &["strategies"]);
    let mut first = String::new();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    output.read_line(&mut first).unwrap();
    drop(output);
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    child.wait().unwrap();
    assert!(!errors.contains("panicked"), "{errors}");
    std::io::stdout().flush().unwrap();
}

#[test]
fn the_catalogue_is_listed() {
    let folder = TempDir::new().unwrap();
    let assert = call(folder.path(), "strategies --json").success();
    let lines = json_lines(&assert.get_output().stdout);
    assert_eq!(lines.len(), 18);
    for line in &lines {
        assert!(
            !line["commands"].as_str().unwrap().is_empty() && !line["caveat"].as_str().unwrap().is_empty(),
            "{line}"
        );
        // A safe one may have a cure as well: for what breaks it beyond one healthy server.
        assert!(line["expected"] == "safe" || line["cure"].is_string(), "{line}");
    }
    let assert = call(folder.path(), "strategies").success();
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}
