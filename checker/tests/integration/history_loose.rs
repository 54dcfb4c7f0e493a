//! History files as people write them who count and name things in other types.

use oversell_checker::{
    engines::Limits,
    examine::{Conclusion, inspect},
    history::{self, Body, History, process},
};

use super::history::read;

const HEADER: &str = r#"{"format":"oversell-history","version":1,"spec":"stock","initial":1}"#;

fn file(lines: &[&str]) -> History {
    read(format!("{HEADER}\n{}\n", lines.join("\n")))
}

fn written(history: &History) -> String {
    let mut file = Vec::new();
    history::write(history, &mut file).unwrap();
    String::from_utf8(file).unwrap()
}

fn events(history: &History) -> Vec<String> {
    written(history).lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn what_is_null_is_absent() {
    let history = file(&[
        r#"{"time":null,"process":0,"type":"invoke","f":"buy","key":null,"value":null,"buyer":null}"#,
        r#"{"process":0,"type":"ok","f":"buy","key":null,"value":{"outcome":"bought","remaining":null,"unit":null},"commands":null}"#,
        r#"{"process":0,"type":"invoke","f":"buy"}"#,
        r#"{"process":0,"type":"ok","f":"buy","value":{"outcome":"sold-out","remaining":null}}"#,
    ]);
    assert_eq!(
        events(&history),
        [
            r#"{"process":0,"type":"invoke","f":"buy","value":1}"#,
            r#"{"process":0,"type":"ok","f":"buy","value":{"outcome":"bought"}}"#,
            r#"{"process":0,"type":"invoke","f":"buy","value":1}"#,
            r#"{"process":0,"type":"ok","f":"buy","value":{"outcome":"sold-out"}}"#,
        ]
    );
}

#[test]
fn numbers_name_keys_and_units_and_texts_are_numbers_where_only_numbers_can_be() {
    let history = read(
        r#"{"format":"oversell-history","version":1,"spec":"stock","initial":{"42":"3"}}
{"time":"10","process":"0","type":"invoke","f":"buy","key":42,"value":"2"}
{"time":20,"process":0,"type":"ok","f":"buy","key":"42","value":{"outcome":"bought","remaining":"1","unit":7}}
{"time":30,"process":0,"type":"invoke","f":"restock","key":42,"value":"1"}
{"time":40,"process":0,"type":"ok","f":"restock","key":42,"value":"2"}
{"time":50,"process":0,"type":"invoke","f":"read","key":42}
{"time":60,"process":0,"type":"ok","f":"read","key":42,"value":"2"}
"#,
    );
    assert_eq!(
        events(&history),
        [
            r#"{"time":10,"process":0,"type":"invoke","f":"buy","key":"42","value":2}"#,
            r#"{"time":20,"process":0,"type":"ok","f":"buy","key":"42","value":{"outcome":"bought","remaining":1,"unit":"7"}}"#,
            r#"{"time":30,"process":0,"type":"invoke","f":"restock","key":"42","value":1}"#,
            r#"{"time":40,"process":0,"type":"ok","f":"restock","key":"42","value":2}"#,
            r#"{"time":50,"process":0,"type":"invoke","f":"read","key":"42","value":null}"#,
            r#"{"time":60,"process":0,"type":"ok","f":"read","key":"42","value":2}"#,
        ]
    );
}

/// A register holds whatever JSON there is, in the type it has.
#[test]
fn values_of_registers_stay_what_they_are() {
    let history = read(
        r#"{"format":"oversell-history","version":1,"spec":"register","initial":"1"}
{"process":0,"type":"invoke","f":"read"}
{"process":0,"type":"ok","f":"read","value":1}
"#,
    );
    let conclusion = inspect(&history, &Limits::default()).examination.conclusion;
    assert_eq!(conclusion, Conclusion::Violation);
}

#[test]
fn processes_may_have_names() {
    let lines = [
        r#"{"time":1,"process":"user-17","type":"invoke","f":"buy","value":1,"buyer":"x"}"#,
        r#"{"time":2,"process":3,"type":"invoke","f":"buy","value":1}"#,
        r#"{"time":3,"process":"a\"b","type":"invoke","f":"buy","value":1}"#,
        // Numbers that would be taken for those which stand for names.
        r#"{"time":4,"process":4503599627370496,"type":"invoke","f":"read","value":null}"#,
        r#"{"time":5,"process":"user-17","type":"ok","f":"buy","value":{"outcome":"bought","unit":"user-17"}}"#,
        r#"{"time":6,"process":3,"type":"ok","f":"buy","value":{"outcome":"bought","unit":"b"}}"#,
        r#"{"time":7,"process":"a\"b","type":"ok","f":"buy","value":{"outcome":"sold-out"}}"#,
        r#"{"time":8,"process":4503599627370496,"type":"ok","f":"read","value":0}"#,
    ];
    let history = file(&lines);
    assert_eq!(events(&history), lines);
    let Body::Stock(keys) = &history.body else { panic!() };
    let names = keys[0]
        .operations
        .iter()
        .map(|each| process::in_words(each.process, &history.units));
    assert_eq!(names.collect::<Vec<_>>(), ["user-17", "3", "a\"b", "4503599627370496"]);
    let inspection = inspect(&history, &Limits::default());
    let [found] = inspection.findings.as_slice() else {
        panic!()
    };
    assert!(
        found.finding.sentence().contains("uyer user-17"),
        "{}",
        found.finding.sentence()
    );
    assert!(found.to_json(&history).to_string().contains(r#""process":"user-17""#));
    let error = history::read("h", format!("{HEADER}\n{0}\n{0}\n", lines[0]).as_bytes()).unwrap_err();
    assert!(
        error.to_string().contains("an invocation of process user-17, whose"),
        "{error}"
    );
}

#[test]
fn names_of_two_files_are_kept_apart() {
    let lines = [
        r#"{"time":1,"process":"ann","type":"invoke","f":"buy"}"#,
        r#"{"time":9,"process":"ann","type":"ok","f":"buy","value":{"outcome":"sold-out"}}"#,
    ];
    let part = |unit: &str| {
        let first = format!(r#"{{"time":0,"process":0,"type":"invoke","f":"buy","buyer":"{unit}"}}"#);
        file(&[&first, lines[0], lines[1]])
    };
    let merged = history::merge(vec![("a".to_owned(), part("x")), ("b".to_owned(), part("y"))]).unwrap();
    let text = written(&merged);
    for process in [
        r#""process":0,"#,
        r#""process":1,"#,
        r#""process":"ann","#,
        r#""process":"ann (b)","#,
    ] {
        assert!(text.contains(process), "{process} in {text}");
    }
}
