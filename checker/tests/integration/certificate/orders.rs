//! Certificates that were tampered with, or are about something else.

use oversell_checker::{
    certificate::{KeyOutcome, Wrong},
    engines::{Witness, families::small, witness},
    history::{History, Response, StockOperation},
};
use oversell_spec::{
    Stock,
    stock::{StockOp, StockRet},
};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use serde_json::{Value, json};

use super::{operations, stock, verify, written};

fn buy(process: i64, invoked: u64, at: u64, ret: StockRet) -> StockOperation {
    StockOperation {
        process,
        invoked,
        op: StockOp::Buy { quantity: 1 },
        response: Some(Response { at, ret }),
    }
}

/// Two sales, one after the other, from a stock of two.
fn two_sales() -> History {
    stock(
        2,
        &[buy(1, 0, 10, StockRet::bought(1)), buy(2, 20, 30, StockRet::bought(0))],
    )
}

fn lines(certificate: &str) -> Vec<String> {
    certificate.lines().map(str::to_string).collect()
}

fn wrong(history: &History, lines: &[String]) -> (u64, Wrong) {
    let error = verify(history, &(lines.join("\n") + "\n")).expect_err("it was tampered with");
    (error.line, error.wrong)
}

/// The certificate with this member of this line, from 0, changed.
fn with(certificate: &str, line: usize, member: &str, value: Value) -> Vec<String> {
    let mut lines = lines(certificate);
    let mut object: Value = serde_json::from_str(&lines[line]).unwrap();
    object[member] = value;
    lines[line] = object.to_string();
    lines
}

#[test]
fn a_certificate_says_what_the_documentation_says() {
    let certificate = written(&two_sales());
    let lines = lines(&certificate);
    let header: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(header["format"], "oversell-certificate");
    assert_eq!(header["version"], 1);
    assert_eq!(header["verdict"], "linearizable");
    assert_eq!(header["digest"].as_str().unwrap().len(), "sha256:".len() + 64);
    assert_eq!(
        lines[1..],
        [
            r#"{"key":"item","verdict":"linearizable","order":2}"#,
            r#"{"operation":0,"process":1,"invoked":0}"#,
            r#"{"operation":1,"process":2,"invoked":20}"#,
        ]
    );
}

#[test]
fn refuses_an_order_that_is_spoilt() {
    let history = two_sales();
    let whole = lines(&written(&history));
    let mut swapped = whole.clone();
    swapped.swap(2, 3);
    assert!(matches!(
        wrong(&history, &swapped),
        (3, Wrong::Refused(_) | Wrong::Order { .. })
    ));
    let mut twice = whole.clone();
    twice[3] = twice[2].clone();
    assert!(matches!(wrong(&history, &twice), (4, Wrong::Twice(_))));
    assert!(matches!(wrong(&history, &whole[..3]), (4, Wrong::Ends(_))));
    let mut longer = whole.clone();
    longer.push(longer[3].clone());
    assert!(matches!(wrong(&history, &longer), (5, Wrong::Trailing)));
    let mut short = with(&whole.join("\n"), 1, "order", json!(1));
    short.pop();
    assert!(matches!(wrong(&history, &short), (3, Wrong::Missing(_))));
    let other = with(&whole.join("\n"), 3, "process", json!(1));
    assert!(matches!(
        wrong(&history, &other),
        (4, Wrong::OtherOperation { expected: Some(_), .. })
    ));
    let beyond = with(&whole.join("\n"), 3, "operation", json!(7));
    assert!(matches!(
        wrong(&history, &beyond),
        (4, Wrong::OtherOperation { expected: None, .. })
    ));
}

#[test]
fn refuses_a_header_of_something_else() {
    let history = two_sales();
    let certificate = written(&history);
    let (_, format) = wrong(&history, &with(&certificate, 0, "format", json!("oversell-history")));
    assert!(matches!(format, Wrong::NotACertificate(_)), "{format}");
    let (_, version) = wrong(&history, &with(&certificate, 0, "version", json!(2)));
    assert!(matches!(version, Wrong::Version(2)), "{version}");
    let (_, verdict) = wrong(&history, &with(&certificate, 0, "verdict", json!("violation")));
    assert!(matches!(verdict, Wrong::Verdict { .. }), "{verdict}");
    let (line, key) = wrong(&history, &with(&certificate, 1, "key", json!("other")));
    assert!(line == 2 && matches!(key, Wrong::Line { .. }), "{key}");
    for text in [
        "",
        "\n",
        "{}",
        "[1]",
        "{\"format\":\"oversell-certificate\"",
        "\u{0}\u{1}\n",
    ] {
        assert!(verify(&history, text).is_err(), "{text:?}");
    }
}

#[test]
fn refuses_the_certificate_of_another_history() {
    let certificate = written(&two_sales());
    let others = [
        (3, buy(2, 20, 30, StockRet::bought(0))),
        (2, buy(2, 20, 31, StockRet::bought(0))),
        (2, buy(2, 20, 30, StockRet::BOUGHT)),
        (2, buy(3, 20, 30, StockRet::bought(0))),
    ];
    for (initial, second) in others {
        let other = stock(initial, &[buy(1, 0, 10, StockRet::bought(1)), second]);
        let error = verify(&other, &certificate).unwrap_err();
        assert!(
            matches!(error.wrong, Wrong::OtherHistory { what: "the digest", .. }),
            "{error}"
        );
    }
    let shorter = stock(2, &[buy(1, 0, 10, StockRet::bought(1))]);
    let error = verify(&shorter, &certificate).unwrap_err();
    assert!(matches!(error.wrong, Wrong::OtherHistory { .. }), "{error}");
}

#[test]
fn never_confirms_what_was_not_decided_or_not_certified() {
    let history = two_sales();
    let certificate = written(&history);
    let header = with(&certificate, 0, "verdict", json!("undecided"));
    let undecided = [
        header[0].clone(),
        json!({"key": "item", "verdict": "undecided", "limit": "1 s"}).to_string(),
    ];
    let report = verify(&history, &undecided.join("\n")).unwrap();
    assert_eq!(report.keys, [KeyOutcome::Undecided("1 s".to_string())]);
    assert!(!report.is_linearizable() && !report.is_violation());

    let header = with(&certificate, 0, "verdict", json!("violation"));
    let key = json!({"key": "item", "verdict": "violation", "kind": "oversold", "explanation": "", "claim": null});
    let report = verify(&history, &[header[0].clone(), key.to_string()].join("\n")).unwrap();
    assert_eq!(report.keys, [KeyOutcome::NotCertified]);
    assert!(!report.is_linearizable() && !report.is_violation());
}

#[test]
fn refuses_a_violation_that_is_none() {
    let history = two_sales();
    let certificate = written(&history);
    let named = |operation, process, invoked| json!({"operation": operation, "process": process, "invoked": invoked});
    let claims = [
        json!({"rule": "window", "from": null, "to": null}),
        json!({"rule": "stretch", "from": null, "to": {"time": 30}}),
        json!({"rule": "stretch", "from": named(0, 1, 0), "to": {"at": named(1, 2, 20)}}),
        json!({"rule": "same-unit", "first": named(0, 1, 0), "second": named(1, 2, 20)}),
    ];
    for claim in claims {
        let header = with(&certificate, 0, "verdict", json!("violation"));
        let key = json!({"key": "item", "verdict": "violation", "kind": "oversold", "explanation": "", "claim": claim});
        let (line, found) = wrong(&history, &[header[0].clone(), key.to_string()]);
        assert!(line == 2 && matches!(found, Wrong::Claim { .. }), "{found}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// An order in which two lines changed places is accepted just when it is a linearization, too.
    #[test]
    fn swapped_lines_are_accepted_only_in_a_linearization(seed in any::<u64>()) {
        let mut random = SmallRng::seed_from_u64(seed);
        let (initial, drafted) = small::random(&mut random, 12);
        let history = stock(initial, &drafted);
        let certificate = written(&history);
        let mut lines = lines(&certificate);
        prop_assume!(verify(&history, &certificate).unwrap().is_linearizable() && lines.len() > 3);
        let (one, other) = (random.random_range(2..lines.len()), random.random_range(2..lines.len()));
        lines.swap(one, other);
        let order = lines[2..].iter().map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["operation"].as_u64().unwrap() as usize
        });
        let order = Witness(order.collect());
        let is_order = witness::verify(Stock::new(initial), operations(&history), &order).is_ok();
        prop_assert_eq!(verify(&history, &lines.join("\n")).is_ok(), is_order);
    }

    /// Whatever bytes stand in a certificate: an answer or an error, never a panic.
    #[test]
    fn garbage_is_refused(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let history = two_sales();
        let mut bytes = written(&history).into_bytes();
        let place = place.index(bytes.len());
        let before = bytes[place];
        bytes[place] = byte;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Ok(report) = verify(&history, &text) {
            prop_assert!(report.is_linearizable(), "{before} became {byte} at {place}");
        }
    }
}

/// Lines of one time may change places when a history is written anew: keys come in another order, and operations of a key.
#[test]
fn a_certificate_fits_what_is_written_anew() {
    let text = r#"{"format":"oversell-history","version":1,"spec":"stock","initial":1}
{"time":3,"process":0,"type":"invoke","f":"buy","key":"💥","value":1}
{"time":6,"process":4,"type":"invoke","f":"buy","key":"b","value":1}
{"time":3,"process":2,"type":"invoke","f":"buy","key":"a","value":1}
{"time":6,"process":3,"type":"invoke","f":"buy","key":"b","value":1}
{"time":3,"process":2,"type":"ok","f":"buy","key":"a","value":{"outcome":"bought","remaining":0}}
{"time":6,"process":4,"type":"ok","f":"buy","key":"b","value":{"outcome":"sold-out"}}
{"time":6,"process":1,"type":"invoke","f":"read","key":"a"}
{"time":6,"process":0,"type":"info","f":"buy","key":"💥"}
{"time":6,"process":1,"type":"info","f":"read","key":"a","value":"timed out"}
{"time":3,"process":2,"type":"invoke","f":"read","key":"b","value":null}
{"time":6,"process":3,"type":"info","f":"buy","key":"b","value":"timed out"}
{"time":6,"process":2,"type":"info","f":"read","key":"b"}
"#;
    let sold_twice = text.replace(r#""outcome":"sold-out""#, r#""outcome":"bought","remaining":7"#);
    for text in [text, &sold_twice] {
        let (history, _) = oversell_checker::history::read("h.jsonl", text.as_bytes()).unwrap();
        let mut anew = Vec::new();
        oversell_checker::history::write(&history, &mut anew).unwrap();
        let (anew, _) = oversell_checker::history::read("anew.jsonl", anew.as_slice()).unwrap();
        let order = |history: &History| -> Vec<String> {
            (0..history.keys())
                .map(|index| history.key(index).to_string())
                .collect()
        };
        assert_ne!(order(&history), order(&anew));
        for (made_of, held_against) in [(&history, &anew), (&anew, &history)] {
            let report = verify(held_against, &written(made_of)).unwrap();
            let is_right = |key: &KeyOutcome| !matches!(key, KeyOutcome::NotCertified | KeyOutcome::Undecided(_));
            assert!(report.keys.iter().all(is_right), "{report:?}");
            assert_eq!(report.is_violation(), text == sold_twice);
        }
    }
}
