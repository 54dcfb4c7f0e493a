//! What is told when nothing comes for a while, and what comes late then.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Child,
    thread,
    time::{Duration, Instant},
};

use super::{HEADER, bought, fed, output, oversell};

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

#[test]
fn a_violation_is_told_while_lines_of_another_key_come_without_a_pause() {
    let sold = bought(0, 10) + &bought(1, 20);
    let (mut child, mut pipe) = fed("check --follow -", &format!("{HEADER}\n{sold}"));
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
fn a_line_of_the_last_instant_may_come_after_a_silence() {
    let (child, mut pipe) = fed("check --follow -", &format!("{HEADER}\n{}", bought(0, 10)));
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
    let unnamed = format!("{HEADER}\n{}{}", bought(0, 10), bought(1, 20)).replace(r#","key":"sku""#, "");
    let (child, pipe) = fed("check --follow -", &(unnamed + &bought(2, 30) + &bought(3, 15)));
    drop(pipe);
    let (code, out, err) = output(child);
    assert_eq!(code, Some(2), "{out}{err}");
    assert!(
        err.contains("By line 5, the key without a name was a violation"),
        "{err}"
    );
}
