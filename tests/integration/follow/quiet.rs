//! What is told when nothing comes for a while, and what comes late then.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use super::{HEADER, bought, output, oversell};

/// It is told after 0.2 s; a loaded machine may need longer.
const PATIENCE: Duration = Duration::from_secs(30);

fn bad_histories() -> Vec<PathBuf> {
    let files = fs::read_dir(Path::new("histories/bad")).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
        .collect()
}

/// Ends by itself in time, or is ended.
fn ended(mut child: Child) -> Option<(Option<i32>, String, String)> {
    let since = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if since.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        thread::sleep(Duration::from_millis(20));
    }
    Some(output(child))
}

/// The lines on standard error, as they come.
fn told(child: &mut Child) -> Receiver<String> {
    let (to, lines) = channel();
    let from = BufReader::new(child.stderr.take().unwrap());
    thread::spawn(move || from.lines().map_while(Result::ok).try_for_each(|line| to.send(line)));
    lines
}

#[test]
fn a_violation_of_the_last_line_is_told_when_nothing_more_comes() {
    let mut followed = 0;
    let histories = bad_histories();
    for some in histories.chunks(4) {
        let children: Vec<_> = some
            .iter()
            .map(|path| {
                let mut child = oversell(&["check", "--follow", "-"]).spawn().unwrap();
                let mut pipe = child.stdin.take().unwrap();
                // It may stop reading before the end.
                let _ = pipe.write_all(&fs::read(path).unwrap());
                (path, child, pipe)
            })
            .collect();
        for (path, child, pipe) in children {
            let Some((code, out, err)) = ended(child) else {
                panic!("{}: not told", path.display())
            };
            drop(pipe);
            if err.contains("in order of time") {
                assert_eq!(code, Some(2), "{}", path.display());
            } else {
                assert_eq!(code, Some(1), "{}: {out}{err}", path.display());
                followed += 1;
            }
        }
    }
    assert!(followed > 30, "{followed}");
}

/// `check -`, and its pipe, which has announced a violation after which nothing has come yet.
fn announced() -> (Child, ChildStdin, Receiver<String>) {
    let mut child = oversell(&["check", "-"]).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    write!(pipe, "{HEADER}\n{}{}", bought(0, 10), bought(1, 20)).unwrap();
    let lines = told(&mut child);
    let line = lines.recv_timeout(PATIENCE).unwrap();
    assert!(line.contains("key `sku` is a violation by line 5, unless"), "{line}");
    (child, pipe, lines)
}

#[test]
fn a_violation_of_the_last_line_of_standard_input_is_announced_when_nothing_more_comes() {
    let (mut child, pipe, _lines) = announced();
    drop(pipe);
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn a_violation_is_told_while_lines_of_another_key_come_without_a_pause() {
    let mut child = oversell(&["check", "--follow", "-"]).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    write!(pipe, "{HEADER}\n{}{}", bought(0, 10), bought(1, 20)).unwrap();
    let since = Instant::now();
    let mut time = 30;
    while child.try_wait().unwrap().is_none() {
        assert!(since.elapsed() < PATIENCE, "not told");
        for (kind, value) in [("invoke", "null"), ("ok", "1")] {
            // It may have stopped reading.
            let _ = writeln!(
                pipe,
                r#"{{"time":{time},"process":9,"type":"{kind}","f":"read","key":"other","value":{value}}}"#
            );
            time += 1;
        }
        thread::sleep(Duration::from_millis(5));
    }
    let (code, out, err) = output(child);
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(out.contains("sku"), "{out}{err}");
}

#[test]
fn what_a_late_line_makes_right_is_taken_back() {
    let restock = |time: u64| {
        let event = |kind: &str, value: &str| {
            format!(r#"{{"time":{time},"process":9,"type":"{kind}","f":"restock","key":"sku","value":{value}}}"#)
        };
        format!("{}\n{}\n", event("invoke", "1"), event("ok", "null"))
    };
    for (late, taken_back) in [
        (
            restock(20),
            "is no violation; what makes it right came later than line 5",
        ),
        (
            restock(15),
            "taken back for now: that key `sku` is a violation, because line 6 ",
        ),
    ] {
        let (mut child, mut pipe, lines) = announced();
        write!(pipe, "{late}").unwrap();
        // The pipe is still open.
        let line = lines.recv_timeout(PATIENCE).unwrap();
        assert!(line.contains(taken_back), "{line}");
        drop(pipe);
        let mut out = String::new();
        child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{out}");
        assert!(out.contains("linearizable, 3 operations on 1 key"), "{out}");
    }
}

#[test]
fn a_line_of_the_last_instant_may_come_after_a_silence() {
    let mut child = oversell(&["check", "--follow", "-"]).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    write!(pipe, "{HEADER}\n{}", bought(0, 10)).unwrap();
    thread::sleep(Duration::from_millis(500));
    // It overlaps the purchase, so it may still see the unit.
    let read = |kind: &str, value: &str| {
        format!(r#"{{"time":10,"process":7,"type":"{kind}","f":"read","key":"sku","value":{value}}}"#)
    };
    writeln!(pipe, "{}\n{}", read("invoke", "null"), read("ok", "1")).unwrap();
    drop(pipe);
    let (code, out, err) = output(child);
    assert_eq!(code, Some(0), "{out}{err}");
}

#[test]
fn a_key_without_a_name_is_called_that() {
    let mut child = oversell(&["check", "-"]).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let text = format!("{HEADER}\n{}{}", bought(0, 10), bought(1, 20)).replace(r#","key":"sku""#, "");
    pipe.write_all(text.as_bytes()).unwrap();
    let line = told(&mut child).recv_timeout(PATIENCE).unwrap();
    assert!(line.contains("the key without a name is a violation"), "{line}");
    drop(pipe);
    assert_eq!(child.wait().unwrap().code(), Some(1));
}
