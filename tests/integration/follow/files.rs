//! Files that grow, and what becomes of them.

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
    process::{Child, Command},
    thread,
    time::Duration,
};

use serde_json::Value;

use super::{HEADER, bought, output, oversell};
use crate::cli::kill;

fn follow(path: &Path) -> Child {
    oversell(&["check", "--follow", path.to_str().unwrap()])
        .spawn()
        .unwrap()
}

#[test]
fn a_file_is_followed_while_it_grows_until_it_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("growing.jsonl");
    fs::write(&path, format!("{HEADER}\n{}", bought(0, 10))).unwrap();
    let interrupted = follow(&path);
    thread::sleep(Duration::from_millis(700));
    kill(&interrupted, "INT");
    let (code, out, err) = output(interrupted);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("linearizable after 1 operation on 1 key"), "{out}");

    let found = follow(&path);
    thread::sleep(Duration::from_millis(300));
    let mut file = File::options().append(true).open(&path).unwrap();
    write!(file, "{}{}", bought(1, 20), bought(2, 30)).unwrap();
    let (code, out, _) = output(found);
    assert_eq!(code, Some(1), "{out}");
}

#[test]
fn the_last_line_of_a_file_counts_whenever_the_interrupt_comes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("h.jsonl");
    for (end, delay) in [("\n", 2000), ("", 400), ("", 425), ("", 450), ("", 475)] {
        let text = format!("{HEADER}\n{}{}", bought(0, 10), bought(1, 20));
        fs::write(&path, format!("{}{end}", text.trim_end())).unwrap();
        let child = follow(&path);
        thread::sleep(Duration::from_millis(delay));
        kill(&child, "INT");
        let (code, out, err) = output(child);
        assert_eq!(code, Some(1), "after {delay} ms: {out}{err}");
        // A line that has its end is told of before.
        assert_eq!(err.contains("interrupted;"), end.is_empty(), "{err}");
    }
}

#[test]
fn an_empty_file_is_followed_from_its_first_line_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("h.jsonl");
    let mut file = File::create(&path).unwrap();
    let child = follow(&path);
    thread::sleep(Duration::from_millis(500));
    write!(file, "{HEADER}\n{}{}", bought(0, 10), bought(1, 20)).unwrap();
    let (code, out, err) = output(child);
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(out.contains("SOLD 1 UNIT MORE THAN IT HAD"), "{out}");

    File::create(&path).unwrap();
    let child = follow(&path);
    thread::sleep(Duration::from_millis(500));
    fs::remove_file(&path).unwrap();
    let (code, _, err) = output(child);
    assert_eq!(code, Some(2), "{err}");
    assert!(
        err.contains("found nothing in it") && err.contains("(the file was removed)"),
        "{err}"
    );
}

#[test]
fn a_pipe_with_a_name_is_waited_for_until_an_interrupt() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    // Nobody writes to it.
    let child = follow(&path);
    thread::sleep(Duration::from_millis(700));
    kill(&child, "INT");
    let (code, _, err) = output(child);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("interrupted before its first line had come"), "{err}");

    let child = follow(&path);
    let mut pipe = File::options().write(true).open(&path).unwrap();
    write!(pipe, "{HEADER}\n{}{}", bought(0, 10), bought(1, 20)).unwrap();
    let (code, out, err) = output(child);
    assert_eq!(code, Some(1), "{out}{err}");
    drop(pipe);
}

#[test]
fn a_file_that_is_written_anew_and_longer_is_not_followed_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("h.jsonl");
    fs::write(&path, format!("{HEADER}\n{}", bought(0, 10))).unwrap();
    let child = follow(&path);
    thread::sleep(Duration::from_millis(500));
    // In place, and at once: nobody sees it shorter.
    let other = HEADER.replace(":1}", ":7}");
    let mut file = File::options().write(true).open(&path).unwrap();
    write!(file, "{other}\n{}{}", bought(3, 11), bought(4, 30)).unwrap();
    let (code, out, err) = output(child);
    assert_eq!(code, Some(2), "{out}{err}");
    assert!(err.contains("it was written anew"), "{err}");
}

#[test]
fn a_file_that_is_truncated_is_not_followed_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("h.jsonl");
    fs::write(&path, format!("{HEADER}\n{}", bought(0, 10))).unwrap();
    let child = follow(&path);
    thread::sleep(Duration::from_millis(500));
    fs::write(&path, format!("{HEADER}\n")).unwrap();
    let (code, out, err) = output(child);
    assert_eq!(code, Some(2), "{out}{err}");
    assert!(err.contains("it was truncated"), "{err}");
}

#[test]
fn a_file_that_is_removed_or_replaced_is_judged_as_far_as_it_was_written() {
    for (replaced, why) in [
        (true, "another file took the place of this one"),
        (false, "the file was removed"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("h.jsonl");
        let text = format!("{HEADER}\n{}", bought(0, 10));
        fs::write(&path, &text).unwrap();
        let child = oversell(&["check", "--follow", "--json", path.to_str().unwrap()])
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(500));
        if replaced {
            let other = folder.path().join("other");
            fs::write(&other, &text).unwrap();
            fs::rename(other, &path).unwrap();
        } else {
            fs::remove_file(&path).unwrap();
        }
        let (code, out, err) = output(child);
        assert_eq!(code, Some(0), "{out}{err}");
        assert!(err.contains(why), "{err}");
        let line: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(line["cut_short"], why, "{out}");
        assert_eq!(line["operations"], 1, "{out}");
    }
}
