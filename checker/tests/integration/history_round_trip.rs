//! Writing and reading a history gives the same history.

use oversell_checker::history::{
    self, Body, Command, Header, History, Initial, KeyHistory, OnSale, Operation, Response, Spec, StockHistory, Texts,
    Unknown, Unwritable,
};
use oversell_spec::{
    kv::{KvOp, KvRet},
    register::{RegisterOp, RegisterRet},
    sales::{Buyer, SalesOp},
    stock::{StockOp, StockRet, Unit},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::history::without_units;

/// One operation to be: which process, how long it waits and lasts, whether it gets a response, why not, its commands.
#[derive(Clone, Debug)]
struct Plan<T> {
    process: i64,
    wait: u64,
    takes: u64,
    said: T,
    unknown: Option<Option<String>>,
    commands: Vec<(u64, Option<u64>, String, Option<String>)>,
}

fn plan<T: std::fmt::Debug>(said: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<Plan<T>>> {
    let commands = prop::collection::vec(
        (0..9u64, prop::option::of(0..9u64), text(), prop::option::of(text())),
        0..3,
    );
    let unknown = prop_oneof![9 => Just(None), 1 => prop::option::of(text()).prop_map(Some)];
    let one = (-2..4i64, 0..4u64, 0..6u64, said, unknown, commands);
    let one = one.prop_map(|(process, wait, takes, said, unknown, commands)| Plan {
        process,
        wait,
        takes,
        said,
        unknown,
        commands,
    });
    prop::collection::vec(one, 0..20)
}

/// Texts with everything that JSON escapes.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]{0,2}", "[ -~]{0,6}", "[\u{0}-\u{1f}\"\\\\é\u{2028}😀]{0,3}"]
}

/// Carries the plans out: each process does one operation after another, and none after one that did not end.
fn key<Op, Ret, I>(name: &str, initial: I, plans: Vec<Plan<(Op, Ret)>>, first: i64) -> KeyHistory<Op, Ret, I> {
    let mut key = KeyHistory::new(name, initial);
    let mut planned: Vec<_> = Vec::new();
    let mut free = std::collections::BTreeMap::<i64, u64>::new();
    for plan in plans {
        let from = free.entry(plan.process).or_insert(0);
        if *from == u64::MAX {
            continue;
        }
        let invoked = *from + plan.wait;
        *from = if plan.unknown.is_some() {
            u64::MAX
        } else {
            invoked + plan.takes
        };
        planned.push((invoked, plan));
    }
    planned.sort_by_key(|&(invoked, _)| invoked);
    for (index, (invoked, plan)) in planned.into_iter().enumerate() {
        let (op, ret) = plan.said;
        let response = plan.unknown.is_none().then_some(Response {
            at: invoked + plan.takes,
            ret,
        });
        key.operations.push(Operation {
            process: first + plan.process,
            invoked,
            op,
            response,
        });
        key.unknown.extend(plan.unknown.flatten().map(|why| Unknown {
            operation: index as u32,
            at: invoked + plan.takes,
            why: why.into(),
        }));
        for (sent, received, command, reply) in plan.commands {
            let command = Command {
                sent,
                received,
                command: command.into(),
                reply: reply.map(Into::into),
            };
            key.commands.push(index, &command);
        }
    }
    key
}

fn stock_said() -> impl Strategy<Value = (StockOp, StockRet)> {
    let quantity = prop_oneof![4 => 1..4u64, 1 => Just(u64::MAX)];
    let small = -2..3i64;
    let told = prop::option::of(prop_oneof![4 => small, 1 => Just(i64::MAX), 1 => Just(i64::MIN)]);
    prop_oneof![
        (quantity, told.clone(), prop::option::of(0..3u32)).prop_map(|(quantity, remaining, unit)| {
            (
                StockOp::Buy { quantity },
                StockRet::Bought {
                    remaining,
                    unit: unit.map(Unit),
                },
            )
        }),
        (1..4u64).prop_map(|quantity| (StockOp::Buy { quantity }, StockRet::SoldOut)),
        any::<i64>().prop_map(|stock| (StockOp::Read, StockRet::Stock(stock))),
        (1..1000u64, told).prop_map(|(quantity, stock)| (StockOp::Restock { quantity }, StockRet::Restocked { stock })),
    ]
}

fn register_said() -> impl Strategy<Value = (RegisterOp<String>, RegisterRet<String>)> {
    let value = || {
        prop_oneof![
            Just("null".to_owned()),
            any::<i64>().prop_map(|value| value.to_string()),
            any::<u64>().prop_map(|value| value.to_string()),
            (-1e9..1e9).prop_map(|value: f64| json!(value).to_string()),
            text().prop_map(|text| json!(text).to_string()),
            text().prop_map(|text| json!({"outcome": [text, true]}).to_string()),
            Just(r#"{"outcome":"bought"}"#.to_owned()),
        ]
    };
    prop_oneof![
        value().prop_map(|value| (RegisterOp::Read, RegisterRet::Value(value))),
        value().prop_map(|value| (RegisterOp::Write(value), RegisterRet::Done)),
        (value(), value()).prop_map(|(old, new)| (RegisterOp::Cas(old, new), RegisterRet::Done)),
    ]
}

fn kv_said() -> impl Strategy<Value = (KvOp, KvRet)> {
    prop_oneof![
        text().prop_map(|text| (KvOp::Get, KvRet::Value(text))),
        text().prop_map(|text| (KvOp::Put(text), KvRet::Done)),
        text().prop_map(|text| (KvOp::Append(text), KvRet::Done)),
    ]
}

/// The keys of a history.
const NAMES: [&str; 3] = ["", "sku-1", "\u{1}\"é"];

/// Each key has its own processes, and the keys stand in order of their first invocation, as a reader has them.
fn keys<Op: Clone, Ret: Clone, I: Clone>(plans: Vec<Vec<Plan<(Op, Ret)>>>, initial: &I) -> Vec<KeyHistory<Op, Ret, I>> {
    let named = plans.into_iter().zip(NAMES).enumerate();
    let mut keys: Vec<_> = named
        .map(|(number, (plans, name))| key(name, initial.clone(), plans, number as i64 * 100))
        .collect();
    keys.retain(|key| !key.operations.is_empty());
    keys.sort_by_key(|key| key.operations[0].invoked);
    keys
}

fn round_trip(history: &History) -> History {
    let mut file = Vec::new();
    history::write(history, &mut file).unwrap();
    let (back, warnings) = history::read("h.jsonl", file.as_slice()).unwrap();
    assert_eq!(warnings, []);
    back
}

/// The same header, and the same operations with the same names of units.
pub(super) fn same_stock(history: &History, back: &History) -> Result<(), TestCaseError> {
    prop_assert_eq!(&back.header, &history.header);
    let (Body::Stock(before), Body::Stock(after)) = (&history.body, &back.body) else {
        unreachable!()
    };
    prop_assert_eq!(with_names(before, &history.units), with_names(after, &back.units));
    Ok(())
}

/// Units by name: their numbers are a matter of the order in which they are met.
fn with_names(keys: &[StockHistory], units: &Texts) -> Vec<(StockHistory, Vec<Option<String>>)> {
    let named = keys.iter().cloned().map(|mut key| {
        let names = key
            .operations
            .iter_mut()
            .map(|operation| match &mut operation.response {
                Some(Response {
                    ret: StockRet::Bought { unit, .. },
                    ..
                }) => unit.take().map(|unit| units.get(unit.0).unwrap().to_owned()),
                _ => None,
            });
        let names = names.collect();
        (key, names)
    });
    named.collect()
}

/// Histories of counters, with anything in the header and in the names of units.
pub(super) fn stocks() -> impl Strategy<Value = History> {
    let plans = prop::collection::vec(plan(stock_said()), 0..4);
    (plans, text(), text()).prop_map(|(plans, unit, metadata)| {
        let mut units = Texts::new();
        for name in ["u", ":\u{1}é\"", &format!("u-{unit}")] {
            units.intern(name);
        }
        let mut header = Header::new(Spec::Stock, 7);
        let nested = json!([metadata, {"b": 1, "a": null}]);
        header.metadata.insert("z".to_owned(), nested);
        header.metadata.insert(metadata + "a", json!(0.5));
        History::stock(header, keys(plans, &7), units)
    })
}

/// Histories of counters with a limit, and with buyers of any name.
pub(super) fn sales() -> impl Strategy<Value = History> {
    let told = prop_oneof![
        4 => Just(None),
        1 => prop::sample::select(vec![StockRet::Already, StockRet::Refused]).prop_map(Some)
    ];
    let said = (stock_said(), told, prop::option::of(0..3u32)).prop_map(|((op, ret), told, buyer)| {
        let is_purchase = matches!(op, StockOp::Buy { .. });
        let buyer = buyer.filter(|_| is_purchase).map(Buyer);
        (SalesOp { op, buyer }, told.filter(|_| is_purchase).unwrap_or(ret))
    });
    let plans = prop::collection::vec(plan(said), 0..4);
    (plans, text()).prop_map(|(plans, name)| {
        let mut units = Texts::new();
        for name in ["u", ":\u{1}é\"", &format!("u-{name}")] {
            units.intern(name);
        }
        let keys = keys(plans, &OnSale { stock: 7, limit: 2 });
        History {
            units,
            ..without_units(Header::sales(7, 2), Body::Sales(keys))
        }
    })
}

/// Names have other numbers afterwards, so what is written is compared.
pub(super) fn same_file(history: &History, back: &History) -> Result<(), TestCaseError> {
    let text = |history| {
        let mut file = Vec::new();
        history::write(history, &mut file).unwrap();
        String::from_utf8(file).unwrap()
    };
    prop_assert_eq!(back.header.spec, history.header.spec);
    prop_assert_eq!(text(back), text(history));
    Ok(())
}

pub(super) fn registers() -> impl Strategy<Value = History> {
    let plans = prop::collection::vec(plan(register_said()), 0..4);
    plans.prop_map(|plans| {
        let keys = keys(plans, &"null".to_owned());
        without_units(Header::new(Spec::Register, Value::Null), Body::Register(keys))
    })
}

pub(super) fn stores() -> impl Strategy<Value = History> {
    let plans = prop::collection::vec(plan(kv_said()), 0..4);
    plans.prop_map(|plans| {
        let each = NAMES.map(|key| (key.to_owned(), json!("é")));
        let header = Header {
            initial: Initial::Each(each.into_iter().collect()),
            ..Header::new(Spec::Kv, "")
        };
        without_units(header, Body::Kv(keys(plans, &"é".to_owned())))
    })
}

proptest! {
    #[test]
    fn stock(history in stocks()) {
        same_stock(&history, &round_trip(&history))?;
    }

    #[test]
    fn with_a_limit(history in sales()) {
        same_file(&history, &round_trip(&history))?;
    }

    #[test]
    fn register(history in registers()) {
        prop_assert_eq!(round_trip(&history), history);
    }

    #[test]
    fn kv(history in stores()) {
        prop_assert_eq!(round_trip(&history), history);
    }
}

#[test]
fn a_file_without_times_keeps_its_order_and_gets_none() {
    let text = r#"{"format":"oversell-history","version":1,"spec":"kv","initial":""}
{"process":1,"type":"invoke","f":"put","value":"a"}
{"process":2,"type":"invoke","f":"get","value":null}
{"process":1,"type":"ok","f":"put","value":null}
{"process":2,"type":"ok","f":"get","value":"a"}
"#;
    let (history, _) = history::read("h.jsonl", text.as_bytes()).unwrap();
    let mut written = Vec::new();
    history::write(&history, &mut written).unwrap();
    assert_eq!(String::from_utf8(written).unwrap(), text);
}

#[test]
fn refuses_to_write_what_no_file_can_say() {
    let operation = |invoked, at: Option<u64>| Operation {
        process: 7,
        invoked,
        op: StockOp::Read,
        response: at.map(|at| Response {
            at,
            ret: StockRet::Stock(1),
        }),
    };
    let two = Unwritable::TwoOpen { process: 7, at: 3 };
    for (operations, expected) in [
        (vec![operation(1, Some(4)), operation(3, Some(5))], two),
        (vec![operation(1, None), operation(3, None)], two),
        (vec![operation(1, Some(0))], Unwritable::Backwards { process: 7, at: 0 }),
    ] {
        let mut key = StockHistory::new("", 1);
        key.operations = operations;
        let history = History::stock(Header::new(Spec::Stock, 1), vec![key], Texts::new());
        let error = history::write(&history, Vec::new()).unwrap_err();
        assert_eq!(error.downcast::<Unwritable>().unwrap(), expected);
    }
}
