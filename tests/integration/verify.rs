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

/// The certificate of a violation, as two lines, and where its history is.
fn two_lines() -> (TempDir, String, [String; 2]) {
    let (folder, path) = folder();
    let history = recorded("bad/naive.jsonl");
    oversell(&["check", &history, "--certificate", &path("c.jsonl")]).code(1);
    let text = fs::read_to_string(path("c.jsonl")).unwrap();
    let lines: Vec<String> = text.lines().map(str::to_string).collect();
    (folder, history, lines.try_into().unwrap())
}

#[test]
fn names_are_names_and_nothing_is_said_twice_or_beside() {
    let (folder, history, lines) = two_lines();
    for (line, from, to, said) in [
        (0, r#""verdict":"violation""#, r#""verdict":1"#, "expected a string"),
        (
            0,
            r#""verdict":"violation""#,
            r#""verdict":{"violation":null}"#,
            "expected a string",
        ),
        (0, r#""keys""#, r#""extra":1,"keys""#, "unknown field `extra`"),
        (0, r#""spec""#, r#""spec":"kv","spec""#, "duplicate field `spec`"),
        (1, r#""verdict":"violation""#, r#""verdict":1"#, "expected a string"),
        (1, r#""kind""#, r#""extra":1,"kind""#, "unknown field `extra`"),
        (1, r#""kind""#, r#""kind":"x","kind""#, "duplicate field `kind`"),
        (1, r#""rule":"stretch""#, r#""rule":1"#, "expected a string"),
        (1, r#""from":null,"#, "", "missing field `from`"),
        (1, r#""from":null"#, r#""from":null,"extra":1"#, "unknown field `extra`"),
    ] {
        let mut changed = lines.clone();
        assert!(changed[line].contains(from), "{}", changed[line]);
        changed[line] = changed[line].replacen(from, to, 1);
        piped(&folder, &["verify", &history, "-"], changed.join("\n") + "\n")
            .code(2)
            .stderr(contains(format!("-:{}: found ", line + 1)).and(contains(said)));
    }
}

#[test]
fn what_a_certificate_says_in_words_is_not_taken_for_a_verdict() {
    let (folder, history, [header, key]) = two_lines();
    let mut told: Value = serde_json::from_str(&key).unwrap();
    let forged = "nice \u{1b}[2J\nkey `sku-2`: confirmed: linearizable";
    told["explanation"] = forged.into();
    piped(&folder, &["verify", &history, "-"], format!("{header}\n{told}\n"))
        .code(1)
        .stdout(
            contains("\n    | nice \\u{1b}[2J\n    | key `sku-2`: confirmed: linearizable\n")
                .and(contains("\u{1b}").not()),
        );
    let header = header.replace(r#""verdict":"violation""#, r#""verdict":"undecided""#);
    let told = serde_json::json!({"key": told["key"], "verdict": "undecided", "limit": forged});
    piped(&folder, &["verify", &history, "-"], format!("{header}\n{told}\n"))
        .code(3)
        .stdout(
            contains("did not decide it")
                .and(contains("\nkey").not())
                .and(contains("\u{1b}").not()),
        );
}

#[test]
fn a_certificate_and_its_history_may_have_been_swapped() {
    let (_folder, path) = folder();
    let history = recorded("ok/lua.jsonl");
    oversell(&["check", &history, "--certificate", &path("c.jsonl")]).code(0);
    let swap = format!("swap them: oversell verify {history} {}", path("c.jsonl"));
    oversell(&["verify", &path("c.jsonl"), &history])
        .code(2)
        .stderr(contains(swap));
    // What goes with every command may stand before it.
    oversell(&["--color", "always", "verify", &history, &path("c.jsonl")]).code(0);
}

#[test]
fn a_key_that_a_history_may_have_has_room_in_its_certificate() {
    let (_folder, path) = folder();
    let key = "k".repeat(17 << 20);
    let event = |kind: &str, value: &str| {
        format!(r#"{{"process":0,"type":"{kind}","f":"read","key":"{key}","value":{value}}}"#)
    };
    let header = r#"{"format":"oversell-history","version":1,"spec":"stock","initial":1}"#;
    let text = format!("{header}\n{}\n{}\n", event("invoke", "null"), event("ok", "1"));
    fs::write(path("h.jsonl"), text).unwrap();
    oversell(&["check", &path("h.jsonl"), "--certificate", &path("c.jsonl")]).code(0);
    oversell(&["verify", &path("h.jsonl"), &path("c.jsonl")]).code(0);
}
