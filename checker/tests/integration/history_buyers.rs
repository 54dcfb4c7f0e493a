//! Who buys, and how much one buyer may have, in history files.

use oversell_checker::history::{self, Body, EventWriter, Header, History, OnSale, Spec, StockEvent, Texts, What};
use oversell_spec::{
    sales::{Buyer, SalesOp},
    stock::StockRet,
};

use super::history::{HEADER, read};

const LIMIT: &str = r#"{"format":"oversell-history","version":1,"spec":"stock","initial":5,"strategy":"x","limit":2}"#;

fn written(history: &History) -> String {
    let mut file = Vec::new();
    history::write(history, &mut file).unwrap();
    String::from_utf8(file).unwrap()
}

const EVENTS: &str = r#"
{"time":1,"process":0,"type":"invoke","f":"buy","value":1,"buyer":"u7"}
{"time":2,"process":1,"type":"invoke","f":"buy","value":2,"buyer":"ü\n"}
{"time":3,"process":0,"type":"ok","f":"buy","value":{"outcome":"bought","unit":"u7"}}
{"time":4,"process":1,"type":"ok","f":"buy","value":{"outcome":"already"}}
{"time":5,"process":0,"type":"invoke","f":"buy","value":1}
{"time":6,"process":0,"type":"ok","f":"buy","value":{"outcome":"refused"}}
"#;

#[test]
fn operations_carry_their_buyers_where_there_is_a_limit() {
    let text = format!("{LIMIT}{EVENTS}");
    let history = read(&text);
    assert_eq!((history.header.spec, history.header.limit()), (Spec::Sales, Some(2)));
    let Body::Sales(keys) = &history.body else {
        panic!("{:?}", history.body)
    };
    assert_eq!(keys[0].initial, OnSale { stock: 5, limit: 2 });
    let [first, second, third] = keys[0].operations.as_slice() else {
        panic!()
    };
    assert_eq!(first.op, SalesOp::buy(1, Some(Buyer(0))));
    assert_eq!(second.op, SalesOp::buy(2, Some(Buyer(1))));
    assert_eq!(third.op, SalesOp::buy(1, None));
    assert_eq!(history.units.iter().collect::<Vec<_>>(), ["u7", "ü\n"]);
    let told = |ret| Some(ret) == second.response.map(|response| response.ret);
    assert!(told(StockRet::Already));
    assert_eq!(written(&history), text);
}

#[test]
fn buyers_mean_nothing_without_a_limit_and_are_kept() {
    let text = format!("{HEADER}{EVENTS}");
    let history = read(&text);
    assert!(matches!(history.body, Body::Stock(_)));
    assert_eq!(written(&history), text);
    // Also where operations are put in another order, or left out.
    let lines = [
        r#"{"time":5,"process":0,"type":"invoke","f":"buy","value":1,"buyer":"second"}"#,
        r#"{"time":6,"process":0,"type":"info","f":"buy"}"#,
        r#"{"time":2,"process":1,"type":"invoke","f":"buy","value":1,"buyer":"gone"}"#,
        r#"{"time":3,"process":1,"type":"fail","f":"buy"}"#,
        r#"{"time":4,"process":1,"type":"invoke","f":"buy","value":1,"buyer":"first"}"#,
        r#"{"time":7,"process":1,"type":"info","f":"buy"}"#,
    ];
    let text = written(&read(format!("{HEADER}\n{}\n", lines.join("\n"))));
    let [first, second] = ["first", "second"].map(|name| text.find(name).unwrap());
    assert!(first < second && !text.contains("gone"), "{text}");
    assert_eq!(written(&read(&text)), text);
    // Objects were kept by nobody, and still are not.
    read(format!(
        "{HEADER}\n{{\"process\":1,\"type\":\"invoke\",\"f\":\"buy\",\"buyer\":{{\"id\":3}}}}\n"
    ));
}

#[test]
fn a_number_names_a_buyer_as_its_text_does() {
    let lines = |first: &str, second: &str| {
        format!(
            "{LIMIT}\n{{\"process\":1,\"type\":\"invoke\",\"f\":\"buy\",\"buyer\":{first}}}\n\
             {{\"process\":2,\"type\":\"invoke\",\"f\":\"buy\",\"buyer\":{second}}}\n"
        )
    };
    assert_eq!(read(lines("7", "\"7\"")).units.len(), 1);
    assert_eq!(read(lines("7", "\"8\"")).units.len(), 2);
    assert_eq!(read(lines("null", "18446744073709551615")).units.len(), 1);
}

#[test]
fn merged_files_name_the_same_buyers() {
    let one = read(format!("{LIMIT}{EVENTS}"));
    let other = r#"
{"time":10,"process":7,"type":"invoke","f":"buy","value":1,"buyer":"new"}
{"time":11,"process":8,"type":"invoke","f":"buy","value":1,"buyer":"u7"}
"#;
    let other = read(format!("{LIMIT}{other}"));
    let merged = history::merge(vec![("a".to_owned(), one), ("b".to_owned(), other)]).unwrap();
    let Body::Sales(keys) = &merged.body else { panic!() };
    let name = |place: usize| merged.units.get(keys[0].operations[place].op.buyer.unwrap().0).unwrap();
    assert_eq!([name(0), name(1), name(3), name(4)], ["u7", "ü\n", "new", "u7"]);
}

#[test]
fn who_buys_is_written_while_a_history_is_made() {
    let mut names = Texts::new();
    let buyer = Buyer(names.intern("u7"));
    let mut writer = EventWriter::new(&Header::sales(5, 1), Vec::new());
    let events = [
        (1, What::Invoke(SalesOp::buy(1, Some(buyer)))),
        (2, What::Ok(StockRet::Already)),
    ];
    for (time, what) in events {
        let event = StockEvent {
            line: 0,
            time,
            process: 3,
            key: 0,
            operation: 0,
            what,
            commands: (),
        };
        writer.event(&event, &names, std::iter::empty()).unwrap();
    }
    let text = String::from_utf8(writer.finish().unwrap()).unwrap();
    let expected = r#"{"format":"oversell-history","version":1,"spec":"stock","initial":5,"limit":1}
{"time":1,"process":3,"type":"invoke","f":"buy","value":1,"buyer":"u7"}
{"time":2,"process":3,"type":"ok","f":"buy","value":{"outcome":"already"}}
"#;
    assert_eq!(text, expected);
    assert_eq!(written(&read(&text)), text);
}
