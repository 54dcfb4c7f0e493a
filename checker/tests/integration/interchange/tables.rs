//! Tables of purchases, as a shop has them.

use std::collections::BTreeMap;

use oversell_checker::{
    examine::Conclusion,
    history::Spec,
    interchange::{Column, Converted, Format, InterchangeError, Reading, Table, Times, read_table},
};
use serde_json::json;

use super::{concluded, written};

fn table(columns: &[(Column, &str)]) -> Table {
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    Table {
        columns: columns
            .iter()
            .map(|&(column, name)| (column, name.to_owned()))
            .collect(),
        bought: words(&["PAID", "ok"]),
        sold_out: words(&["REJECTED"]),
        already: words(&["HAD"]),
        unknown: words(&["PENDING"]),
        ..Table::default()
    }
}

fn columns() -> Vec<(Column, &'static str)> {
    vec![
        (Column::Item, "sku"),
        (Column::Asked, "created at"),
        (Column::Answered, "paid_at"),
        (Column::Quantity, "qty"),
        (Column::Outcome, "status"),
        (Column::Buyer, "user"),
    ]
}

fn convert(text: &str, table: &Table, initial: Option<u64>) -> Result<Converted, InterchangeError> {
    let reading = Reading {
        initial: initial.map(|initial| json!(initial)),
        ..Reading::default()
    };
    read_table("t", text.as_bytes(), table, &reading)
}

const CSV: &str = "\u{feff}id,sku,created at,paid_at,qty,status,user\r
1,a,2024-05-01T10:00:00.001Z,2024-05-01T10:00:00.005Z,1,PAID,\"Ann, B.\"\r
2,a,2024-05-01T12:00:00.003+02:00,2024-05-01T12:00:00.009+02:00,,REJECTED,7\r
3,\"b\",2024-05-01T10:00:00.004Z,,2,PENDING,\r
";

#[test]
fn rows_are_purchases() {
    let converted = convert(CSV, &table(&columns()), Some(1)).unwrap();
    let text = written(&converted.history, Format::History);
    assert_eq!(
        text,
        r#"{"format":"oversell-history","version":1,"spec":"stock","initial":1,"started":"2024-05-01T10:00:00.001000000Z"}
{"time":0,"process":0,"type":"invoke","f":"buy","key":"a","value":1,"buyer":"Ann, B."}
{"time":2000000,"process":1,"type":"invoke","f":"buy","key":"a","value":1,"buyer":"7"}
{"time":3000000,"process":2,"type":"invoke","f":"buy","key":"b","value":2}
{"time":4999999,"process":0,"type":"ok","f":"buy","key":"a","value":{"outcome":"bought"}}
{"time":8999999,"process":1,"type":"ok","f":"buy","key":"a","value":{"outcome":"sold-out"}}
"#
    );
    assert_eq!(concluded(&converted.history), Conclusion::Linearizable);
    let oversold = convert(&CSV.replace("REJECTED", "PAID"), &table(&columns()), Some(1)).unwrap();
    assert_eq!(concluded(&oversold.history), Conclusion::Violation);
    // Other signs between the cells.
    for sign in [";", "\t"] {
        let other = CSV.replace("\"Ann, B.\"", "Ann").replace(',', sign);
        let other = convert(&other, &table(&columns()), Some(1)).unwrap();
        assert_eq!(other.history.operations(), 3, "{sign}");
    }
}

#[test]
fn objects_are_purchases_too() {
    let mut table = table(&[
        (Column::Item, "order.sku"),
        (Column::Asked, "t0"),
        (Column::Answered, "t1"),
        (Column::Outcome, "result"),
        (Column::Remaining, "left"),
        (Column::Unit, "seat"),
    ]);
    table.times = Times {
        unit: Some(1_000_000),
        utc: false,
    };
    table.limit = Some(2);
    let json = r#"
{"t0":1714557600001,"t1":1714557600005,"order":{"sku":7},"result":"ok","left":0,"seat":12}

{"t0":1714557600002.5,"t1":null,"order":{"sku":7},"result":null,"left":null}
"#;
    let converted = convert(json, &table, Some(1)).unwrap();
    assert_eq!(
        (converted.history.header.spec, converted.history.header.limit()),
        (Spec::Sales, Some(2))
    );
    let text = written(&converted.history, Format::History);
    for part in [
        r#""time":4999999,"process":0,"type":"ok","f":"buy","key":"7","value":{"outcome":"bought","remaining":0,"unit":"12"}}"#,
        r#""time":1500000,"process":1,"type":"invoke","f":"buy","key":"7","value":1}"#,
    ] {
        assert!(text.contains(part), "{text}");
    }
}

/// A time stands for all instants that are written like it, so purchases within one second overlap.
#[test]
fn coarse_times_order_only_what_they_tell() {
    let table = table(&columns());
    let row = |asked: u32, answered: u32, status: &str| {
        format!("x,a,2024-05-01T10:00:{asked:02}Z,2024-05-01T10:00:{answered:02}Z,1,{status},\n")
    };
    let conclusion = |first: (u32, u32), second: (u32, u32)| {
        let header = CSV.lines().next().unwrap();
        let rows = [row(first.0, first.1, "REJECTED"), row(second.0, second.1, "PAID")].concat();
        concluded(&convert(&format!("{header}\n{rows}"), &table, Some(1)).unwrap().history)
    };
    // Refused in the second in which the last unit was sold.
    assert_eq!(conclusion((1, 1), (1, 1)), Conclusion::Linearizable);
    assert_eq!(conclusion((1, 1), (2, 2)), Conclusion::Violation);
}

#[test]
fn what_a_row_cannot_tell_is_refused_with_what_it_would_need() {
    let full = table(&columns());
    let without = |column: Column| {
        let mut table = full.clone();
        table.columns.remove(&column);
        table
    };
    let one_time = Table {
        columns: BTreeMap::from_iter(full.columns.clone().into_iter().map(|(column, name)| match column {
            Column::Asked => (column, "paid_at".to_owned()),
            _ => (column, name),
        })),
        ..full.clone()
    };
    let none = Table {
        bought: Vec::new(),
        ..full.clone()
    };
    let mut said = String::new();
    for (text, table, initial) in [
        (CSV.to_owned(), full.clone(), None),
        (CSV.to_owned(), without(Column::Asked), Some(1)),
        (CSV.to_owned(), without(Column::Answered), Some(1)),
        (CSV.to_owned(), one_time, Some(1)),
        (CSV.to_owned(), none, Some(1)),
        (CSV.replace("sku", "item"), full.clone(), Some(1)),
        (CSV.replace("PENDING", "CANCELLED"), full.clone(), Some(1)),
        (CSV.replace("PENDING", "PAID"), full.clone(), Some(1)),
        (CSV.replace("10:00:00.004Z", "10:00:00.004"), full.clone(), Some(1)),
        (
            CSV.replace("2024-05-01T10:00:00.004Z", "1714557600"),
            full.clone(),
            Some(1),
        ),
        (CSV.replace(",2,", ",0,"), full.clone(), Some(1)),
        (CSV.replace("\"b\"", ""), full.clone(), Some(1)),
        (CSV.replace(".009", ".002"), full.clone(), Some(1)),
        (CSV.replace(",2,PENDING,", ",2"), full.clone(), Some(1)),
        ("{\"sku\":1}\n[1]".to_owned(), full.clone(), Some(1)),
    ] {
        said += &format!("{}\n", convert(&text, &table, initial).unwrap_err());
    }
    expect_test::expect![[r#"
        t: nothing says how many units there were at the start; say it with --initial N
        t: nothing says when each purchase was asked for, before it was sent; expected a column for it: --columns '…,asked=NAME'
        t: nothing says when its answer had come; expected a column for it: --columns '…,answered=NAME'
        t: `asked` and `answered` are the same column; expected two, as one time does not tell which purchases overlapped: note one before the request is sent, and one after its answer has come
        t:2: found "PAID" as `outcome`, expected an outcome that is given with --bought, --sold-out, --already or --unknown
        t:1: found the columns `id`, `item`, `created at`, `paid_at`, `qty`, `status`, `user`, expected one that is called `sku`
        t:4: found "CANCELLED" as `outcome`, expected an outcome that is given with --bought, --sold-out, --already or --unknown
        t:4: found "" as `answered`, expected a time such as 2024-05-01T10:00:00.001Z or 2024-05-01 12:00:00+02:00; say with --time-unit what a number counts
        t:4: found "2024-05-01T10:00:00.004" as `asked`, expected a time with its zone, such as 2024-05-01T10:00:00.001Z; if all times are UTC, say so with --utc
        t:4: found "1714557600" as `asked`, expected a time such as 2024-05-01T10:00:00.001Z or 2024-05-01 12:00:00+02:00; say with --time-unit what a number counts
        t:4: found "0" as `quantity`, expected how many units: an integer of at least 1, or nothing for 1
        t:4: found "" as `item`, expected what was bought
        t:3: found a completion at 1714557600002999999 ns, before its invocation at 1714557600003000000 ns in line 3; expected time not to run backwards: is the clock monotonic?
        t:4: this is not CSV: a row of 5 cells, where the header has 7
        t:1: found "" as `asked`, expected a time such as 2024-05-01T10:00:00.001Z or 2024-05-01 12:00:00+02:00; say with --time-unit what a number counts
    "#]].assert_eq(&said);
}
