//! `report`, `convert` and `check --certificate` write what they make in the same way.
#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::Command,
    sync::mpsc::channel,
    thread,
    time::Duration,
};

use predicates::prelude::*;
use tempfile::TempDir;

use crate::cli::{kill, oversell, spawn, until};

const HISTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/histories/bad/naive.jsonl");

/// Each of them, writing to `out`, and its exit code.
fn all(out: &str) -> [(Vec<&str>, i32); 3] {
    [
        (vec!["report", HISTORY, "-o", out], 1),
        (vec!["convert", HISTORY, "--to", "edn", "-o", out], 0),
        (vec!["check", HISTORY, "--certificate", out], 1),
    ]
}

#[test]
fn a_pipe_with_a_name_is_written_like_a_file() {
    let folder = TempDir::new().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for ((to_pipe, code), (to_file, _)) in all("pipe").into_iter().zip(all("file")) {
        let (to, read) = channel();
        let from = pipe.clone();
        thread::spawn(move || to.send(fs::read(from).unwrap()));
        let mut child = spawn(folder.path(), &to_pipe);
        until("it has written the pipe", || child.try_wait().unwrap().is_some());
        assert_eq!(child.wait().unwrap().code(), Some(code), "{to_pipe:?}");
        oversell(folder.path()).args(&to_file).assert().code(code);
        let read = read.recv_timeout(Duration::from_secs(20)).unwrap();
        assert!(read == fs::read(folder.path().join("file")).unwrap(), "{to_pipe:?}");
    }
}

#[test]
fn a_file_that_is_read_only_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("out");
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    for (arguments, _) in all("out") {
        let refused = oversell(folder.path()).args(&arguments).assert().code(2);
        refused.stderr(predicate::str::contains(
            "out: found a file that is read-only (mode 444)",
        ));
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }
}

#[test]
fn a_link_that_leads_nowhere_yet_is_followed() {
    let folder = TempDir::new().unwrap();
    symlink("made", folder.path().join("out")).unwrap();
    for (arguments, code) in all("out") {
        oversell(folder.path()).args(&arguments).assert().code(code);
        assert!(folder.path().join("out").is_symlink(), "{arguments:?}");
        fs::remove_file(folder.path().join("made")).unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_violation_is_told_although_its_certificate_cannot_be_written() {
    let folder = TempDir::new().unwrap();
    let [.., (arguments, _)] = all("/dev/full");
    let no_space = || predicate::str::contains("failed to write the certificate /dev/full");
    let asserted = oversell(folder.path())
        .args(&arguments)
        .assert()
        .code(2)
        .stderr(no_space());
    asserted.stdout(predicate::str::contains("violation").and(predicate::str::contains("confirm it").not()));
    let asserted = oversell(folder.path())
        .args(&arguments)
        .arg("--json")
        .assert()
        .code(2)
        .stderr(no_space());
    let line: serde_json::Value = serde_json::from_slice(&asserted.get_output().stdout).unwrap();
    assert_eq!(line["verdict"], "violation");
    assert!(line["certificate"].is_null(), "{line}");
}

/// What is in a folder beside the histories.
fn unfinished(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    entries
        .filter(|name| name.to_string_lossy().starts_with(".oversell-"))
        .count()
}

/// A history of so many reads.
fn reads(count: u64) -> String {
    let mut lines = r#"{"format":"oversell-history","version":1,"spec":"stock","initial":0}"#.to_string() + "\n";
    for number in 0..count {
        let event = |kind, time, value| {
            format!(
                r#"{{"time":{time},"process":1,"type":"{kind}","f":"read","key":"sku-{}","value":{value}}}"#,
                number % 7
            )
        };
        lines += &format!(
            "{}\n{}\n",
            event("invoke", 2 * number, "null"),
            event("ok", 2 * number + 1, "0")
        );
    }
    lines
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_leaves_the_old_file_and_nothing_beside_it() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("h.jsonl"), reads(300_000)).unwrap();
    fs::write(folder.path().join("out.jsonl.gz"), "old").unwrap();
    for (arguments, signal, code) in [
        ("convert h.jsonl -o out.jsonl.gz", "TERM", 143),
        ("convert h.jsonl -o out.jsonl.gz", "QUIT", 131),
        ("check h.jsonl --certificate out.jsonl.gz", "TERM", 143),
    ] {
        // Whoever runs this may have them ignored, and what is ignored is not heeded.
        let mut child = Command::new("env")
            .arg("--default-signal=QUIT,TERM")
            .arg(assert_cmd::cargo::cargo_bin!("oversell"))
            .args(arguments.split(' '))
            .current_dir(folder.path())
            .env("TMPDIR", folder.path())
            .spawn()
            .unwrap();
        until("it writes", || unfinished(folder.path()) == 1);
        kill(&child, signal);
        assert_eq!(child.wait().unwrap().code(), Some(code), "{arguments:?}");
        assert_eq!(unfinished(folder.path()), 0, "{arguments:?}");
        assert_eq!(fs::read(folder.path().join("out.jsonl.gz")).unwrap(), b"old");
    }
}

#[test]
fn a_file_at_the_limit_of_its_size_is_an_error_that_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("h.jsonl"), reads(20_000)).unwrap();
    fs::write(folder.path().join("out.jsonl"), "old").unwrap();
    for arguments in ["convert h.jsonl -o", "check h.jsonl --certificate"] {
        let output = Command::new("sh")
            .args(["-c", &format!("ulimit -f 64; exec \"$0\" {arguments} out.jsonl")])
            .arg(assert_cmd::cargo::cargo_bin!("oversell"))
            .current_dir(folder.path())
            .output()
            .unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments}: {told}");
        assert!(told.contains("File too large"), "{arguments}: {told}");
        assert_eq!(unfinished(folder.path()), 0, "{arguments}");
        assert_eq!(fs::read(folder.path().join("out.jsonl")).unwrap(), b"old");
    }
}

#[test]
fn what_cannot_be_the_name_of_a_file_is_told_before_anything_is_read() {
    let folder = TempDir::new().unwrap();
    let long = "x".repeat(300);
    for (out, why) in [
        ("out/", "found the name of a folder, expected that of a file"),
        ("nowhere/out", "No such file or directory"),
        (long.as_str(), "too long"),
    ] {
        let mut report = oversell(folder.path());
        let asserted = report.args(["report", "not-there.jsonl", "-o", out]).assert().code(2);
        asserted.stderr(predicate::str::contains(why).and(predicate::str::contains("open").not()));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
