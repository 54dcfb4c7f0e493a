//! `oversell check --clock-skew`: two recorders, one run.

use std::fs;

use assert_cmd::Command;
use serde_json::Value;

/// One recorder saw the last unit bought from 300 to 400 ns, the other an empty stock from 100 to 200 ns.
fn files(folder: &std::path::Path) -> [String; 2] {
    let header = r#"{"format":"oversell-history","version":1,"spec":"stock","initial":1}"#;
    let event = |time: u64, kind: &str, f: &str, value: &str| {
        format!(r#"{{"time":{time},"process":0,"type":"{kind}","f":"{f}","value":{value}}}"#)
    };
    let bodies = [
        [
            event(300, "invoke", "buy", "1"),
            event(400, "ok", "buy", r#"{"outcome":"bought"}"#),
        ],
        [event(100, "invoke", "read", "null"), event(200, "ok", "read", "0")],
    ];
    let names = ["a.jsonl", "b.jsonl"].map(|name| folder.join(name).display().to_string());
    for (name, body) in names.iter().zip(bodies) {
        fs::write(name, format!("{header}\n{}\n", body.join("\n"))).unwrap();
    }
    names
}

fn check(skew: &str, arguments: &[&str], files: &[String]) -> (Option<i32>, String) {
    let mut command = Command::cargo_bin("oversell").unwrap();
    let output = command
        .args(["check", "--clock-skew", skew])
        .args(arguments)
        .args(files)
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_violation_stays_until_the_clocks_are_wrong_enough() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    for (skew, code, vanishes) in [
        ("0ns", 1, Some(50)),
        ("49ns", 1, Some(50)),
        ("50ns", 0, None),
        ("2ms", 0, None),
    ] {
        let (exit, out) = check(skew, &["--json"], &files);
        assert_eq!(exit, Some(code), "{skew}: {out}");
        let line: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(line["operations"], 2);
        assert_eq!(line["vanishes_at_skew_ns"].as_u64(), vanishes, "{skew}");
    }
}

#[test]
fn it_says_what_a_pass_is_worth_and_what_would_explain_a_violation() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    let (_, pass) = check("1us", &[], &files);
    assert!(pass.contains("says less than one of a single clock"), "{pass}");
    let (_, violation) = check("10ns", &[], &files);
    assert!(
        violation.contains("vanishes when each may be wrong by 50ns"),
        "{violation}"
    );
}

#[test]
fn a_file_that_is_cut_short_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    let text = fs::read_to_string(&files[1]).unwrap();
    fs::write(&files[1], &text[..text.len() - 10]).unwrap();
    let (_, out) = check("2ms", &["--json"], &files);
    let line: Value = serde_json::from_str(&out).unwrap();
    assert!(line["cut_short"].is_string(), "{line}");
    let certificate = folder.path().join("c.jsonl").display().to_string();
    let mut certify = Command::cargo_bin("oversell").unwrap();
    certify
        .args(["check", &files[1], "--certificate", &certificate])
        .assert()
        .code(0);
    let mut verify = Command::cargo_bin("oversell").unwrap();
    let asserted = verify
        .args(["verify", "--json", &files[1], &certificate])
        .assert()
        .code(0);
    let verified: Value = serde_json::from_slice(&asserted.get_output().stdout).unwrap();
    assert_eq!(verified["cut_short"], line["cut_short"], "{verified}");
}

#[test]
fn a_start_for_each_key_says_the_same_as_one_for_all() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    let text = fs::read_to_string(&files[1]).unwrap();
    for (initial, code) in [
        (r#"{"":1}"#, Some(1)),
        (r#"{"":1,"other":1}"#, Some(1)),
        (r#"{"":2}"#, Some(2)),
    ] {
        fs::write(
            &files[1],
            text.replace("\"initial\":1", &format!("\"initial\":{initial}")),
        )
        .unwrap();
        for files in [
            [files[0].clone(), files[1].clone()],
            [files[1].clone(), files[0].clone()],
        ] {
            let (exit, out) = check("0ns", &[], &files);
            assert_eq!(exit, code, "{initial}: {out}");
        }
    }
}
