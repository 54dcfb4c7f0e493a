//! A failed operation that would explain an answer is named: a timeout is no failure.

use oversell_checker::{
    engines::Limits,
    examine::{Conclusion, inspect},
    history::read,
};

fn explanation(file: &str) -> String {
    let (history, _) = read("h", file.as_bytes()).unwrap();
    let inspection = inspect(&history, &Limits::default());
    assert_eq!(inspection.examination.conclusion, Conclusion::Violation);
    inspection.findings[0].finding.sentence().to_owned()
}

fn names(file: &str, operation: &str) {
    let said = explanation(file);
    let expected = format!("{operation} was recorded as `fail`");
    assert!(said.contains(&expected) && said.contains("it is `info`"), "{said}");
}

fn is_silent(file: &str) {
    let said = explanation(file);
    assert!(!said.contains("`fail`"), "{said}");
}

const REGISTER: &str = r#"{"format":"oversell-history","version":1,"spec":"register","initial":5}
{"time":30,"process":1,"type":"invoke","f":"write","value":8}
{"time":90,"process":1,"type":"fail","f":"write","value":"timeout"}
{"time":100,"process":2,"type":"invoke","f":"read","value":null}
{"time":110,"process":2,"type":"ok","f":"read","value":8}
"#;

#[test]
fn a_value_from_a_failed_write() {
    names(REGISTER, "Writer 1's `write 8` (at 30 ns)");
    let exchange = REGISTER.replace(r#""f":"write","value":8"#, r#""f":"cas","value":[5,8]"#);
    names(
        &exchange.replace(r#""fail","f":"write""#, r#""fail","f":"cas""#),
        "Writer 1's `cas 5 → 8` (at 30 ns)",
    );
    // Another value, or too late.
    is_silent(&REGISTER.replace(r#""write","value":8"#, r#""write","value":9"#));
    let late = REGISTER
        .replace("\"time\":30", "\"time\":130")
        .replace("\"time\":90", "\"time\":190");
    is_silent(&late);
}

#[test]
fn a_text_from_a_failed_append() {
    let file = r#"{"format":"oversell-history","version":1,"spec":"kv","initial":"a"}
{"process":1,"type":"invoke","f":"append","value":"b"}
{"process":1,"type":"fail","f":"append"}
{"process":2,"type":"invoke","f":"get"}
{"process":2,"type":"ok","f":"get","value":"ab"}
"#;
    names(file, "Writer 1's `append \"b\"` (at event 2)");
}

const STOCK: &str = r#"{"format":"oversell-history","version":1,"spec":"stock","initial":1}
{"time":10,"process":0,"type":"invoke","f":"buy","key":"seat","value":1}
{"time":90,"process":0,"type":"fail","f":"buy","key":"seat","value":"timeout"}
{"time":100,"process":1,"type":"invoke","f":"buy","key":"seat","value":1}
{"time":110,"process":1,"type":"ok","f":"buy","key":"seat","value":{"outcome":"sold-out"}}
"#;

#[test]
fn a_unit_that_a_failed_purchase_took() {
    names(STOCK, "Buyer 0's `buy` (at 10 ns)");
    is_silent(&STOCK.replace(r#""initial":1"#, r#""initial":2"#));
    let restocked = STOCK
        .replace(r#""initial":1"#, r#""initial":0"#)
        .replace(
            r#""f":"buy","key":"seat","value":1}
{"time":90"#,
            r#""f":"restock","key":"seat","value":1}
{"time":90"#,
        )
        .replace(r#""fail","f":"buy""#, r#""fail","f":"restock""#)
        .replace("sold-out", "bought");
    names(&restocked, "Supplier 0's `restock 1` (at 10 ns)");
}

#[test]
fn a_share_that_a_failed_purchase_took() {
    let file = r#"{"format":"oversell-history","version":1,"spec":"stock","initial":9,"limit":1}
{"time":10,"process":0,"type":"invoke","f":"buy","value":1,"buyer":"ann"}
{"time":90,"process":0,"type":"fail","f":"buy","value":"timeout"}
{"time":100,"process":1,"type":"invoke","f":"buy","value":1,"buyer":"ann"}
{"time":110,"process":1,"type":"ok","f":"buy","value":{"outcome":"already"}}
"#;
    names(file, "Client 0's `buy for ann` (at 10 ns)");
    is_silent(&file.replacen(r#""buyer":"ann""#, r#""buyer":"bob""#, 1));
    let stock = STOCK.replace(r#""initial":1"#, r#""initial":1,"limit":1"#);
    names(&stock, "Client 0's `buy` (at 10 ns)");
}

/// Who acts for a buyer is a client; what is called a buyer in a name keeps its name.
#[test]
fn names_are_told_as_they_are() {
    let file = r#"{"format":"oversell-history","version":1,"spec":"stock","initial":9,"limit":1}
{"time":10,"process":1,"type":"invoke","f":"buy","value":1,"buyer":"ann"}
{"time":20,"process":1,"type":"ok","f":"buy","value":{"outcome":"bought","unit":"the buyer A"}}
{"time":30,"process":2,"type":"invoke","f":"buy","value":1,"buyer":"bob"}
{"time":40,"process":2,"type":"ok","f":"buy","value":{"outcome":"bought","unit":"the buyer A"}}
"#;
    let said = explanation(file);
    assert!(
        said.starts_with("Client 1 and client 2 were both handed unit the buyer A"),
        "{said}"
    );
}
