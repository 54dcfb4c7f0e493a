//! Histories as people keep them (`tests/cases`): each is read, or an error says what to do, and has the verdict that is true.

use std::path::Path;

use crate::cli::oversell;

/// What is said of it, and the exit code.
fn checked(name: &str) -> (i32, String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let native = Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "jsonl");
    let input = if native {
        std::fs::read(folder.join(name)).unwrap()
    } else {
        let converted = oversell(&folder).args(["convert", name, "-o", "-"]).output().unwrap();
        if !converted.status.success() {
            return (
                converted.status.code().unwrap(),
                String::from_utf8(converted.stderr).unwrap(),
            );
        }
        converted.stdout
    };
    let checked = oversell(&folder)
        .args(["check", "-"])
        .write_stdin(input)
        .output()
        .unwrap();
    let said = [checked.stdout, checked.stderr].map(|text| String::from_utf8(text).unwrap());
    (checked.status.code().unwrap(), said.concat())
}

#[test]
fn every_history_has_the_verdict_that_is_true() {
    let cases = [
        ("aborted-read--h.edn", 1, "was recorded as `fail`"),
        ("aborted-read--h.jsonl", 1, ""),
        ("aborted-read--i.jsonl", 0, ""),
        ("aborted-read--info.edn", 0, ""),
        ("aborted-read--native.jsonl", 1, "was recorded as `fail`"),
        ("aborted-read--stock.jsonl", 1, "was recorded as `fail`"),
        ("buyers--bool.jsonl", 2, "found `value` true"),
        ("buyers--dup.jsonl", 2, "found `value` {\"outcome\":\"duplicate\"}"),
        ("buyers--h.jsonl", 0, ""),
        ("buyers--intkey.jsonl", 0, ""),
        ("buyers--nokey.jsonl", 2, "found key \"b\""),
        ("buyers--null.jsonl", 0, ""),
        ("buyers--strings.jsonl", 0, ""),
        ("commands--h.jsonl", 1, "both had read 1"),
        ("commands--hash.jsonl", 1, "both had read 1"),
        ("commands--sql.jsonl", 1, "check and take in one statement"),
        ("coupon--h.jsonl", 1, "sold 1 unit more than it had"),
        ("coupon--int-unit.jsonl", 0, ""),
        ("coupon--ticket.jsonl", 1, "handed the same unit: t-2"),
        ("edn-in-txt--history.txt", 1, ""),
        ("independent--h.edn", 1, "told a value that nobody wrote"),
        ("independent--h.jsonl", 1, "told a value that nobody wrote"),
        ("independent--tuple.edn", 1, "told a value that nobody wrote"),
        ("independent--tuple2.edn", 1, "told a value that nobody wrote"),
        ("independent--two-keys.edn", 0, ""),
        ("jepsen-log--history.txt", 1, "told a value that nobody wrote"),
        ("jepsen-log--run.log", 1, "told a value that nobody wrote"),
        ("knossos10--h.edn", 1, "no order of 3 operations explains the answers"),
        ("knossos10--h.jsonl", 1, "no order of 3 operations explains the answers"),
        ("knossos13--h.edn", 1, "no order of 3 operations explains the answers"),
        ("knossos13--h.jsonl", 1, "no order of 3 operations explains the answers"),
        (
            "partial--h.jsonl",
            2,
            "found `value` {\"outcome\":\"bought\",\"quantity\":3",
        ),
        ("shop-log--log.jsonl", 2, "the header has no `format`"),
    ];
    let listed = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")).unwrap();
    assert_eq!(listed.count(), cases.len());
    for (name, code, said) in cases {
        let (ended, text) = checked(name);
        assert_eq!(ended, code, "{name}: {text}");
        let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        assert!(one_line.contains(&said.to_lowercase()), "{name}: {text}");
    }
}

/// A price that is read first is not the stock, and commands about several keys name them.
#[test]
fn the_column_of_the_stock_follows_the_stock() {
    let levels = |name: &str| -> Vec<String> {
        let (_, text) = checked(name);
        let head = text
            .lines()
            .position(|line| line.trim_end().ends_with("stock"))
            .unwrap();
        let rows = text.lines().skip(head + 1).take_while(|row| !row.trim().is_empty());
        let last = |row: &str| {
            row.split('←')
                .next()
                .unwrap()
                .split_whitespace()
                .last()
                .map(str::to_string)
        };
        rows.filter(|row| row.contains('→')).filter_map(last).collect()
    };
    assert_eq!(levels("commands--h.jsonl"), ["1", "1", "1", "1", "0", "−1"]);
    assert_eq!(levels("commands--hash.jsonl"), ["1", "1", "0", "−1"]);
}

/// What failed stays failed, and what is written can be read, also where clients have names.
#[test]
fn a_failed_operation_of_a_named_client_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"{"format":"oversell-history","version":1,"spec":"stock","initial":1}
{"time":1,"process":"alice","type":"invoke","f":"buy","value":1}
{"time":2,"process":"alice","type":"fail","f":"buy","value":null}
{"time":3,"process":"bob","type":"invoke","f":"buy","value":1}
{"time":4,"process":"bob","type":"ok","f":"buy","value":{"outcome":"sold-out"}}
"#;
    std::fs::write(folder.path().join("h.jsonl"), text).unwrap();
    for (from, to) in [
        ("h.jsonl", "h.edn"),
        ("h.edn", "again.jsonl"),
        ("h.jsonl", "h.json"),
        ("h.json", "last.jsonl"),
    ] {
        oversell(folder.path())
            .args(["convert", from, "-o", to])
            .assert()
            .success();
    }
    let again = oversell(folder.path()).args(["check", "again.jsonl"]).output().unwrap();
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8(again.stdout).unwrap().contains("recorded as `fail`"));
    assert_eq!(
        oversell(folder.path())
            .args(["check", "last.jsonl"])
            .output()
            .unwrap()
            .status
            .code(),
        Some(1)
    );
}

/// What `check` says of this history.
fn explained(history: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let checked = oversell(folder.path())
        .args(["check", "-"])
        .write_stdin(history)
        .output()
        .unwrap();
    String::from_utf8(checked.stdout).unwrap()
}

/// A count that there cannot be so many of is no stock: a budget for the day, or what is reserved.
#[test]
fn what_is_more_than_was_on_sale_is_no_stock() {
    let text = r#"{"format":"oversell-history","version":1,"spec":"stock","initial":1}
{"time":10,"process":0,"type":"invoke","f":"buy","value":1}
{"time":11,"process":1,"type":"invoke","f":"buy","value":1}
{"time":50,"process":0,"type":"ok","f":"buy","value":{"outcome":"bought"},"commands":[{"sent":12,"received":14,"command":"DECR day:1","reply":"99"},{"sent":16,"received":20,"command":"GET total:1","reply":"1"},{"sent":30,"received":34,"command":"DECR total:1","reply":"0"}]}
{"time":51,"process":1,"type":"ok","f":"buy","value":{"outcome":"bought"},"commands":[{"sent":13,"received":15,"command":"DECR day:1","reply":"98"},{"sent":16,"received":20,"command":"GET total:1","reply":"1"},{"sent":36,"received":40,"command":"DECR total:1","reply":"-1"}]}
"#;
    let said = explained(text);
    assert!(said.contains("both had read 1"), "{said}");
    assert!(!said.contains("  98"), "{said}");
}

/// What a restock was told is held against what was there before it, and says so.
#[test]
fn a_restock_that_is_told_too_little_is_explained_with_its_own_units() {
    let text = r#"{"format":"oversell-history","version":1,"spec":"stock","initial":3}
{"time":1,"process":0,"type":"invoke","f":"restock","value":2}
{"time":2,"process":0,"type":"ok","f":"restock","value":4}
"#;
    let said = explained(text);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        said.contains("at least 3 units were there before it put back 2"),
        "{said}"
    );
}
