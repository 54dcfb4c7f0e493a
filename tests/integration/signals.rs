//! What a signal leaves behind while the server starts, and with which code the program ends.
#![cfg(unix)]

use std::{
    fs,
    os::unix::{fs::PermissionsExt as _, process::ExitStatusExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use oversell::server::Server;
use redis::AsyncCommands as _;
use tempfile::TempDir;

use crate::cli::{histories, kill, servers_below, spawn, until};

/// `oversell run`, with its temporary files in `folder`, and with these programs in front of others.
fn run(folder: &TempDir, programs: &[(&str, &str)]) -> Child {
    let (temporary, bin) = (folder.path().join("tmp"), folder.path().join("bin"));
    for made in [&temporary, &bin] {
        fs::create_dir_all(made).unwrap();
    }
    for (name, script) in programs {
        let path = bin.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    Command::new(assert_cmd::cargo::cargo_bin!("oversell"))
        .args(["run", "lua"])
        .current_dir(folder.path())
        .env_remove("OVERSELL_REDIS_URL")
        .env("OVERSELL_REDIS_SERVER", bin.join("redis-server"))
        .env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()))
        .env("TMPDIR", temporary)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn shell(line: &str) {
    assert!(Command::new("sh").args(["-c", line]).status().unwrap().success());
}

fn left(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("tmp")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// It starts and never answers.
const SILENT: (&str, &str) = ("redis-server", "exec sleep 60");

#[test]
fn a_signal_ends_a_start_with_its_own_code_and_leaves_nothing() {
    for (name, code) in [("TERM", 143), ("INT", 130)] {
        let folder = TempDir::new().unwrap();
        let mut child = run(&folder, &[SILENT]);
        until("the folder is there", || left(folder.path()).len() == 1);
        kill(&child, name);
        assert_eq!(child.wait().unwrap().code(), Some(code));
        until("nothing is left", || left(folder.path()).is_empty());
    }
}

#[test]
fn a_kill_at_any_moment_of_a_start_leaves_nothing() {
    // Everything the start waits for takes a while, so that the signal comes before it is over.
    let slow = |program: &str| format!("sleep 0.3\nPATH=${{PATH#*:}} exec {program} \"$@\"");
    for delay in [60, 150, 250, 500] {
        let folder = TempDir::new().unwrap();
        let mut child = run(&folder, &[SILENT, ("mkdir", &slow("mkdir"))]);
        thread::sleep(Duration::from_millis(delay));
        // A hang-up would do, too, but whoever runs the tests may have it ignored.
        kill(&child, "KILL");
        assert_eq!(child.wait().unwrap().signal(), Some(9));
        // What is still on its way gets there, and goes.
        thread::sleep(Duration::from_millis(700));
        until("nothing is left", || left(folder.path()).is_empty());
    }
}

/// A run of clients that wait for a server that does not answer any more.
fn hung() -> (Server, TempDir, Child) {
    let server = Server::start().unwrap();
    let folder = TempDir::new().unwrap();
    let url = server.target().url();
    let arguments = [
        "run",
        "lua",
        "--redis",
        &url,
        "--for=60s",
        "--rounds=1",
        "--stock=1000000000",
    ];
    let run = spawn(folder.path(), &[&arguments[..], &["--timeout=1h", "--json"]].concat());
    until("the clients act", || histories(folder.path()).len() == 1);
    shell(&format!("kill -STOP {}", server.pid()));
    thread::sleep(Duration::from_millis(300));
    (server, folder, run)
}

#[test]
fn a_signal_that_comes_twice_at_once_is_one() {
    let (_server, _folder, mut run) = hung();
    // As `timeout` sends it, but late enough that the first has been seen.
    shell(&format!("kill {0}; sleep 0.03; kill {0}", run.id()));
    thread::sleep(Duration::from_millis(200));
    assert!(run.try_wait().unwrap().is_none(), "it is being ended");
    kill(&run, "TERM");
    assert_eq!(run.wait().unwrap().code(), Some(143));
}

#[test]
fn a_server_that_hangs_keeps_no_run_from_stopping() {
    let (_server, _folder, mut run) = hung();
    kill(&run, "TERM");
    let stopped = Instant::now();
    until("it stops", || run.try_wait().unwrap().is_some());
    assert!(stopped.elapsed() < Duration::from_secs(15), "{:?}", stopped.elapsed());
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    // Each client's purchase, and the last look at the stock: nobody knows what became of them.
    assert!(
        String::from_utf8_lossy(&output.stdout).contains(r#""unknown":17"#),
        "{output:?}"
    );
}

/// The terminal has gone: what is on a server that we did not start would stay there.
#[cfg(target_os = "linux")]
#[test]
fn the_end_of_the_terminal_stops_a_run_and_cleans_up() {
    let server = Server::start().unwrap();
    let folder = TempDir::new().unwrap();
    let run = Command::new("env")
        // Whatever whoever started the tests ignores.
        .arg("--default-signal=HUP")
        .arg(assert_cmd::cargo::cargo_bin!("oversell"))
        .args([
            "run",
            "lock",
            "--for",
            "10m",
            "--json",
            "--redis",
            &server.target().url(),
        ])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_secs(1));
    kill(&run, "HUP");
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["verdict"], "linearizable");
    assert!(told["operations"].as_u64().unwrap() > 0);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let keys: Vec<String> = runtime.block_on(async {
        let mut link = server.target().connect().await.unwrap();
        link.keys("*").await.unwrap()
    });
    assert_eq!(keys, Vec::<String>::new());
}

/// Killed together with whoever would have ended its server: the system ends it, where `setpriv` could ask for that.
#[cfg(target_os = "linux")]
#[test]
fn a_tool_and_its_watchdog_killed_at_once_leave_no_server() {
    let asks = ["setpriv", "--pdeathsig", "KILL", "true"];
    let can_ask = Command::new(asks[0]).args(&asks[1..]).status();
    if !can_ask.is_ok_and(|status| status.success()) {
        eprintln!("setpriv is missing or too old");
        return;
    }
    let folder = TempDir::new().unwrap();
    let mut child = spawn(folder.path(), &["run", "lua", "--for", "10m"]);
    until("the server runs", || !servers_below(folder.path()).is_empty());
    // All whose command line names the watchdog: the shell, and the one that reads from the pipe.
    let folder_name = folder.path().to_str().unwrap();
    let watchdogs = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let pid = entry.unwrap().file_name().to_str()?.parse::<u32>().ok()?;
        let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).into_owned();
        (command.contains("oversell-watchdog") && command.contains(folder_name)).then(|| pid.to_string())
    });
    let killed: Vec<String> = watchdogs.chain([child.id().to_string()]).collect();
    assert!(killed.len() >= 2, "{killed:?}");
    assert!(
        Command::new("kill")
            .arg("-KILL")
            .args(&killed)
            .status()
            .unwrap()
            .success()
    );
    child.wait().unwrap();
    until("the server is gone", || servers_below(folder.path()).is_empty());
}
