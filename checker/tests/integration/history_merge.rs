//! Several recorders' files of one run, and clocks that do not agree.

use oversell_checker::{
    engines::{Limits, Verdict, check_stock},
    history::{self, Answer, Body, History, MergeError, Vanishes, merge, smallest_skew},
};
use proptest::prelude::*;

use super::history::read;

/// A history from one line an operation: process, invoked, completed (or -), f, argument and result.
fn lines(header: &str, events: &[&str]) -> History {
    let header = format!("{{\"format\":\"oversell-history\",\"version\":1,{header}}}");
    read(format!("{header}\n{}\n", events.join("\n")))
}

fn operation(process: i64, invoked: u64, completed: u64, f: &str, argument: &str, result: &str) -> String {
    let event = |time, kind, value| {
        format!(r#"{{"time":{time},"process":{process},"type":"{kind}","f":"{f}","value":{value}}}"#)
    };
    event(invoked, "invoke", argument) + "\n" + &event(completed, "ok", result)
}

const ONE: &str = r#""spec":"stock","initial":1"#;

/// Of two recorders, who saw one operation each.
fn merged(files: [(&str, String); 2]) -> History {
    let read = files.map(|(name, events)| (name.to_owned(), lines(ONE, &[&events])));
    merge(read.into()).unwrap()
}

fn check(history: &History) -> Answer {
    let Body::Stock(keys) = &history.body else {
        panic!("expected stock")
    };
    let verdicts = keys
        .iter()
        .map(|key| check_stock(key.initial, &key.operations, &Limits::default()));
    let mut answer = Answer::Linearizable;
    for verdict in verdicts {
        match verdict {
            Verdict::Linearizable(_) => {}
            Verdict::Violation(_) => return Answer::Violation,
            Verdict::Undecided(_) => answer = Answer::Undecided,
        }
    }
    answer
}

/// ```text
/// A   buy ├────────────┤ bought                    0 … 10
/// B                      read ├──────────┤ 1      12 … 20
/// ```
/// If both clocks were exact, the read would come after the purchase of the only unit.
#[test]
fn finds_the_skew_at_which_a_violation_vanishes() {
    let bought = operation(1, 0, 10, "buy", "1", r#"{"outcome":"bought"}"#);
    let read = operation(1, 12, 20, "read", "null", "1");
    let history = merged([("a.jsonl", bought), ("b.jsonl", read)]);
    let Body::Stock(keys) = &history.body else { panic!() };
    let processes: Vec<_> = keys[0].operations.iter().map(|operation| operation.process).collect();
    assert_eq!(processes, [1, 11], "process 1 of the second file is another one");
    assert_eq!(
        history.header.metadata["merged"],
        serde_json::json!(["a.jsonl", "b.jsonl"])
    );

    assert_eq!(check(&history), Answer::Violation);
    // 10 + 1 is not before 12 - 1: the two overlap.
    assert_eq!(smallest_skew(&history, 1_000, check), Vanishes::At(1));
    assert_eq!(smallest_skew(&history, u64::MAX, check), Vanishes::At(1));
    assert_eq!(smallest_skew(&history, 0, check), Vanishes::Never);
    let undecided = |_: &History| Answer::Undecided;
    assert_eq!(
        smallest_skew(&history, 9, undecided),
        Vanishes::Between {
            above: None,
            up_to: None
        }
    );
}

/// Two buyers of the only unit: no clock explains that.
#[test]
fn an_oversell_never_vanishes() {
    let bought = |at| operation(1, at, at + 1, "buy", "1", r#"{"outcome":"bought"}"#);
    let history = merged([("a", bought(0)), ("b", bought(5))]);
    assert_eq!(smallest_skew(&history, u64::MAX, check), Vanishes::Never);
}

#[test]
fn keys_units_and_unknown_operations_of_all_files_are_kept_together() {
    let header = r#""spec":"stock","initial":5,"seed":7,"host":"x""#;
    let bought = |process, at: u64, unit| {
        operation(
            process,
            at,
            at + 1,
            "buy",
            "1",
            &format!(r#"{{"outcome":"bought","unit":"{unit}"}}"#),
        )
    };
    let open = r#"{"time":1,"process":9,"type":"invoke","f":"restock","value":2}
{"time":3,"process":9,"type":"info","f":"restock","value":"timed out"}"#;
    let files = vec![
        ("a".to_owned(), lines(header, &[&bought(1, 4, "u"), &bought(1, 8, "v")])),
        (
            "b".to_owned(),
            lines(&header.replace("\"x\"", "\"y\""), &[open, &bought(2, 6, "v")]),
        ),
        ("c".to_owned(), lines(header, &[])),
    ];
    let history = merge(files).unwrap();
    let mut file = Vec::new();
    history::write(&history, &mut file).unwrap();
    assert_eq!(
        String::from_utf8(file).unwrap(),
        r#"{"format":"oversell-history","version":1,"spec":"stock","initial":5,"merged":["a","b","c"],"seed":7}
{"time":1,"process":9,"type":"invoke","f":"restock","value":2}
{"time":3,"process":9,"type":"info","f":"restock","value":"timed out"}
{"time":4,"process":1,"type":"invoke","f":"buy","value":1}
{"time":5,"process":1,"type":"ok","f":"buy","value":{"outcome":"bought","unit":"u"}}
{"time":6,"process":2,"type":"invoke","f":"buy","value":1}
{"time":7,"process":2,"type":"ok","f":"buy","value":{"outcome":"bought","unit":"v"}}
{"time":8,"process":1,"type":"invoke","f":"buy","value":1}
{"time":9,"process":1,"type":"ok","f":"buy","value":{"outcome":"bought","unit":"v"}}
"#
    );
}

#[test]
fn refuses_files_that_are_not_of_one_run() {
    let read = operation(1, 0, 1, "read", "null", "1");
    let restock = operation(1, 0, 1, "restock", &(u64::MAX - 2).to_string(), "null");
    let untimed = r#"{"process":1,"type":"invoke","f":"read"}"#;
    let huge = operation(i64::MAX, 0, 1, "read", "null", "1");
    let cases = [
        (vec![], "no history to merge, expected at least one"),
        (
            vec![lines(ONE, &[&read]), lines(r#""spec":"register","initial":1"#, &[])],
            "f1 is about a register, f0 about a stock; expected files of one run",
        ),
        (
            vec![lines(ONE, &[&read]), lines(r#""spec":"stock","initial":2"#, &[&read])],
            "f1 and f0 do not agree on the initial value of every key: found 2 and 1; expected files of one run, which say the same",
        ),
        (
            vec![
                lines(r#""spec":"stock","initial":{"a":1}"#, &[]),
                lines(r#""spec":"stock","initial":{"b":1,"a":2}"#, &[]),
            ],
            "f1 and f0 do not agree on the initial value of key `a`: found 2 and 1; expected files of one run, which say the same",
        ),
        (
            vec![lines(ONE, &[&read]), lines(ONE, &[untimed])],
            "f1 has no times, expected nanoseconds in every file: without them nothing relates one file to another",
        ),
        (
            vec![lines(ONE, &[&restock]), lines(ONE, &[&restock])],
            "the restocks of key \"\" in all files exceed 64 bits together; expected them to stay within",
        ),
        (
            vec![lines(ONE, &[&huge]), lines(ONE, &[&huge])],
            "the process numbers of f1 are too large to be told apart from those of the other files",
        ),
    ];
    for (files, expected) in cases {
        let files = files
            .into_iter()
            .enumerate()
            .map(|(number, file)| (format!("f{number}"), file))
            .collect();
        let error: MergeError = merge(files).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

proptest! {
    /// The law that bisection rests on.
    #[test]
    fn what_passes_with_some_skew_passes_with_more(
        operations in prop::collection::vec((0..12u64, 0..6u64, 0..4usize), 1..7), less in 0..6u64, more in 0..6u64,
    ) {
        let events: Vec<String> = operations
            .into_iter()
            .enumerate()
            .map(|(process, (at, takes, what))| {
                let (f, argument, result) = [
                    ("buy", "1", r#"{"outcome":"bought"}"#),
                    ("buy", "1", r#"{"outcome":"sold-out"}"#),
                    ("read", "null", "1"),
                    ("restock", "1", "null"),
                ][what];
                operation(process as i64, at, at + takes, f, argument, result)
            })
            .collect();
        let history = lines(ONE, &events.iter().map(String::as_str).collect::<Vec<_>>());
        let wider = |by| {
            let mut wider = history.clone();
            wider.widen(by);
            check(&wider)
        };
        if wider(less) == Answer::Linearizable {
            prop_assert_eq!(wider(less + more), Answer::Linearizable);
        }
        if let Vanishes::At(skew) = smallest_skew(&history, 20, check) {
            prop_assert_eq!(wider(skew), Answer::Linearizable);
            prop_assert!(skew == 0 || wider(skew - 1) == Answer::Violation);
        }
    }
}
