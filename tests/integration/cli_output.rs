//! What the program writes, and where it cannot.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use predicates::prelude::*;
use tempfile::TempDir;

use crate::cli::{call, histories, json_lines, kill, oversell, spawn, until};
#[cfg(target_os = "linux")]
use crate::endless::limited;

/// A file on a disk that is full.
#[cfg(target_os = "linux")]
fn full() -> Stdio {
    fs::OpenOptions::new().write(true).open("/dev/full").unwrap().into()
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error_and_no_panic() {
    let folder = TempDir::new().unwrap();
    for arguments in ["strategies", "prove naive --json", "--help", "--version"] {
        let run = |error: Stdio| {
            let mut command = oversell_to(folder.path(), error);
            command.args(arguments.split(' ')).stdout(full()).output().unwrap()
        };
        let output = run(Stdio::piped());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("failed to write standard output"), "{said}");
        assert!(!said.contains("panicked"), "{said}");
        // Nor where that cannot be told.
        assert_eq!(run(full()).status.code(), Some(2), "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn errors_that_cannot_be_told_change_nothing_else() {
    let folder = TempDir::new().unwrap();
    let history = Path::new(env!("CARGO_MANIFEST_DIR")).join("histories/bad/naive.jsonl");
    let history = history.to_str().unwrap();
    for (arguments, code, output) in [
        (&["convert", history, "-o", "x.edn"][..], 0, ""),
        (
            &["check", "nothing.jsonl", history, "--json"],
            2,
            r#""verdict":"violation""#,
        ),
        (&["--bad"], 2, ""),
    ] {
        let mut command = oversell_to(folder.path(), full());
        let found = command.args(arguments).output().unwrap();
        assert_eq!(found.status.code(), Some(code), "{arguments:?}");
        assert!(String::from_utf8_lossy(&found.stdout).contains(output), "{arguments:?}");
    }
    assert!(folder.path().join("x.edn").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_stops_although_that_cannot_be_told() {
    let folder = TempDir::new().unwrap();
    let mut run = oversell_to(folder.path(), full())
        .args(["run", "lua", "--for=60s", "--rounds=1", "--stock=1000000000", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    until("the clients act", || histories(folder.path()).len() == 1);
    kill(&run, "TERM");
    until("it has stopped", || run.try_wait().unwrap().is_some());
    assert_eq!(run.wait().unwrap().code(), Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn too_few_threads_are_an_error_and_no_panic() {
    let folder = TempDir::new().unwrap();
    let output = limited(
        folder.path(),
        "ulimit -v 1000000; RAYON_NUM_THREADS=2000",
        &["strategies"],
    )
    .output()
    .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("failed to start: ") && said.contains("RAYON_NUM_THREADS=1"),
        "{said}"
    );
}

#[cfg(target_os = "linux")]
fn oversell_to(folder: &Path, error: Stdio) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("oversell"));
    command
        .current_dir(folder)
        .env_remove("OVERSELL_REDIS_URL")
        .env("TMPDIR", folder)
        .stderr(error);
    command
}

#[test]
fn where_nothing_can_be_written_is_told_before_anything_is_run() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "x").unwrap();
    for arguments in [
        "run lua --rounds=1 --out=file/below",
        "run lua --rounds=1 --report=nowhere/page.html",
        "run lua --rounds=1 --report=-",
    ] {
        call(folder.path(), arguments).code(2).stdout("").stderr(
            predicate::str::contains("file/below")
                .or(predicate::str::contains("--report=-").or(predicate::str::contains("nowhere/page.html"))),
        );
    }
}

#[test]
fn a_violation_is_told_although_its_history_cannot_be_saved() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = "run naive --for=3s --clients=4 --stock=3 --out=out/histories/failed --report";
    let child = spawn(folder.path(), &arguments.split(' ').collect::<Vec<_>>());
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

const HEADER: &str = r#"{"format":"oversell-history","version":1,"spec":"stock","initial":0}"#;

#[test]
fn a_history_of_which_only_the_header_is_there_is_said_to_say_nothing() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("h.jsonl"), format!("{HEADER}\n")).unwrap();
    for arguments in [["check", "h.jsonl"], ["check", "-"]] {
        oversell(folder.path())
            .args(arguments)
            .write_stdin(format!("{HEADER}\n"))
            .assert()
            .code(0)
            .stdout(predicate::str::contains("this says nothing"));
    }
}

#[test]
fn json_says_that_a_file_was_cut_off() {
    let folder = TempDir::new().unwrap();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("histories/bad/naive.jsonl");
    let text = fs::read_to_string(corpus).unwrap();
    fs::write(folder.path().join("whole.jsonl"), &text).unwrap();
    fs::write(folder.path().join("cut.jsonl"), &text[..text.len() - 10]).unwrap();
    let line = |arguments: &str| json_lines(&call(folder.path(), arguments).get_output().stdout).remove(0);
    assert!(line("check --json whole.jsonl").get("cut_short").is_none());
    for arguments in ["check --json cut.jsonl", "check --json cut.jsonl --certificate c.jsonl"] {
        let cut = line(arguments)["cut_short"].to_string();
        assert!(cut.contains("cut off in the middle of its last line"), "{cut}");
    }
}

#[test]
fn a_key_of_any_length_is_shown_shortened_and_given_whole_to_programs() {
    let folder = TempDir::new().unwrap();
    let key = "k".repeat(100_000);
    let event =
        |what: &str, value: &str| format!(r#"{{"process":1,"type":"{what}","f":"buy","key":"{key}","value":{value}}}"#);
    let text = [
        HEADER.to_string(),
        event("invoke", "1"),
        event("ok", r#"{"outcome":"bought"}"#),
    ];
    fs::write(folder.path().join("h.jsonl"), text.join("\n") + "\n").unwrap();
    for explain in ["--explain=full", "--explain=short"] {
        let shown = oversell(folder.path())
            .args(["check", "h.jsonl", explain])
            .output()
            .unwrap();
        let shown = String::from_utf8_lossy(&shown.stdout);
        assert!(shown.len() < 2_000, "{} bytes", shown.len());
        assert!(shown.contains("(100,000 characters)"), "{shown}");
    }
    let given = oversell(folder.path())
        .args(["check", "h.jsonl", "--json"])
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&given.stdout).contains(&key));
}

#[test]
fn waiting_for_no_time_is_refused() {
    let folder = TempDir::new().unwrap();
    call(folder.path(), "run lua --timeout 0s")
        .code(2)
        .stderr(predicate::str::contains("every answer would come too late"));
}

#[cfg(target_os = "linux")]
#[test]
fn running_out_of_files_says_what_to_do() {
    let folder = TempDir::new().unwrap();
    let arguments = ["run", "naive", "--clients=64", "--rounds=1"];
    let output = limited(folder.path(), "ulimit -n 40;", &arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(
        said.contains("Too many open files") && said.contains("ulimit -n"),
        "{said}"
    );
}

#[test]
fn what_is_behind_compressed_data_is_not_called_cut_off() {
    let folder = TempDir::new().unwrap();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("histories/bad/naive.jsonl");
    let text = fs::read(corpus).unwrap();
    for name in ["h.jsonl.gz", "h.jsonl.zst"] {
        let mut file = Vec::new();
        let compression = oversell_checker::history::Compression::of(name).unwrap();
        oversell_checker::history::compressed(compression, &mut file, |to| std::io::Write::write_all(to, &text))
            .unwrap();
        file.extend_from_slice(b"more\n");
        fs::write(folder.path().join(name), file).unwrap();
        oversell(folder.path())
            .args(["check", name])
            .assert()
            .code(2)
            .stderr(predicate::str::contains(
                "found `more` behind the end of the compressed data",
            ));
    }
}

#[test]
fn a_negative_value_is_refused_with_what_is_expected() {
    let folder = TempDir::new().unwrap();
    for (arguments, expected) in [
        ("check h --clock-skew -1", "expected a time that is not negative"),
        ("check h --limit-time -1s", "expected a time that is not negative"),
        (
            "check h --limit-configurations -1",
            "expected a whole number of at least 0",
        ),
        ("report h --limit-time -1s", "expected a time that is not negative"),
        ("run --for -1s", "expected a time that is not negative"),
        ("run --timeout -5s", "expected a time that is not negative"),
        ("run --stall -5ms", "expected a time that is not negative"),
        ("run --read-ratio -0.5", "expected a number from 0 to 1"),
        ("run --quantity -1..2", "expected a number of at least 1"),
        ("run --operations -1", "expected a whole number of at least 1"),
        ("prove --clients -1", "expected a whole number from 1 to 64"),
        ("check h --limit-time soon", "expected a time such as 10s or 1h30m"),
    ] {
        call(folder.path(), arguments)
            .code(2)
            .stderr(predicate::str::contains(expected).and(predicate::str::contains("-- -").not()));
    }
}

#[test]
fn compressed_data_of_which_nothing_can_be_read_is_called_cut_off() {
    let folder = TempDir::new().unwrap();
    for name in ["h.jsonl.gz", "h.jsonl.zst"] {
        let mut file = Vec::new();
        let compression = oversell_checker::history::Compression::of(name).unwrap();
        oversell_checker::history::compressed(compression, &mut file, |to| {
            std::io::Write::write_all(to, HEADER.as_bytes())
        })
        .unwrap();
        fs::write(folder.path().join(name), &file[..12]).unwrap();
        oversell(folder.path())
            .args(["check", name])
            .assert()
            .code(2)
            .stderr(predicate::str::contains(
                "the compressed data is cut off before anything of it can be read",
            ));
    }
}

#[test]
fn names_break_no_lines_and_command_no_terminal() {
    let folder = TempDir::new().unwrap();
    let event = |process: u32, time: u64, kind: &str, value: &str| {
        format!(
            r#"{{"time":{time},"process":{process},"type":"{kind}","f":"buy","key":"k\nfake key","value":{value}}}"#
        )
    };
    let told = r#"{"outcome":"bought","unit":"u\r\nfake\u001b[31m unit"}"#;
    let mut lines = vec![
        HEADER
            .replace("}", r#","strategy":"s\nfake strategy"}"#)
            .replace(r#""initial":0"#, r#""initial":9"#),
    ];
    lines.extend((1..3).map(|process| event(process, 10, "invoke", "1")));
    lines.extend((1..3).map(|process| event(process, 20, "ok", told)));
    let name = "f\nfake file.jsonl";
    fs::write(folder.path().join(name), lines.join("\n") + "\n").unwrap();
    for (arguments, code) in [
        (&["check", name, "--color=always"][..], 1),
        (&["check", name, "--color=always", "--explain=short"], 1),
        (
            &[
                "check",
                name,
                "--color=always",
                "--certificate",
                "c\nfake certificate.jsonl",
            ],
            1,
        ),
        (&["check", "--follow", "-", "--color=always"], 1),
        (&["check", "--clock-skew=0ns", name, "--color=always"], 1),
        (&["check", "x\nfake file", "--color=always"], 2),
        (&["report", name, "-o", "p\nfake page.html"], 1),
        (&["convert", name, "-o", "o\nfake output.jsonl"], 0),
        (&["convert", name, "-o", "o.jsonl", "--key", "x\nfake key"], 2),
        (&["verify", name, "c\nfake certificate.jsonl", "--color=always"], 1),
        (&["verify", name, "v\nfake certificate.jsonl"], 2),
        (&["verify", name, name], 2),
        (&["replay", "r\nfake.schedule.json"], 2),
        (&["prove", "naive", "--out", "s\nfake folder"], 1),
        (
            &["run", "naive", "--rounds=1", "--clients=32", "--out", "h\nfake folder"],
            1,
        ),
    ] {
        let mut command = oversell(folder.path());
        let output = command
            .args(arguments)
            .write_stdin(lines.join("\n") + "\n")
            .output()
            .unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        assert!(
            !text.contains("\nfake") && !text.contains('\r') && text.contains("\\nfake"),
            "{arguments:?}: {text}"
        );
        // Of our own making are those of bold and of single colours behind it.
        assert!(!text.contains("\u{1b}[31m unit"), "{arguments:?}: {text}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn too_few_files_are_an_error_and_no_panic() {
    let folder = TempDir::new().unwrap();
    for arguments in ["run lua --redis redis://127.0.0.1:1", "check -", "replay none.json"] {
        for files in 5..=12 {
            let words: Vec<&str> = arguments.split(' ').collect();
            let mut command = limited(folder.path(), &format!("ulimit -n {files};"), &words);
            let output = command.output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(!said.contains("panicked"), "{files} {arguments}: {said}");
            let code = output.status.code();
            assert!([Some(2), Some(4)].contains(&code), "{files} {arguments}: {said}");
        }
    }
}
