//! Porcupine's lists.

use expect_test::expect;
use oversell_checker::{
    examine::Conclusion,
    interchange::{Format, Reading},
};

use super::{concluded, read, written};

const HISTORY: &str = r#"{"format":"oversell-history","version":1,"spec":"stock","initial":1}
{"time":10,"process":0,"type":"invoke","f":"buy","key":"sku-1","value":1}
{"time":20,"process":1,"type":"invoke","f":"buy","key":"sku-1","value":1}
{"time":25,"process":2,"type":"invoke","f":"read","key":"sku-1","value":null}
{"time":30,"process":0,"type":"info","f":"buy","key":"sku-1","value":"timed out"}
{"time":40,"process":1,"type":"ok","f":"buy","key":"sku-1","value":{"outcome":"sold-out"},"commands":[{"sent":21,"received":22,"command":"GET k","reply":"0"}]}
"#;

/// Porcupine wants a return for every call. Those that never came are put last.
#[test]
fn every_call_returns() {
    let history = read(HISTORY, Format::History, &Reading::default()).unwrap().history;
    expect![[r#"
        {"header":{"format":"oversell-history","version":1,"spec":"stock","initial":1},
        "events":[
        {"ClientId":0,"Kind":false,"Value":{"f":"buy","key":"sku-1","value":1},"Id":0,"Time":10},
        {"ClientId":1,"Kind":false,"Value":{"f":"buy","key":"sku-1","value":1},"Id":1,"Time":20},
        {"ClientId":2,"Kind":false,"Value":{"f":"read","key":"sku-1","value":null},"Id":2,"Time":25},
        {"ClientId":1,"Kind":true,"Value":{"type":"ok","value":{"outcome":"sold-out"}},"Id":1,"Time":40,"Metadata":{"commands":[{"sent":21,"received":22,"command":"GET k","reply":"0"}]}},
        {"ClientId":0,"Kind":true,"Value":{"type":"info","value":"timed out"},"Id":0,"Time":30},
        {"ClientId":2,"Kind":true,"Value":{"type":"info"},"Id":2}
        ]}
    "#]].assert_eq(&written(&history, Format::PorcupineEvents));
    expect![[r#"
        {"header":{"format":"oversell-history","version":1,"spec":"stock","initial":1},
        "operations":[
        {"ClientId":0,"Input":{"f":"buy","key":"sku-1","value":1},"Call":10,"Output":{"type":"info","value":"timed out","time":30},"Return":41},
        {"ClientId":1,"Input":{"f":"buy","key":"sku-1","value":1},"Call":20,"Output":{"type":"ok","value":{"outcome":"sold-out"}},"Return":40,"Metadata":{"commands":[{"sent":21,"received":22,"command":"GET k","reply":"0"}]}},
        {"ClientId":2,"Input":{"f":"read","key":"sku-1","value":null},"Call":25,"Output":{"type":"info"},"Return":41}
        ]}
    "#]].assert_eq(&written(&history, Format::PorcupineOperations));
}

/// As Go's `json.Marshal` writes a `[]porcupine.Event` or a `[]porcupine.Operation`: the list alone.
#[test]
fn lists_alone_are_read_too() {
    let events = r#"[
        {"ClientId":0,"Kind":false,"Value":{"f":"put","key":"x","value":"a"},"Id":0,"Metadata":null},
        {"ClientId":1,"Kind":false,"Value":{"f":"get","key":"x"},"Id":1,"Metadata":null},
        {"ClientId":0,"Kind":true,"Value":{},"Id":0,"Metadata":null},
        {"ClientId":1,"Kind":true,"Value":{"value":"a"},"Id":1,"Metadata":null}]"#;
    let operations = r#"[
        {"ClientId":1,"Input":{"f":"get","key":"x"},"Call":20,"Output":{"value":"b"},"Return":40,"Metadata":null},
        {"ClientId":0,"Input":{"f":"put","key":"x","value":"a"},"Call":10,"Output":{},"Return":30,"Metadata":null}]"#;
    for (text, expected) in [(events, Conclusion::Linearizable), (operations, Conclusion::Violation)] {
        let history = read(text, Format::PorcupineEvents, &Reading::default())
            .unwrap()
            .history;
        assert_eq!(history.operations(), 2);
        assert_eq!(concluded(&history), expected);
    }
}

/// As users of Porcupine have it, with the types of its example.
#[test]
fn a_store_in_the_types_of_go_is_read() {
    let operations = |got: &str| {
        format!(
            r#"[{{"ClientId":0,"Input":{{"Op":1,"Key":"x","Value":"a"}},"Call":1,"Output":{{"Value":""}},"Return":5}},
{{"ClientId":1,"Input":{{"op":2,"key":"x","value":"b"}},"Call":6,"Output":{{"Value":""}},"Return":7}},
{{"ClientId":0,"Input":{{"Op":"Get","Key":"x","Value":""}},"Call":8,"Output":{{"Value":"{got}"}},"Return":9}}]"#
        )
    };
    let events = |got: &str| {
        format!(
            r#"[{{"ClientId":0,"Kind":false,"Value":{{"Op":2,"Key":"x","Value":"ab"}},"Id":0}},
{{"ClientId":0,"Kind":true,"Value":{{"Value":""}},"Id":0}},
{{"ClientId":0,"Kind":false,"Value":{{"Op":0,"Key":"x","Value":""}},"Id":1}},
{{"ClientId":0,"Kind":true,"Value":{{"Value":"{got}"}},"Id":1}}]"#
        )
    };
    let concluded = |text: &str| {
        concluded(
            &read(text, Format::PorcupineEvents, &Reading::default())
                .unwrap()
                .history,
        )
    };
    for text in [operations, events].map(|text: fn(&str) -> String| (text("ab"), text("ba"))) {
        assert_eq!(concluded(&text.0), Conclusion::Linearizable, "{}", text.0);
        assert_eq!(concluded(&text.1), Conclusion::Violation, "{}", text.1);
    }
    // What a put depends on is not passed over.
    let text = operations("ab").replace(r#""Value":"a"}"#, r#""Value":"a","Version":0}"#);
    let error = read(&text, Format::PorcupineEvents, &Reading::default())
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("h:1: found `Version` 0, expected no other fields"),
        "{error}"
    );
}
