//! `oversell check --follow`, and `run --stop-on-violation`.

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use serde_json::Value;

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

fn output(mut child: Child) -> (Option<i32>, String, String) {
    let (mut out, mut err) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    (child.wait().unwrap().code(), out, err)
}

#[test]
fn every_stock_history_of_the_corpus_gets_the_same_verdict_as_when_it_is_read_as_a_whole() {
    let mut followed = 0;
    for folder in ["ok", "bad"] {
        for entry in fs::read_dir(Path::new("histories").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let stock = text.lines().next().unwrap().contains(r#""spec":"stock""#);
            let mut command = oversell(&["check", "--follow", "--json", "-"]);
            let child = command.stdin(File::open(&path).unwrap()).spawn().unwrap();
            let (code, out, err) = output(child);
            if !stock {
                assert_eq!(code, Some(2), "{}: {err}", path.display());
                assert!(err.contains("without it"), "{err}");
            } else if err.contains("in order of time") {
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

#[test]
fn a_violation_is_told_while_the_pipe_is_still_open() {
    let mut child = oversell(&["check", "--follow", "-"]).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    write!(pipe, "{HEADER}\n{}{}", bought(0, 10), bought(1, 20)).unwrap();
    // An event is given out when the next instant has begun.
    writeln!(
        pipe,
        r#"{{"time":30,"process":0,"type":"invoke","f":"read","key":"sku"}}"#
    )
    .unwrap();
    pipe.flush().unwrap();
    let (code, out, err) = output(child);
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(out.contains("violation after"), "{out}");
    assert!(out.contains("SOLD 1 UNIT MORE THAN IT HAD"), "{out}");
    drop(pipe);
}

#[test]
fn a_file_is_followed_while_it_grows_until_it_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("growing.jsonl");
    fs::write(&path, format!("{HEADER}\n{}", bought(0, 10))).unwrap();
    let follow = || {
        oversell(&["check", "--follow", path.to_str().unwrap()])
            .spawn()
            .unwrap()
    };
    let interrupted = follow();
    thread::sleep(Duration::from_millis(700));
    let killed = Command::new("sh")
        .args(["-c", &format!("kill -INT {}", interrupted.id())])
        .status();
    assert!(killed.unwrap().success());
    let (code, out, err) = output(interrupted);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("linearizable after 1 operations on 1 key"), "{out}");

    let found = follow();
    thread::sleep(Duration::from_millis(300));
    let mut file = File::options().append(true).open(&path).unwrap();
    write!(file, "{}{}", bought(1, 20), bought(2, 30)).unwrap();
    let (code, out, _) = output(found);
    assert_eq!(code, Some(1), "{out}");
}

#[test]
fn what_cannot_be_followed_is_said() {
    for (arguments, message) in [
        (
            &["check", "--follow", "a.jsonl", "b.jsonl"][..],
            "found 2 paths; --follow takes one",
        ),
        (&["check", "--follow", "missing.jsonl"], "failed to open it"),
        (&["check", "--follow", "histories"], "histories: failed to read it"),
        (
            &["check", "--follow", "--certificate", "c.jsonl", "-"],
            "cannot be used with '--certificate",
        ),
        (
            &["check", "--follow", "--clock-skew", "1ms", "-"],
            "cannot be used with '--clock-skew",
        ),
    ] {
        let (code, _, err) = output(oversell(arguments).spawn().unwrap());
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
        "--for",
        "60s",
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
