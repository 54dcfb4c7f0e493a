//! The five displays that users of other checkers complain of most, and the opposite of each.

use std::{fs, path::PathBuf, process::Command};

use oversell::report::{About, terminal::Style};
use oversell_checker::{
    engines::Limits,
    examine::{Conclusion, inspect},
    history::{self, Header, History, Spec, Texts},
};

use crate::counterexample::simulated::{Run, Sells};

/// Every violating history of the corpus, by name.
fn bad() -> Vec<(String, History)> {
    let mut files: Vec<PathBuf> = fs::read_dir("histories/bad")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() > 30);
    let read = |path: PathBuf| {
        let name = path.display().to_string();
        let (history, _) = history::read(&name, fs::read(&path).unwrap().as_slice()).unwrap();
        (name, history)
    };
    files.into_iter().map(read).collect()
}

fn parsed(lines: &[String]) -> History {
    history::read("here", lines.join("\n").as_bytes()).unwrap().0
}

/// What the terminal shows of a violating history, at 80 columns.
fn text(history: &History) -> String {
    let inspection = inspect(history, &Limits::default());
    assert_eq!(inspection.examination.conclusion, Conclusion::Violation);
    let about = About {
        title: "my shop",
        ..About::default()
    };
    let text = oversell::report::explanation(&inspection.findings[0], history, &about, &Style::default());
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "too wide: {line}");
    }
    text
}

/// The part of the text under a label, in one line.
fn part(text: &str, label: &str) -> String {
    let mut lines = text
        .lines()
        .skip_while(|line| !line.starts_with(&format!("  {label} ")))
        .take_while({
            let mut first = true;
            move |line| std::mem::take(&mut first) || line.starts_with("          ")
        })
        .map(|line| line.trim().trim_start_matches(label).trim());
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |all, line| format!("{all} {line}"))
}

fn page(history: &History, options: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (file, page) = (folder.path().join("h.jsonl"), folder.path().join("h.html"));
    let mut written = Vec::new();
    history::write(history, &mut written).unwrap();
    fs::write(&file, written).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_oversell"))
        .arg("report")
        .arg(&file)
        .args(options)
        .arg("-o")
        .arg(&page)
        .output()
        .unwrap();
    assert!(output.status.code().is_some_and(|code| code <= 1), "{output:?}");
    fs::read_to_string(page).unwrap()
}

/// "The picture of 3,000 operations has 1.5 GB."
#[test]
fn huge_pictures() {
    let run = Run {
        sells: Sells::GetThenDecr,
        clients: 24,
        stock: 2_980,
        most: 3_000,
        told: true,
        seed: 1,
    };
    let stock = run.history();
    assert_eq!(stock.operations.len(), 3_000);
    let history = History::stock(Header::new(Spec::Stock, 2_980), vec![stock], Texts::new());
    let whole = page(&history, &[]);
    assert!(whole.len() < 1_000_000, "{} bytes", whole.len());
    let alone = page(&history, &["--counterexample-only"]);
    assert!(alone.len() < 150_000, "{} bytes", alone.len());
    let text = text(&history);
    assert!(text.lines().count() < 30, "{text}");
    assert!(text.contains("2 of 3,000 operations"), "{text}");
}

/// "It shows the operation, but not the history that led there": the stock at which a counterexample starts is said, and
/// where it comes from, and the sum is right.
#[test]
fn hidden_prefix() {
    for (name, history) in bad() {
        if history.header.spec != Spec::Stock {
            continue;
        }
        let text = text(&history).replace("\n  ", " ");
        let (_, from) = text
            .split_once(" from stock ")
            .unwrap_or_else(|| panic!("{name}: {text}"));
        let (start, from) = from.split_once(" (").unwrap();
        let (origin, _) = from.split_once(')').unwrap();
        let origin = origin.split_whitespace().collect::<Vec<_>>().join(" ");
        let start: i64 = start.replace(',', "").parse().unwrap();
        if ["the initial stock", "any would do"].contains(&origin.as_str()) {
            continue;
        }
        let mut sum = 0;
        for fact in origin.split(", ") {
            let number: i64 = fact
                .split(' ')
                .find_map(|word| word.parse().ok())
                .unwrap_or_else(|| panic!("{name}: {origin}"));
            sum += if fact.contains("sold") { -number } else { number };
        }
        assert_eq!(sum, start, "{name}: {origin}");
    }
}

/// "It says that the operation is invalid": there is a headline and a reason, made of who, what and how many.
#[test]
fn invalid_op() {
    for (name, history) in bad() {
        let text = text(&history);
        assert!(!text.to_lowercase().contains("invalid"), "{name}: {text}");
        let why = part(&text, "why");
        assert!(why.len() > 40 && why.ends_with('.'), "{name}: {why}");
        assert!(
            ["buyer", "client ", "reader ", "supplier ", "writer "]
                .iter()
                .any(|role| why.to_lowercase().contains(role)),
            "{name} names nobody: {why}"
        );
        assert!(
            [" told ", " put back ", " handed ", " refused"]
                .iter()
                .any(|answer| why.contains(answer)),
            "{name} names no answer: {why}"
        );
        assert!(why.contains(char::is_numeric), "{name} names no number: {why}");
        if history.header.spec == Spec::Stock {
            assert!(
                !part(&text, "fix").is_empty(),
                "{name} says not what to write instead: {text}"
            );
        }
    }
}

/// "It crashes when the first operation is the bad one."
#[test]
fn first_operation_bad() {
    let header = r#"{"format":"oversell-history","version":1,"spec":"stock","initial":3}"#.to_string();
    for (asked, answered, headline) in [
        (
            r#""f":"read","value":null"#,
            r#""f":"read","value":5"#,
            "TOLD 5 WHILE AT MOST 3 UNITS WERE THERE",
        ),
        (
            r#""f":"read","value":null"#,
            r#""f":"read","value":-1"#,
            "TOLD THAT −1 UNITS WERE LEFT",
        ),
        (
            r#""f":"buy","value":4"#,
            r#""f":"buy","value":{"outcome":"bought"}"#,
            "SOLD 1 UNIT MORE THAN IT HAD: 4 of 3",
        ),
        (
            r#""f":"buy","value":2"#,
            r#""f":"buy","value":{"outcome":"sold-out"}"#,
            "TOLD SOLD OUT WHILE AT LEAST 3 UNITS",
        ),
        (
            r#""f":"buy","value":1"#,
            r#""f":"buy","value":{"outcome":"bought","remaining":0}"#,
            "TOLD 0 WHILE AT LEAST 2 UNITS",
        ),
        (
            r#""f":"restock","value":2"#,
            r#""f":"restock","value":9"#,
            "TOLD 9 WHILE AT MOST 5 UNITS WERE THERE",
        ),
    ] {
        let history = parsed(&[
            header.clone(),
            format!(r#"{{"time":1,"process":1,"type":"invoke",{asked}}}"#),
            format!(r#"{{"time":2,"process":1,"type":"ok",{answered}}}"#),
        ]);
        let text = text(&history);
        let loud = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(loud.contains(headline), "{text}");
        assert!(text.contains("1 of 1 operation,"), "{text}");
        assert!(part(&text, "why").contains('3') || headline.contains('−'), "{text}");
        assert!(page(&history, &[]).contains("1 of 1 operation,"));
    }
}

/// "Ten timeouts at the end, and it never answers", "unreadable with many failed requests".
#[test]
fn many_timeouts() {
    let mut plain = Vec::new();
    for timeouts in [0, 10, 100] {
        let mut lines = vec![r#"{"format":"oversell-history","version":1,"spec":"stock","initial":200}"#.to_string()];
        let event = |at: u64, process: u64, kind: &str, f: &str, value: &str| {
            format!(r#"{{"time":{at},"process":{process},"type":"{kind}","f":"{f}","value":{value}}}"#)
        };
        for number in 0..timeouts {
            lines.push(event(100 + number, number, "invoke", "buy", "1"));
        }
        for number in 0..timeouts {
            lines.push(event(1_000 + number, number, "info", "buy", "\"timed out\""));
        }
        let reads = |lines: &mut Vec<String>, levels: [u64; 2]| {
            for (number, level) in levels.into_iter().enumerate() {
                let at = 2_000 + 100 * number as u64;
                lines.push(event(at, 999, "invoke", "read", "null"));
                lines.push(event(at + 50, 999, "ok", "read", &level.to_string()));
            }
        };
        // Whatever of them has happened, a stock that is read falls, and by no more than was asked for.
        let mut right = lines.clone();
        reads(&mut right, [200, 200 - timeouts]);
        let inspection = inspect(&parsed(&right), &Limits::default());
        assert_eq!(
            inspection.examination.conclusion,
            Conclusion::Linearizable,
            "{timeouts}"
        );
        reads(&mut lines, [50, 50]);
        let text = text(&parsed(&lines));
        let lost = part(&text, "lost");
        match timeouts {
            0 => assert_eq!(lost, ""),
            _ => assert!(
                lost.starts_with(&format!("{timeouts} more operations got no answer")),
                "{text}"
            ),
        }
        let without: Vec<String> = text
            .lines()
            .filter(|line| line.contains('│') || line.contains('┌'))
            .map(str::to_owned)
            .collect();
        plain.push(without.len());
    }
    assert!(
        plain.iter().all(|rows| *rows == plain[0]),
        "the drawing grows: {plain:?}"
    );

    // The same of a register, which has no shortcut: writes without an answer, and a value that was never written.
    let mut lines = vec![r#"{"format":"oversell-history","version":1,"spec":"register","initial":0}"#.to_string()];
    for (kind, value) in [("invoke", ""), ("info", "\"timed out\"")] {
        for number in 0..10 {
            let value = if kind == "invoke" {
                number.to_string()
            } else {
                value.to_string()
            };
            lines.push(format!(
                r#"{{"process":{number},"type":"{kind}","f":"write","value":{value}}}"#
            ));
        }
    }
    lines.push(r#"{"process":99,"type":"invoke","f":"read","value":null}"#.to_string());
    lines.push(r#"{"process":99,"type":"ok","f":"read","value":77}"#.to_string());
    let text = text(&parsed(&lines));
    assert!(text.contains("1 of 11 operations"), "{text}");
    assert!(
        part(&text, "lost").starts_with("10 more operations got no answer"),
        "{text}"
    );
}

#[test]
fn a_large_stock_does_not_run_into_the_column_before_it() {
    for (initial, told, row) in [
        ("1000000000", "1000000001", "└ 1,000,000,001 left  1,000,000,001  ←"),
        (
            "99999999999",
            "100000000000",
            "└ 100,000,000,000 left  100,000,000,000\n",
        ),
    ] {
        let event = |time: u64, kind: &str, value: &str| {
            format!(r#"{{"time":{time},"process":0,"type":"{kind}","f":"read","value":{value}}}"#)
        };
        let header = format!(r#"{{"format":"oversell-history","version":1,"spec":"stock","initial":{initial}}}"#);
        let text = text(&parsed(&[header, event(1, "invoke", "null"), event(2, "ok", told)]));
        assert!(text.contains(row), "{text}");
    }
}
