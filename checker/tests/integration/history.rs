//! History files: what is read, and that writing and reading fit together.

use oversell_checker::history::{
    self, Body, Clock, Compression, Header, History, Notice, Spec, StockHistory, Texts, What,
};
use oversell_spec::{
    kv::{KvOp, KvRet},
    register::{RegisterOp, RegisterRet},
    stock::{StockOp, StockRet},
};

pub(crate) const HEADER: &str = r#"{"format":"oversell-history","version":1,"spec":"stock","initial":100}"#;

pub(crate) fn read(text: impl AsRef<[u8]>) -> History {
    let (history, warnings) = history::read("h.jsonl", text.as_ref()).unwrap();
    assert_eq!(warnings, []);
    history
}

pub(crate) fn without_units(header: Header, body: Body) -> History {
    History {
        header,
        clock: Clock::Nanoseconds,
        body,
        units: Texts::new(),
    }
}

fn stock(history: &History) -> (&[StockHistory], Vec<&str>) {
    match &history.body {
        Body::Stock(keys) => (keys, history.units.iter().collect()),
        other => panic!("expected stock, found {other:?}"),
    }
}

/// The contract's example, with the two completions that it leaves without an invocation invoked: a history needs that.
const EXAMPLE: &str = r#"{"format":"oversell-history","version":1,"spec":"stock","initial":100,"strategy":"naive","clients":8,"seed":7}
{"time":1000,"process":4,"type":"invoke","f":"buy","key":"sku-1"}
{"time":1001,"process":5,"type":"invoke","f":"buy","key":"sku-1","value":null}
{"time":1042,"process":3,"type":"invoke","f":"buy","key":"sku-1","value":1}
{"time":2213,"process":3,"type":"ok","f":"buy","key":"sku-1","value":{"outcome":"bought","remaining":41}}
{"time":2950,"process":4,"type":"ok","f":"buy","key":"sku-1","value":{"outcome":"sold-out"}}
{"time":3391,"process":5,"type":"info","f":"buy","key":"sku-1","value":"timed out"}
"#;

#[test]
fn reads_the_example_of_the_contract() {
    let history = read(EXAMPLE);
    let metadata: Vec<_> = history
        .header
        .metadata
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(metadata, ["strategy=\"naive\"", "clients=8", "seed=7"]);
    assert_eq!(history.clock, Clock::Nanoseconds);
    let (keys, _) = stock(&history);
    let [key] = keys else { panic!("{keys:?}") };
    assert_eq!((key.key.as_str(), key.initial), ("sku-1", 100));
    let buy = StockOp::Buy { quantity: 1 };
    let operations: Vec<_> = key
        .operations
        .iter()
        .map(|operation| {
            assert_eq!(operation.op, buy);
            (
                operation.process,
                operation.invoked,
                operation.response.map(|response| (response.at, response.ret)),
            )
        })
        .collect();
    assert_eq!(
        operations,
        [
            (4, 1000, Some((2950, StockRet::SoldOut))),
            (5, 1001, None),
            (3, 1042, Some((2213, StockRet::bought(41)))),
        ]
    );
    let unknown = key.why_unknown(1).unwrap();
    assert_eq!((unknown.at, &*unknown.why), (3391, "timed out"));
}

#[test]
fn an_operation_without_a_completion_is_unknown_and_a_failed_one_never_was() {
    let history = read(format!(
        r#"{HEADER}
{{"time":1,"process":1,"type":"invoke","f":"buy","value":2}}
{{"time":2,"process":2,"type":"invoke","f":"restock","value":5}}
{{"time":3,"process":1,"type":"fail","f":"buy","value":"connection refused"}}
{{"time":4,"process":1,"type":"invoke","f":"read","value":null}}
{{"time":5,"process":1,"type":"ok","f":"read","value":100}}
{{"time":6,"process":2,"type":"ok","f":"restock","value":105}}
{{"time":7,"process":3,"type":"invoke","f":"buy","value":3}}
"#
    ));
    let (keys, _) = stock(&history);
    assert_eq!(keys[0].failed.len(), 1);
    let operations: Vec<_> = keys[0]
        .operations
        .iter()
        .map(|operation| (operation.op, operation.response.map(|given| given.ret)))
        .collect();
    assert_eq!(
        operations,
        [
            (
                StockOp::Restock { quantity: 5 },
                Some(StockRet::Restocked { stock: Some(105) })
            ),
            (StockOp::Read, Some(StockRet::Stock(100))),
            (StockOp::Buy { quantity: 3 }, None),
        ]
    );
}

#[test]
fn keeps_keys_apart_and_names_units_once() {
    let history = read(
        r#"{"format":"oversell-history","version":1,"spec":"stock","initial":{"a":1,"b":18446744073709551615,"c":3}}
{"time":1,"process":1,"type":"invoke","f":"buy","key":"b"}
{"time":2,"process":2,"type":"invoke","f":"buy","key":"a"}
{"time":3,"process":2,"type":"ok","f":"buy","key":"a","value":{"unit":"u\u00e9","outcome":"bought"}}
{"time":4,"process":1,"type":"ok","f":"buy","key":"b","value":{"outcome":"bought","unit":"u\u00e9","remaining":-1}}
"#,
    );
    let (keys, units) = stock(&history);
    let names: Vec<_> = keys.iter().map(|key| (key.key.as_str(), key.initial)).collect();
    assert_eq!(names, [("b", u64::MAX), ("a", 1)]);
    assert_eq!(units, ["ué"]);
}

#[test]
fn lines_of_different_processes_may_stand_in_any_order_when_they_have_times() {
    let history = read(format!(
        r#"{HEADER}
{{"time":10,"process":1,"type":"invoke","f":"buy","key":"late"}}
{{"time":20,"process":1,"type":"ok","f":"buy","key":"late","value":{{"outcome":"bought"}}}}
{{"time":21,"process":1,"type":"invoke","f":"buy","key":"early"}}
{{"time":1,"process":2,"type":"invoke","f":"read","key":"early"}}
{{"time":30,"process":2,"type":"ok","f":"read","key":"early","value":100}}
"#
    ));
    let (keys, _) = stock(&history);
    let names: Vec<_> = keys.iter().map(|key| key.key.as_str()).collect();
    assert_eq!(names, ["early", "late"]);
    assert_eq!(keys[0].operations[0].op, StockOp::Read);
}

#[test]
fn without_times_the_order_of_lines_is_the_order_of_time() {
    let history = read(format!(
        r#"{HEADER}
{{"process":1,"type":"invoke","f":"buy"}}
{{"process":2,"type":"invoke","f":"buy"}}
{{"process":2,"type":"ok","f":"buy","value":{{"outcome":"bought"}}}}
{{"process":3,"type":"invoke","f":"buy"}}"#
    ));
    assert_eq!(history.clock, Clock::Lines);
    let (keys, _) = stock(&history);
    let operations = &keys[0].operations;
    assert!(operations[1].precedes(&operations[2]));
    assert!(!operations[1].precedes(&operations[0]) && !operations[0].precedes(&operations[2]));
}

#[test]
fn byte_order_mark_windows_line_breaks_and_blank_lines_do_not_matter() {
    let windows = format!("\u{feff}{}\r\n  \r\n", EXAMPLE.replace('\n', "\r\n"));
    assert_eq!(read(windows), read(EXAMPLE));
}

#[test]
fn a_last_line_that_is_cut_off_is_left_out_with_a_warning() {
    let whole = read(EXAMPLE);
    let last = EXAMPLE.trim_end().rfind('\n').unwrap() + 1;
    let until = |length: usize| history::read("h.jsonl", &EXAMPLE.as_bytes()[..length]).unwrap();
    let (expected, warnings) = until(last);
    assert_eq!(warnings, []);
    for length in last + 1..EXAMPLE.len() - 1 {
        let (history, warnings) = until(length);
        assert_eq!(history, expected, "{length}");
        assert_eq!(warnings[0].notice, Notice::CutOff);
        assert!(
            warnings[0].to_string().starts_with("h.jsonl:7: the file is cut off"),
            "{}",
            warnings[0]
        );
    }
    assert_eq!(until(EXAMPLE.len() - 1), (whole, Vec::new()));
}

#[test]
fn reads_registers_with_values_as_canonical_json() {
    let history = read(
        r#"{"format":"oversell-history","version":1,"spec":"register","initial":null}
{"process":0,"type":"invoke","f":"write","value":{"b":1, "a":[2.50]}}
{"process":0,"type":"ok","f":"write","value":null}
{"process":1,"type":"invoke","f":"read"}
{"process":1,"type":"ok","f":"read","value":{"a":[2.5],"b":1}}
{"process":0,"type":"invoke","f":"cas","value":["x",3]}
{"process":0,"type":"fail","f":"cas","value":["x",3]}
{"process":0,"type":"invoke","f":"cas","value":[{"a":[2.5],"b":1},3]}
{"process":0,"type":"ok","f":"cas"}
"#,
    );
    let Body::Register(keys) = &history.body else {
        panic!("{history:?}")
    };
    assert_eq!((keys[0].initial.as_str(), keys[0].failed.len()), ("null", 1));
    let object = r#"{"a":[2.5],"b":1}"#.to_owned();
    let operations: Vec<_> = keys[0]
        .operations
        .iter()
        .map(|operation| (operation.op.clone(), operation.response.clone().unwrap().ret))
        .collect();
    assert_eq!(
        operations,
        [
            (RegisterOp::Write(object.clone()), RegisterRet::Done),
            (RegisterOp::Read, RegisterRet::Value(object.clone())),
            (RegisterOp::Cas(object, "3".to_owned()), RegisterRet::Done),
        ]
    );
}

#[test]
fn reads_key_value_stores() {
    let history = read(
        r#"{"format":"oversell-history","version":1,"spec":"kv","initial":""}
{"process":0,"type":"invoke","f":"append","key":"k","value":"x\n"}
{"process":0,"type":"ok","f":"append","key":"k"}
{"process":1,"type":"invoke","f":"get","key":"k"}
{"process":1,"type":"ok","f":"get","key":"k","value":"x\n"}
{"process":1,"type":"invoke","f":"put","key":"k","value":""}
{"process":1,"type":"info","f":"put","key":"k","value":{"error":"reset"}}
"#,
    );
    let Body::Kv(keys) = &history.body else {
        panic!("{history:?}")
    };
    let operations = &keys[0].operations;
    assert_eq!(operations[0].op, KvOp::Append("x\n".to_owned()));
    assert_eq!(
        operations[1].response.as_ref().unwrap().ret,
        KvRet::Value("x\n".to_owned())
    );
    assert_eq!(
        (&operations[2].op, &operations[2].response),
        (&KvOp::Put(String::new()), &None)
    );
    assert_eq!(&*keys[0].why_unknown(2).unwrap().why, r#"{"error":"reset"}"#);
}

#[test]
fn a_history_without_operations_is_one() {
    let history = read(HEADER);
    assert_eq!(
        history,
        History::stock(Header::new(Spec::Stock, 100), Vec::new(), Texts::new())
    );
}

#[test]
fn streaming_gives_invocations_before_completions_of_the_same_instant() {
    let text = format!(
        r#"{HEADER}
{{"time":5,"process":1,"type":"invoke","f":"buy"}}
{{"time":5,"process":1,"type":"ok","f":"buy","value":{{"outcome":"bought"}},"commands":[{{"sent":5,"command":"DECR s"}}]}}
{{"time":5,"process":1,"type":"invoke","f":"read"}}
{{"time":6,"process":1,"type":"ok","f":"read","value":99}}
"#
    );
    let history::Events::Stock(mut events) = history::Events::open("h.jsonl", text.as_bytes()).unwrap() else {
        panic!("expected stock");
    };
    let mut seen = Vec::new();
    while let Some(event) = events.next_event().unwrap() {
        let what = match event.what {
            What::Invoke(_) => "invoke",
            What::Ok(_) => "ok",
            What::Fail => "fail",
            What::Info(_) => "info",
        };
        seen.push((event.line, event.operation, what, event.commands.len()));
    }
    assert_eq!(
        seen,
        [
            (2, 0, "invoke", 0),
            (4, 1, "invoke", 0),
            (3, 0, "ok", 1),
            (5, 1, "ok", 0)
        ]
    );
    assert_eq!(events.key(0), Some(("", &100)));
}

#[test]
fn streaming_refuses_lines_that_are_not_in_order_of_time() {
    let text = format!(
        r#"{HEADER}
{{"time":5,"process":1,"type":"invoke","f":"buy"}}
{{"time":4,"process":2,"type":"invoke","f":"buy"}}
"#
    );
    let history::Events::Stock(mut events) = history::Events::open("h.jsonl", text.as_bytes()).unwrap() else {
        panic!("expected stock");
    };
    let error = events.next_event().err().unwrap();
    assert!(
        error
            .to_string()
            .starts_with("h.jsonl:3: found an event at 4 ns after one at 5 ns"),
        "{error}"
    );
    assert!(events.next_event().unwrap().is_none());
}

#[test]
fn compressed_files_are_read_as_they_are_and_as_far_as_they_go() {
    let long: String = (0..20_000)
        .map(|time| {
            let kind = if time % 2 == 0 { "invoke" } else { "ok" };
            format!("\n{{\"time\":{time},\"process\":1,\"type\":\"{kind}\",\"f\":\"restock\",\"value\":1}}")
        })
        .collect();
    let history = read(format!("{HEADER}{long}"));
    for compression in [Compression::Gzip, Compression::Zstd] {
        let mut file = Vec::new();
        history::compressed(compression, &mut file, |to| history::write(&history, to)).unwrap();
        assert!(file.len() < long.len() / 5);
        assert_eq!(read(&file), history);

        let (part, warnings) = history::read("h", &file[..file.len() * 2 / 3]).unwrap();
        assert!((1_000..10_000).contains(&part.operations()), "{}", part.operations());
        let last = warnings.last().unwrap();
        assert_eq!((last.place.line, &last.notice), (None, &Notice::CompressedCutOff));

        let from = history::decompressed(&file[..file.len() * 2 / 3]).unwrap();
        let history::Events::Stock(mut events) = history::Events::open("h", from).unwrap() else {
            panic!()
        };
        let mut operations = 0;
        while let Some(event) = events.next_event().unwrap() {
            operations += usize::from(matches!(event.what, What::Invoke(_)));
        }
        assert_eq!(operations, part.operations());
        assert!(events.warning().is_some());
        drop(events);

        let middle = file.len() / 2;
        file[middle] ^= 0xff;
        file[middle + 1] ^= 0xff;
        history::read("h", file.as_slice()).unwrap_err();
    }
}

#[test]
fn saves_compressed_files_under_names_that_say_so() {
    let folder = tempfile::tempdir().unwrap();
    for (compression, name) in [
        (Compression::Gzip, "lua.jsonl.gz"),
        (Compression::Zstd, "lua.jsonl.zst"),
        (Compression::Zstd, "lua-2.jsonl.zst"),
    ] {
        let path = history::write_new_as(folder.path(), "lua", &read(EXAMPLE), compression).unwrap();
        assert_eq!(path.file_name().unwrap(), name);
        assert_eq!(read(std::fs::read(path).unwrap()), read(EXAMPLE));
    }
}

/// A restock that certainly had no effect adds nothing, though that is known only after it was invoked.
#[test]
fn a_failed_restock_does_not_count_towards_the_64_bits() {
    let header = HEADER.replace("100", &u64::MAX.to_string());
    let restock = r#"{"time":1,"process":0,"type":"invoke","f":"restock","value":1}"#;
    let fails = r#"{"time":2,"process":0,"type":"fail","f":"restock"}"#;
    let again = r#"{"time":3,"process":0,"type":"invoke","f":"restock","value":1}"#;
    let history = read([&header, restock, fails].join("\n") + "\n");
    assert_eq!((history.keys(), history.operations()), (1, 0));
    for lines in [&[restock][..], &[restock, fails, again]] {
        let text = format!("{header}\n{}\n", lines.join("\n"));
        let error = history::read("h.jsonl", text.as_bytes()).unwrap_err().to_string();
        let line = lines.len() + 1;
        assert!(
            error.starts_with(&format!("h.jsonl:{line}: the restocks of key")),
            "{error}"
        );
    }
}
