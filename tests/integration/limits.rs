//! Limits of memory, and signals that are heeded while a search holds much: every purchase is open at once, and none is answered.

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::cli::kill;

/// So many purchases of different quantities, then a look at the stock, and another, between which some of them happened: which, is for
/// a search to find out.
fn unanswered(count: u64) -> String {
    let initial = count * 3;
    let mut text = format!(r#"{{"format":"oversell-history","version":1,"spec":"stock","initial":{initial}}}"#) + "\n";
    for number in 0..count {
        let quantity = 1 + (number * 7 + number * number) % 13;
        writeln!(
            text,
            r#"{{"time":{number},"process":{number},"type":"invoke","f":"buy","value":{quantity}}}"#
        )
        .unwrap();
    }
    for (place, level) in [(0, initial), (2, initial - count)] {
        let (time, process) = (count + place, count + place);
        writeln!(
            text,
            r#"{{"time":{time},"process":{process},"type":"invoke","f":"read"}}
{{"time":{},"process":{process},"type":"ok","f":"read","value":{level}}}"#,
            time + 1
        )
        .unwrap();
    }
    text
}

fn program() -> &'static std::path::Path {
    assert_cmd::cargo::cargo_bin!("oversell")
}

/// Beyond the addresses that the shell allows there would be no verdict, but an abort.
#[test]
fn memory_beyond_the_limit_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("h.jsonl");
    fs::write(&path, unanswered(300)).unwrap();
    let line = format!(
        "ulimit -v 1500000; exec '{}' check '{}' --limit-memory 250MB",
        program().display(),
        path.display()
    );
    let output = Command::new("sh")
        .args(["-c", &line])
        .env("RAYON_NUM_THREADS", "2")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        output.status.code(),
        Some(3),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        said.contains("not decided: memory: 250.0 MB were held; raise --limit"),
        "{said}"
    );
}

#[test]
fn a_signal_ends_a_search_and_what_is_known_is_told() {
    let mut child = Command::new(program())
        .args(["check", "-", "--limit-memory", "2GB"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // More than a pipe holds: when all is written, it is being read, and signals are looked at.
    let note = format!(r#"{{"note":"{}","#, "x".repeat(200_000));
    let history = unanswered(300).replacen('{', &note, 1);
    child.stdin.take().unwrap().write_all(history.as_bytes()).unwrap();
    thread::sleep(Duration::from_millis(700));
    let sent = Instant::now();
    kill(&child, "INT");
    let output = child.wait_with_output().unwrap();
    let (took, said) = (sent.elapsed(), String::from_utf8(output.stdout).unwrap());
    // A second on a quiet machine.
    assert!(took < Duration::from_secs(6), "{took:?}: {said}");
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("not decided: interrupted"), "{said}");
}

#[test]
fn a_size_is_told_as_people_write_it() {
    let output = Command::new(program())
        .args(["check", "h", "--limit-memory", "much"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("expected a size such as 500MB or 4GB"), "{said}");
}
