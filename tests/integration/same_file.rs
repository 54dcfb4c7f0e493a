//! One file under two names: what is read is not written, what is open is written where it stands, and nothing counts twice.
#![cfg(unix)]

use std::{
    fs::{self, File},
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
};

use predicates::prelude::*;
use tempfile::TempDir;

use crate::cli::oversell;

const HISTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/histories/bad/naive.jsonl");

/// Ends with 2 when it is called so, with this file as its standard input; what it says.
fn refused(folder: &Path, arguments: &[&str], input: &str) -> String {
    let output = Command::new(assert_cmd::cargo::cargo_bin!("oversell"))
        .args(arguments)
        .current_dir(folder)
        .stdin(File::open(folder.join(input)).unwrap())
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
    told
}

#[test]
fn no_output_takes_the_place_of_an_input() {
    let folder = TempDir::new().unwrap();
    let of = |name: &str| folder.path().join(name);
    fs::create_dir(of("d")).unwrap();
    fs::copy(HISTORY, of("d/h.jsonl")).unwrap();
    fs::hard_link(of("d/h.jsonl"), of("link.jsonl")).unwrap();
    fs::write(of("my.lua"), "return redis.call('decrby', KEYS[1], ARGV[1])").unwrap();
    let before = fs::read(of("d/h.jsonl")).unwrap();
    for (arguments, as_what) in [
        (vec!["check", "d", "--certificate", "d/h.jsonl"], ""),
        (vec!["check", "d", "--certificate", "link.jsonl"], "(as d/h.jsonl) "),
        (vec!["report", "d", "-o", "d/h.jsonl"], ""),
        (vec!["report", "d/h.jsonl", "-o", "link.jsonl"], "(as d/h.jsonl) "),
        (vec!["convert", "d/h.jsonl", "-o", "link.jsonl"], "(as d/h.jsonl) "),
        (vec!["check", "-", "--certificate", "d/h.jsonl"], "(as standard input) "),
        (vec!["report", "-", "-o", "d/h.jsonl"], "(as standard input) "),
        (
            vec!["convert", "-", "--from", "history", "-o", "link.jsonl"],
            "(as standard input) ",
        ),
        (vec!["report", "d", "--script", "my.lua", "-o", "my.lua"], ""),
    ] {
        let told = refused(folder.path(), &arguments, "d/h.jsonl");
        let why = format!("is to be read {as_what}and to be written");
        assert!(told.contains(&why), "{arguments:?}: {told}");
        assert!(fs::read(of("d/h.jsonl")).unwrap() == before, "{arguments:?}");
    }
}

#[test]
fn another_file_of_the_same_folder_can_be_written() {
    let folder = TempDir::new().unwrap();
    fs::copy(HISTORY, folder.path().join("h.jsonl")).unwrap();
    let mut report = oversell(folder.path());
    report.args(["report", ".", "-o", "page.html"]).assert().code(1);
    // What is both read and written, and has no end of its own.
    let mut convert = oversell(folder.path());
    convert.args([
        "convert",
        "/dev/null",
        "--from",
        "edn",
        "--to",
        "history",
        "-o",
        "/dev/null",
    ]);
    convert.assert().stderr(predicate::str::contains("is to be read").not());
}

/// What is written there by each command, below what stood there before.
#[cfg(target_os = "linux")]
fn behind(folder: &Path, arguments: &[&str], is_error: bool) -> String {
    let path = folder.join("log");
    let mut file = File::create(&path).unwrap();
    file.write_all(b"before\n").unwrap();
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("oversell"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    if is_error {
        command.stderr(file).stdout(Stdio::null());
    } else {
        command.stdout(file).stderr(Stdio::null());
    }
    let code = command.status().unwrap().code();
    assert!(matches!(code, Some(0 | 1)), "{arguments:?}: {code:?}");
    let written = fs::read_to_string(&path).unwrap();
    let written = written.strip_prefix("before\n");
    written
        .unwrap_or_else(|| panic!("{arguments:?}: what stood there is gone"))
        .to_string()
}

#[cfg(target_os = "linux")]
#[test]
fn names_of_standard_output_mean_what_a_dash_means() {
    let folder = TempDir::new().unwrap();
    for arguments in [
        ["report", HISTORY, "--counterexample-only", "-o"].as_slice(),
        &["convert", HISTORY, "--to", "edn", "-o"],
        &["check", HISTORY, "--certificate"],
    ] {
        let to = |name| [arguments, &[name]].concat();
        let expected = behind(folder.path(), &to("-"), false);
        assert!(!expected.is_empty());
        for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
            let written = behind(folder.path(), &to(name), false);
            assert!(written == expected, "{arguments:?} {name}: {written}");
        }
        let written = behind(folder.path(), &to("/dev/stderr"), true);
        assert!(written.contains(expected.trim_end()), "{arguments:?}: {written}");
    }
    let mut run = oversell(folder.path());
    let refused = predicate::str::contains("--report=/dev/stdout would mix the page");
    run.args(["run", "lua", "--report=/dev/stdout"])
        .assert()
        .code(2)
        .stderr(refused);
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_open_under_another_number_is_appended_to() {
    let folder = TempDir::new().unwrap();
    let script = "echo before >&3; \"$0\" convert \"$1\" --to edn -o /dev/fd/3";
    let status = Command::new("sh")
        .args(["-c", &format!("{{ {script}; }} 3>log")])
        .arg(assert_cmd::cargo::cargo_bin!("oversell"))
        .arg(HISTORY)
        .current_dir(folder.path())
        .status();
    assert!(status.unwrap().success());
    let log = fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.starts_with("before\n;; oversell"), "{log}");
}

#[test]
fn a_recorder_does_not_count_twice_under_two_names() {
    let folder = TempDir::new().unwrap();
    let of = |name: &str| folder.path().join(name);
    fs::copy(HISTORY, of("a.jsonl")).unwrap();
    fs::hard_link(of("a.jsonl"), of("hard.jsonl")).unwrap();
    for paths in [["a.jsonl", "hard.jsonl"], ["-", "a.jsonl"], ["-", "/dev/stdin"]] {
        let arguments = [&["check", "--clock-skew", "2ms"], paths.as_slice()].concat();
        let told = refused(folder.path(), &arguments, "a.jsonl");
        assert!(
            told.contains("expected each recorder's file once"),
            "{arguments:?}: {told}"
        );
    }
}

#[test]
fn commands_that_are_suggested_can_be_copied() {
    let folder = TempDir::new().unwrap();
    let name = folder.path().join("two words.jsonl");
    fs::copy(HISTORY, &name).unwrap();
    fs::set_permissions(&name, fs::Permissions::from_mode(0o644)).unwrap();
    let mut check = oversell(folder.path());
    let asserted = check
        .args(["check", "two words.jsonl", "--certificate", "its own.jsonl"])
        .assert();
    asserted.code(1).stdout(predicate::str::contains(
        "oversell verify 'two words.jsonl' 'its own.jsonl'",
    ));
    fs::write(folder.path().join("my h.edn"), "{:a 1}").unwrap();
    let asserted = oversell(folder.path()).args(["check", "my h.edn"]).assert().code(2);
    asserted.stderr(predicate::str::contains("oversell convert 'my h.edn' -o 'my h.jsonl'"));
}
