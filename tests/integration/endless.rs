//! What has no end, or is far too much, ends in a message all the same.
#![cfg(target_os = "linux")]

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::cli::{call, kill, oversell, until};

const HISTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/histories/bad/naive.jsonl");
const HEADER: &str = r#"{"format":"oversell-history","version":1,"spec":"stock","initial":0}"#;

/// With so much memory that a fault here is none of the whole machine, and a line in front that limits more.
pub(crate) fn limited(folder: &Path, limits: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("ulimit -v 8000000; {limits} exec \"$0\" \"$@\"")])
        .arg(assert_cmd::cargo::cargo_bin!("oversell"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("OVERSELL_REDIS_URL")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

pub(crate) fn told(output: &Output) -> String {
    [output.stdout.as_slice(), &output.stderr]
        .map(String::from_utf8_lossy)
        .concat()
}

/// Writes such lines without an end, as long as it reads.
fn endless(mut child: Child, line: impl Fn(u64) -> String + Send + 'static) -> Output {
    let mut pipe = child.stdin.take().unwrap();
    let writes = thread::spawn(move || {
        for block in 0.. {
            let lines: String = (0..1_000).map(|number| line(1_000 * block + number)).collect();
            if pipe.write_all(lines.as_bytes()).is_err() {
                break;
            }
        }
    });
    let output = child.wait_with_output().unwrap();
    writes.join().unwrap();
    output
}

#[test]
fn a_file_without_an_end_is_read_to_a_limit() {
    let folder = TempDir::new().unwrap();
    for arguments in [
        &["check", "/dev/zero"][..],
        &["report", "/dev/zero"],
        &["convert", "/dev/zero", "--from", "history", "-o", "x.edn"],
        &[
            "convert",
            "/dev/zero",
            "--from=edn",
            "-o",
            "x.jsonl",
            "--limit-memory=1GB",
        ],
        &[
            "convert",
            "/dev/zero",
            "--from=porcupine-events",
            "-o",
            "x.jsonl",
            "--limit-memory=1GB",
        ],
        &["verify", "/dev/zero", HISTORY],
        &["verify", HISTORY, "/dev/zero"],
        &["replay", "/dev/zero"],
        &["prove", "--script", "/dev/zero"],
    ] {
        let output = limited(folder.path(), "", arguments).output().unwrap();
        let told = told(&output);
        // What is not read within the limit of memory is not decided.
        let code = if arguments.contains(&"--limit-memory=1GB") {
            3
        } else {
            2
        };
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        assert!(
            told.contains("/dev/zero") && told.contains("more than") || told.contains("longer than"),
            "{told}"
        );
    }
}

/// One operation on a key of its own.
fn on_its_own_key(number: u64) -> String {
    let event = |time: u64, kind: &str, value: &str| {
        format!(r#"{{"time":{time},"process":0,"type":"{kind}","f":"read","key":"k{number}","value":{value}}}"#) + "\n"
    };
    event(2 * number, "invoke", "null") + &event(2 * number + 1, "ok", "0")
}

#[test]
fn a_pipe_without_an_end_is_read_to_the_limit_of_memory() {
    let folder = TempDir::new().unwrap();
    let edn = |_| "{:process 0, :type :invoke, :f :read, :value nil}\n".to_string();
    let history = |number| {
        if number == 0 {
            format!("{HEADER}\n")
        } else {
            on_its_own_key(number)
        }
    };
    for (arguments, code) in [
        (&["check", "-"][..], 3),
        (&["check", "--follow", "-"], 3),
        (&["verify", "-", HISTORY], 3),
        (&["convert", "-", "--from", "history", "-o", "x.edn"], 3),
        (&["convert", "-", "--from", "edn", "-o", "x.jsonl"], 3),
    ] {
        let mut command = limited(folder.path(), "", arguments);
        let child = command.arg("--limit-memory=100MB").stdin(Stdio::piped()).spawn();
        let output = if arguments.contains(&"edn") {
            endless(child.unwrap(), edn)
        } else {
            endless(child.unwrap(), history)
        };
        let told = told(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        assert!(told.contains("of memory") && told.contains("--limit-memory"), "{told}");
    }
}

#[test]
fn what_the_system_does_not_allow_is_told_before_anything_is_begun() {
    let folder = TempDir::new().unwrap();
    for limit in ["ulimit -n 6", "ulimit -v 60000"] {
        for arguments in [
            &["run", "lua"][..],
            &["check", HISTORY],
            &["check", "--follow", "-"],
            &["explore", "lua"],
        ] {
            let output = limited(folder.path(), &format!("{limit};"), arguments)
                .output()
                .unwrap();
            let told = told(&output);
            assert_eq!(output.status.code(), Some(2), "{limit} {arguments:?}: {told}");
            assert!(told.contains("failed to start") && told.contains(&limit[..9]), "{told}");
        }
    }
}

/// A history in which every key is sold without ever having had a unit.
fn all_violate(keys: impl Iterator<Item = String>) -> String {
    let mut text = format!("{HEADER}\n");
    for (number, key) in keys.enumerate() {
        for (kind, value) in [("invoke", "1"), ("ok", r#"{"outcome":"bought"}"#)] {
            let line =
                format!(r#"{{"time":{number},"process":0,"type":"{kind}","f":"buy","key":{key},"value":{value}}}"#);
            writeln!(text, "{line}").unwrap();
        }
    }
    text
}

#[test]
fn of_very_many_violating_keys_a_part_is_explained_and_the_others_are_counted() {
    let folder = TempDir::new().unwrap();
    let keys = (0..3_000).map(|number| format!("\"k{number}\""));
    fs::write(folder.path().join("h.jsonl"), all_violate(keys)).unwrap();
    let json = call(folder.path(), "check --json h.jsonl");
    let line: Value = serde_json::from_slice(&json.get_output().stdout).unwrap();
    assert_eq!(line["violations"].as_array().unwrap().len(), 1_000);
    assert_eq!(line["further_violations"], 2_000);
    let text = told(call(folder.path(), "check h.jsonl").get_output());
    assert!(
        text.contains("one of 3,000 that violate (`--json` lists the first 1,000)"),
        "{text}"
    );
    call(folder.path(), "report h.jsonl").code(1);
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(page.contains("3000 of 3,000 keys violate"));
    // Each of them has a proof of its own.
    call(folder.path(), "check h.jsonl --certificate c.jsonl").code(1);
    let verified = call(folder.path(), "verify --json h.jsonl c.jsonl");
    let verified: Value = serde_json::from_slice(&verified.get_output().stdout).unwrap();
    assert_eq!(verified["violations"].as_array().unwrap().len(), 3_000, "{verified}");
}

#[test]
fn controls_in_a_key_are_escaped_and_keep_keys_apart() {
    let folder = TempDir::new().unwrap();
    let keys = ["a\u{7f}b", "ab", "\u{1b}[2J", "\u{9b}2J"];
    let written = keys.map(|key| serde_json::to_string(key).unwrap());
    fs::write(folder.path().join("h.jsonl"), all_violate(written.into_iter())).unwrap();
    let is_plain = |text: &str| {
        text.chars()
            .all(|character| character == '\n' || !character.is_control())
    };
    let printed = |words: &str| {
        let output = call(folder.path(), words).get_output().stdout.clone();
        let text = String::from_utf8(output).unwrap();
        assert!(is_plain(&text), "{words}: {text:?}");
        text
    };
    let json = printed("check --json h.jsonl");
    let line: Value = serde_json::from_str(&json).unwrap();
    let found = line["violations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|violation| &violation["key"]);
    assert_eq!(found.collect::<Vec<_>>(), keys);
    for to in ["history", "edn", "porcupine-events", "porcupine-operations"] {
        let text = printed(&format!("convert h.jsonl -o - --to {to}"));
        oversell(folder.path())
            .args(["convert", "-", "--from", to, "-o", "back.jsonl"])
            .write_stdin(text)
            .assert()
            .code(0);
        let back = fs::read_to_string(folder.path().join("back.jsonl")).unwrap();
        let back = back
            .lines()
            .skip(1)
            .step_by(2)
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["key"].clone());
        assert_eq!(back.collect::<Vec<_>>(), keys, "{to}");
    }
    printed("check h.jsonl --certificate -");
}

#[test]
fn one_signal_ends_a_check_that_takes_long() {
    let folder = TempDir::new().unwrap();
    // Wide open purchases and restocks, of which only some together leave what is read.
    let mut text = HEADER.replace(":0}", ":1000000}") + "\n";
    let quantity = |number: u64| 7 * (number * number % 50 + 1) + number % 7;
    for number in 0..600 {
        let f = if number % 2 == 0 { "restock" } else { "buy" };
        let asked = quantity(number);
        writeln!(
            text,
            r#"{{"time":{number},"process":{number},"type":"invoke","f":"{f}","value":{asked}}}"#
        )
        .unwrap();
    }
    for (number, level) in (0..200).map(|number| (number, 1_000_000 + 13 * number % 301)) {
        for (time, kind, value) in [(0, "invoke", "null".to_string()), (1, "ok", level.to_string())] {
            let time = 1_000 + 2 * number + time;
            writeln!(
                text,
                r#"{{"time":{time},"process":1000,"type":"{kind}","f":"read","value":{value}}}"#
            )
            .unwrap();
        }
    }
    fs::write(folder.path().join("h.jsonl"), text).unwrap();
    let mut signalled = 0;
    for arguments in [&["check", "h.jsonl"][..], &["check", "--follow", "-"]] {
        let mut child = limited(folder.path(), "", arguments)
            .args([
                "--limit-time=10m",
                "--limit-configurations=100000000000",
                "--limit-memory=4GB",
            ])
            .stdin(File::open(folder.path().join("h.jsonl")).unwrap())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_secs(2));
        // Where it was decided in that time, there is nothing to be seen here.
        if child.try_wait().unwrap().is_none() {
            signalled += 1;
            kill(&child, "TERM");
            let since = Instant::now();
            until("it has ended", || child.try_wait().unwrap().is_some());
            // A second, and what a loaded machine needs beyond it.
            assert!(
                since.elapsed() < Duration::from_secs(5),
                "{arguments:?}: {:?}",
                since.elapsed()
            );
        }
        let output = child.wait_with_output().unwrap();
        assert!(output.status.code() != Some(0), "{arguments:?}: {}", told(&output));
    }
    assert!(signalled > 0, "no check took long");
}

/// The first line of the answer to this request.
fn asked(port: u16, request: &str) -> String {
    let mut answer = String::new();
    until("it answers", || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        answer.clear();
        // It closes the connection as long as the server behind it is not up.
        stream.read_to_string(&mut answer).is_ok() && !answer.is_empty()
    });
    answer.lines().next().unwrap().to_string()
}

#[test]
fn the_states_are_shown_to_this_machine_only() {
    let folder = TempDir::new().unwrap();
    let mut child = limited(folder.path(), "", &["explore", "lua", "--port", "0"])
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let port = line
        .split("127.0.0.1:")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    for (method, headers, allowed) in [
        ("GET /.status", format!("Host: 127.0.0.1:{port}"), true),
        ("GET /.status", format!("host: localhost:{port}"), true),
        ("POST /.runtocompletion", format!("Host: localhost:{port}"), true),
        (
            "POST /.runtocompletion",
            format!("Host: localhost:{port}\r\nOrigin: http://localhost:{port}"),
            true,
        ),
        ("GET /.status", "Host: example.com".to_string(), false),
        ("GET /.status", format!("Host: example.com:{port}"), false),
        (
            "GET /.status",
            format!("Host: localhost:{port}\r\nHost: example.com"),
            false,
        ),
        ("GET /.status", "Accept: */*".to_string(), false),
        (
            "POST /.runtocompletion",
            format!("Host: localhost:{port}\r\nOrigin: http://example.com"),
            false,
        ),
        (
            "POST /.runtocompletion",
            format!("Host: localhost:{port}\r\nOrigin: null"),
            false,
        ),
    ] {
        let answer = asked(
            port,
            &format!("{method} HTTP/1.1\r\n{headers}\r\nContent-Length: 0\r\n\r\n"),
        );
        let expected = if allowed { "HTTP/1.1 200" } else { "HTTP/1.1 403" };
        assert!(answer.starts_with(expected), "{method} {headers}: {answer}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
