//! Folders as input: every history below, each once, whatever else is there.
#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::Command,
};

use predicates::prelude::*;
use serde_json::Value;
use tempfile::TempDir;

use crate::cli::{call, oversell};

const HISTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/histories/ok/function.jsonl");

/// The files that `check` tells of, its exit code, and what it says beside them.
fn checked(folder: &Path, path: &str) -> (Vec<String>, Option<i32>, String) {
    let mut command = oversell(folder);
    let command = command.timeout(std::time::Duration::from_secs(60));
    let output = command.args(["check", "--json", path]).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let file = |line: &str| {
        serde_json::from_str::<Value>(line).unwrap()["file"]
            .as_str()
            .unwrap()
            .to_string()
    };
    let told = String::from_utf8(output.stderr).unwrap();
    (lines.lines().map(file).collect(), output.status.code(), told)
}

#[test]
fn each_file_is_checked_once_though_links_lead_in_circles() {
    let folder = TempDir::new().unwrap();
    let of = |name: &str| folder.path().join(name);
    fs::create_dir_all(of("d/sub")).unwrap();
    fs::create_dir(of("elsewhere")).unwrap();
    for name in ["d/h.jsonl", "d/sub/i.jsonl", "elsewhere/j.jsonl"] {
        fs::copy(HISTORY, of(name)).unwrap();
    }
    for (to, name) in [
        (".", "d/a"),
        (".", "d/self"),
        ("..", "d/sub/up"),
        ("sub", "d/again"),
        ("h.jsonl", "d/a.jsonl"),
        ("../elsewhere", "d/there"),
    ] {
        symlink(to, of(name)).unwrap();
    }
    fs::hard_link(of("d/sub/i.jsonl"), of("d/sub/same.jsonl")).unwrap();
    let (files, code, _) = checked(folder.path(), "d");
    assert_eq!(files, ["d/h.jsonl", "d/sub/i.jsonl", "d/there/j.jsonl"]);
    assert_eq!(code, Some(0));
}

#[test]
fn what_is_no_file_is_passed_over() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("d")).unwrap();
    fs::copy(HISTORY, folder.path().join("d/h.jsonl")).unwrap();
    let pipe = folder.path().join("d/pipe.jsonl");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (files, code, _) = checked(folder.path(), "d");
    assert_eq!(files, ["d/h.jsonl"]);
    assert_eq!(code, Some(0));
}

#[test]
fn a_folder_that_cannot_be_looked_into_is_named_and_keeps_no_other_from_being_checked() {
    let folder = TempDir::new().unwrap();
    fs::create_dir_all(folder.path().join("d/closed")).unwrap();
    fs::copy(HISTORY, folder.path().join("d/h.jsonl")).unwrap();
    let closed = folder.path().join("d/closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    // Root may look into everything.
    if fs::read_dir(&closed).is_ok() {
        return;
    }
    let named = predicate::str::contains("failed to look into d/closed: Permission denied");
    let (files, code, told) = checked(folder.path(), "d");
    assert_eq!(files, ["d/h.jsonl"]);
    assert_eq!(code, Some(2));
    assert!(named.eval(&told), "{told}");
    let page = call(folder.path(), "report d -o page.html");
    page.code(2).stderr(named.clone());
    assert!(folder.path().join("page.html").exists());
    for arguments in ["check d --certificate c.jsonl", "check d --clock-skew 2ms"] {
        call(folder.path(), arguments).code(2).stderr(named.clone());
    }
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
}
