//! What the program writes, and where it cannot.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use predicates::prelude::*;
use tempfile::TempDir;

use crate::cli::{histories, oversell, spawn, until};

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error_and_no_panic() {
    let folder = TempDir::new().unwrap();
    let full = || Stdio::from(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    for arguments in [&["strategies"][..], &["prove", "naive", "--json"]] {
        let output = Command::new(assert_cmd::cargo::cargo_bin!("oversell"))
            .args(arguments)
            .current_dir(folder.path())
            .stdout(full())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("failed to write standard output"), "{said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[test]
fn an_input_is_not_replaced_by_what_is_made_of_it() {
    let folder = TempDir::new().unwrap();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("histories/bad/naive.jsonl");
    let text = fs::read(&corpus).unwrap();
    fs::write(folder.path().join("h.jsonl"), &text).unwrap();
    for arguments in [
        ["report", "h.jsonl", "-o", "./h.jsonl"],
        ["check", "h.jsonl", "--certificate", "h.jsonl"],
    ] {
        oversell(folder.path())
            .args(arguments)
            .assert()
            .code(2)
            .stderr(predicate::str::contains("give the output another name"));
        assert_eq!(fs::read(folder.path().join("h.jsonl")).unwrap(), text);
    }
}

#[test]
fn where_nothing_can_be_written_is_told_before_anything_is_run() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "x").unwrap();
    for arguments in [
        ["run", "lua", "--rounds=1", "--out=file/below"],
        ["run", "lua", "--rounds=1", "--report=nowhere/page.html"],
        ["run", "lua", "--rounds=1", "--report=-"],
    ] {
        oversell(folder.path())
            .args(arguments)
            .assert()
            .code(2)
            .stdout("")
            .stderr(
                predicate::str::contains("file/below")
                    .or(predicate::str::contains("--report=-").or(predicate::str::contains("nowhere/page.html"))),
            );
    }
}

#[test]
fn a_violation_is_told_although_its_history_cannot_be_saved() {
    let folder = tempfile::tempdir().unwrap();
    let child = spawn(
        folder.path(),
        &[
            "run",
            "naive",
            "--for=3s",
            "--clients=4",
            "--stock=3",
            "--out=out/histories/failed",
            "--report",
        ],
    );
    let out = folder.path().join("out");
    until("the history is being written", || !histories(&out).is_empty());
    fs::remove_dir_all(&out).unwrap();
    let output = child.wait_with_output().unwrap();
    let (told, said) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert_eq!(output.status.code(), Some(2), "{told}{said}");
    assert!(told.contains("MORE THAN IT HAD"), "{told}");
    assert!(said.contains("was removed while it was written"), "{said}");
    assert!(folder.path().join("report.html").exists(), "{said}");
}

#[test]
fn a_page_goes_to_standard_output_for_a_dash() {
    let folder = tempfile::tempdir().unwrap();
    let history = concat!(env!("CARGO_MANIFEST_DIR"), "/histories/bad/below-zero.jsonl");
    oversell(folder.path())
        .args(["report", history, "-o", "-"])
        .assert()
        .code(1)
        .stdout(predicate::str::starts_with("<!doctype html>").or(predicate::str::starts_with("<!DOCTYPE html>")));
    assert!(!folder.path().join("-").exists());
}
