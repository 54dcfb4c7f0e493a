//! `check --certificate` and `verify` as a user runs them.

use std::{fs, path::Path};

use predicates::{prelude::*, str::contains};
use serde_json::Value;
use tempfile::TempDir;

fn oversell(arguments: &[&str]) -> assert_cmd::assert::Assert {
    assert_cmd::Command::new(assert_cmd::cargo::cargo_bin!("oversell"))
        .args(arguments)
        .env_remove("OVERSELL_REDIS_URL")
        .assert()
}

fn recorded(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("histories").join(name);
    path.display().to_string()
}

fn folder() -> (TempDir, impl Fn(&str) -> String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_path_buf();
    (folder, move |name: &str| path.join(name).display().to_string())
}

#[test]
fn every_recorded_violation_and_pass_is_confirmed() {
    let (_folder, path) = folder();
    for (kind, code) in [("ok", 0), ("bad", 1)] {
        for entry in fs::read_dir(recorded(kind)).unwrap() {
            let history = entry.unwrap().path().display().to_string();
            if !history.ends_with(".jsonl") {
                continue;
            }
            let certificate = path("c.jsonl");
            oversell(&["check", "--explain", "short", &history, "--certificate", &certificate]).code(code);
            let said = oversell(&["verify", "--json", &history, &certificate]).code(code);
            let line: Value = serde_json::from_slice(&said.get_output().stdout).unwrap();
            let expected = if code == 0 { "linearizable" } else { "violation" };
            assert_eq!(line["confirmed"], expected, "{line}");
            assert_eq!(line["not_confirmed"], serde_json::json!([]), "{line}");
        }
    }
}

#[test]
fn compressed_certificates_are_read_back() {
    let (_folder, path) = folder();
    let history = recorded("bad/naive.jsonl");
    for name in ["c.jsonl.gz", "c.jsonl.zst"] {
        oversell(&["check", "--json", &history, "--certificate", &path(name)])
            .code(1)
            .stdout(contains("\"not_certified\":[]"));
        oversell(&["verify", &history, &path(name)])
            .code(1)
            .stdout(contains("confirmed: violation").and(contains("rule `")));
        assert!(!fs::read(path(name)).unwrap().starts_with(b"{"));
    }
}

#[test]
fn a_certificate_of_another_history_is_bad_input() {
    let (_folder, path) = folder();
    oversell(&["check", &recorded("ok/lua.jsonl"), "--certificate", &path("c.jsonl")]).code(0);
    oversell(&["verify", &recorded("ok/watch.jsonl"), &path("c.jsonl")])
        .code(2)
        .stderr(contains("c.jsonl:1: found a certificate for another history").and(contains("expected")));
    oversell(&["verify", &recorded("ok/lua.jsonl"), &recorded("ok/lua.jsonl")])
        .code(2)
        .stderr(contains("expected the header of a certificate"));
    oversell(&["verify", &recorded("ok/lua.jsonl"), &path("none.jsonl")])
        .code(2)
        .stderr(contains("failed to open it"));
}

#[test]
fn what_is_not_decided_is_not_confirmed() {
    let (_folder, path) = folder();
    let history = recorded("bad/register-two-winners.jsonl");
    oversell(&[
        "check",
        &history,
        "--limit-configurations",
        "0",
        "--certificate",
        &path("c.jsonl"),
    ])
    .code(3);
    oversell(&["verify", &history, &path("c.jsonl")])
        .code(3)
        .stdout(contains(": not confirmed, ").and(contains("linearizable").not()));
}

#[test]
fn a_certificate_is_about_one_history() {
    let (_folder, path) = folder();
    oversell(&["check", &recorded("ok"), "--certificate", &path("c.jsonl")])
        .code(2)
        .stderr(contains("histories for one --certificate, expected one"));
    let one = recorded("ok/lua.jsonl");
    oversell(&["check", &one, "--clock-skew", "1ms", "--certificate", &path("c.jsonl")])
        .code(2)
        .stderr(contains("--clock-skew"));
    oversell(&["check", &one, "--certificate", &path("no/such/folder/c.jsonl")])
        .code(2)
        .stderr(contains("failed to write the certificate"));
}

/// With this on standard input, in this folder.
fn piped(folder: &TempDir, arguments: &[&str], input: impl Into<Vec<u8>>) -> assert_cmd::assert::Assert {
    assert_cmd::Command::new(assert_cmd::cargo::cargo_bin!("oversell"))
        .args(arguments)
        .current_dir(folder.path())
        .env_remove("OVERSELL_REDIS_URL")
        .write_stdin(input)
        .assert()
}

#[test]
fn a_certificate_can_go_through_a_pipe() {
    let (folder, path) = folder();
    for (history, code, verdict) in [("bad/naive.jsonl", 1, "violation"), ("ok/lua.jsonl", 0, "linearizable")] {
        let history = recorded(history);
        let written = piped(&folder, &["check", &history, "--certificate", "-"], "").code(code);
        let output = written.get_output();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(verdict), "{said}");
        piped(&folder, &["verify", &history, "-"], output.stdout.clone())
            .code(code)
            .stdout(contains(format!("confirmed: {verdict}")));
        oversell(&["check", &history, "--certificate", &path("c.jsonl")]).code(code);
        assert_eq!(
            fs::read(path("c.jsonl")).unwrap(),
            output.stdout,
            "the same as in a file"
        );
        fs::remove_file(path("c.jsonl")).unwrap();
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "no file is called `-`");
    for (arguments, said) in [
        (
            &["check", "-", "--json", "--certificate", "-"][..],
            "expected one of them",
        ),
        (&["verify", "-", "-"], "standard input can be read once"),
    ] {
        piped(&folder, arguments, "").code(2).stderr(contains(said));
    }
}
