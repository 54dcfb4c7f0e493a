//! `oversell check --follow`, and `run --stop-on-violation`.

mod files;
mod quiet;
mod spoiled;
mod values;

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::cli::kill;

const HEADER: &str = r#"{"format":"oversell-history","version":1,"spec":"stock","initial":1}"#;

fn oversell(arguments: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("oversell"));
    command.args(arguments).env_remove("OVERSELL_REDIS_URL");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The lines of a purchase by `process`, all of whose events come at `time`.
fn bought(process: u32, time: u64) -> String {
    let event = |kind: &str, value: &str| {
        format!(r#"{{"time":{time},"process":{process},"type":"{kind}","f":"buy","key":"sku","value":{value}}}"#)
    };
    format!("{}\n{}\n", event("invoke", "1"), event("ok", r#"{"outcome":"bought"}"#))
}

/// Calls it with these words and writes `text`; the pipe stays open as long as its end that is returned, too.
fn fed(words: &str, text: &str) -> (Child, ChildStdin) {
    let words: Vec<&str> = words.split(' ').collect();
    let mut child = oversell(&words).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(text.as_bytes()).unwrap();
    pipe.flush().unwrap();
    (child, pipe)
}

fn output(mut child: Child) -> (Option<i32>, String, String) {
    let (mut out, mut err) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    (child.wait().unwrap().code(), out, err)
}

#[test]
fn every_history_of_the_corpus_gets_the_same_verdict_as_when_it_is_read_as_a_whole() {
    let mut followed = 0;
    for folder in ["ok", "bad"] {
        for entry in fs::read_dir(Path::new("histories").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let mut command = oversell(&["check", "--follow", "--json", "-"]);
            let child = command.stdin(File::open(&path).unwrap()).spawn().unwrap();
            let (code, out, err) = output(child);
            if err.contains("in order of time") {
                assert_eq!(code, Some(2), "{}", path.display());
            } else {
                followed += 1;
                let expected = if folder == "ok" {
                    ("linearizable", 0)
                } else {
                    ("violation", 1)
                };
                let line: Value = serde_json::from_str(&out).unwrap();
                let found = (line["verdict"].as_str().unwrap(), code.unwrap());
                assert_eq!(found, expected, "{}: {err}", path.display());
                if folder == "bad" {
                    assert!(
                        line["violations"][0]["explanation"].is_string(),
                        "{}: {out}",
                        path.display()
                    );
                }
            }
        }
    }
    assert!(followed > 40, "{followed}");
}

/// The objects that `check --json` prints for this input, and its exit code.
fn checked(path: &str, input: Stdio) -> (Value, Option<i32>, String) {
    let child = oversell(&["check", "--json", path]).stdin(input).spawn().unwrap();
    let (code, out, err) = output(child);
    let mut line: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{path}: {out}{err}"));
    let fields = line.as_object_mut().unwrap();
    fields.remove("file");
    fields.remove("seconds");
    (line, code, err)
}

#[test]
fn standard_input_gets_the_same_answer_as_a_file_whatever_is_in_it() {
    let mut compared = 0;
    for folder in ["ok", "bad"] {
        for entry in fs::read_dir(Path::new("histories").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let piped = checked("-", File::open(&path).unwrap().into());
            let whole = checked(path.to_str().unwrap(), Stdio::null());
            assert_eq!((&piped.0, piped.1), (&whole.0, whole.1), "{}", path.display());
            compared += 1;
        }
    }
    assert!(compared > 50, "{compared}");
}

#[test]
fn lines_in_any_order_and_a_cut_off_end_are_read_from_standard_input_as_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("h.jsonl");
    for (text, expected) in [
        (format!("{HEADER}\n{}{}", bought(0, 20), bought(1, 10)), 1),
        (
            format!("{HEADER}\n{}{}", bought(0, 10), r#"{"time":20,"process":1,"ty"#),
            0,
        ),
    ] {
        fs::write(&path, text).unwrap();
        let piped = checked("-", File::open(&path).unwrap().into());
        let whole = checked(path.to_str().unwrap(), Stdio::null());
        assert_eq!((&piped.0, piped.1), (&whole.0, whole.1));
        assert_eq!(piped.1, Some(expected), "{}", piped.2);
        assert_eq!(
            piped.2.matches("cut off").count(),
            usize::from(expected == 0),
            "{}",
            piped.2
        );
    }
    // Among others, and compressed.
    let packed = folder.path().join("h.jsonl.gz");
    let mut encoder = flate2::write::GzEncoder::new(File::create(&packed).unwrap(), flate2::Compression::fast());
    write!(encoder, "{HEADER}\n{}", bought(0, 10)).unwrap();
    encoder.finish().unwrap();
    let mut command = oversell(&["check", "--json", path.to_str().unwrap(), "-", path.to_str().unwrap()]);
    let (code, out, err) = output(command.stdin(File::open(&packed).unwrap()).spawn().unwrap());
    assert_eq!(code, Some(0), "{err}");
    let files: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(files.len(), 3, "{out}");
    assert_eq!(files[1]["file"], "-");
}

#[test]
fn a_violation_is_told_while_the_pipe_is_still_open() {
    // An event is given out when the next instant has begun.
    let next = r#"{"time":30,"process":0,"type":"invoke","f":"read","key":"sku"}"#;
    let text = format!("{HEADER}\n{}{}{next}\n", bought(0, 10), bought(1, 20));
    let (child, _pipe) = fed("check --follow -", &text);
    let (code, out, err) = output(child);
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(out.contains("violation after"), "{out}");
    assert!(out.contains("SOLD 1 UNIT MORE THAN IT HAD"), "{out}");
}

#[test]
fn what_cannot_be_followed_is_said() {
    for (arguments, message) in [
        ("a.jsonl b.jsonl", "found 2 paths; --follow takes one"),
        ("missing.jsonl", "failed to open it"),
        ("histories", "histories: failed to read it"),
        ("--certificate c.jsonl -", "cannot be used with '--certificate"),
        ("--clock-skew 1ms -", "cannot be used with '--clock-skew"),
    ] {
        let mut command = oversell(&["check", "--follow"]);
        let (code, _, err) = output(command.args(arguments.split(' ')).spawn().unwrap());
        assert_eq!(code, Some(2), "{err}");
        assert!(err.contains(message), "{err}");
    }
}

#[test]
fn a_run_stops_at_its_first_violation() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().display().to_string();
    let arguments = [
        "run",
        "naive",
        "--for=60s",
        "--stop-on-violation",
        "--json",
        "--out",
        &out,
    ];
    let (code, out, err) = output(oversell(&arguments).spawn().unwrap());
    assert_eq!(code, Some(1), "{out}{err}");
    let line: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(line["cut_short"], "stopped at the first violation", "{out}");
    assert!(line["seconds"].as_f64().unwrap() < 60.0, "{out}");
}

#[test]
fn an_interrupt_ends_a_pipe_that_is_followed_after_its_last_line() {
    let register = HEADER.replace("stock", "register");
    let write = r#"{"time":10,"process":0,"type":"invoke","f":"write","key":"sku","value":1}"#;
    for (text, signalled) in [
        (
            format!(
                "{HEADER}\n{}{}",
                bought(0, 10),
                r#"{"time":20,"process":0,"type":"invoke","f":"read","key":"sku"}"#
            ) + "\n",
            "INT",
        ),
        (
            format!(
                "{register}\n{write}\n{}\n",
                write.replace("10", "20").replace("\"process\":0", "\"process\":1")
            ),
            "TERM",
        ),
    ] {
        let (child, _pipe) = fed("check --follow --json -", &text);
        thread::sleep(Duration::from_millis(700));
        kill(&child, signalled);
        // The pipe stays open.
        let (found, out, err) = output(child);
        let line: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{text}: {out}{err}"));
        assert_eq!(
            (line["verdict"].as_str(), found),
            (Some("linearizable"), Some(0)),
            "{out}{err}"
        );
        assert_eq!(line["cut_short"], "interrupted", "{out}");
        assert_eq!(line["operations"], 2, "{out}");
        assert!(err.contains("interrupted;"), "{err}");
    }
}

#[test]
fn a_signal_ends_the_reading_of_standard_input_without_a_verdict() {
    let (child, _pipe) = fed("check --json -", &format!("{HEADER}\n{}", bought(0, 10)));
    thread::sleep(Duration::from_millis(300));
    kill(&child, "TERM");
    // The pipe stays open.
    let (code, out, err) = output(child);
    assert_eq!((code, out.as_str(), err.as_str()), (None, "", ""));
}

#[test]
fn an_operation_that_was_open_when_following_stopped_is_not_called_lost() {
    let begun = r#"{"time":25,"process":7,"type":"invoke","f":"buy","key":"sku","value":1}"#;
    let lost = r#"{"time":26,"process":7,"type":"info","f":"buy","key":"sku","value":"timed out"}"#;
    for (ending, open) in [("", true), (lost, false)] {
        let next = r#"{"time":30,"process":8,"type":"invoke","f":"read","key":"other"}"#;
        let sold = bought(0, 10) + &bought(1, 20);
        let (child, _pipe) = fed(
            "check --follow -",
            &format!("{HEADER}\n{sold}{begun}\n{ending}\n{next}\n"),
        );
        // The pipe stays open, so the answer may still come.
        let (code, out, err) = output(child);
        assert_eq!(code, Some(1), "{out}{err}");
        assert_eq!(out.contains("1 operation had no answer yet"), open, "{out}");
        assert_eq!(out.contains("1 more operation got no answer"), !open, "{out}");
    }
}

#[test]
fn every_key_that_is_found_at_the_end_of_input_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("h.jsonl");
    let sold = |key: &str| format!("{}{}", bought(0, 10), bought(1, 10)).replace("sku", key);
    fs::write(&path, format!("{HEADER}\n{}{}", sold("a"), sold("b"))).unwrap();
    let mut command = oversell(&["check", "--follow", "--json", "-"]);
    let (code, out, err) = output(command.stdin(File::open(&path).unwrap()).spawn().unwrap());
    assert_eq!(code, Some(1), "{out}{err}");
    let line: Value = serde_json::from_str(&out).unwrap();
    let violations = line["violations"].as_array().unwrap().iter();
    let keys: Vec<_> = violations.map(|found| &found["key"]).collect();
    assert_eq!(keys, ["a", "b"], "{out}");
    assert_eq!(line.get("cut_short"), None, "{out}");
}

const REGISTERS: &str = r#"{"format":"oversell-history","version":1,"spec":"register","initial":0}"#;
