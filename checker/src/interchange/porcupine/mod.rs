//! Porcupine's two kinds of histories, as JSON that Go's `encoding/json` reads into its types.
//!
//! A call that never returned is written as one that returns after everything else with `"type":"info"`: taking effect last
//! of all is as good as never, as long as the model accepts it in every state.

mod kv;

use std::{
    collections::{BTreeMap, HashMap},
    io::{self, Write},
};

use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};

use super::{
    Trouble,
    error::excerpt,
    lines::{self, Lines, Wrong},
};
use crate::history::{Clock, History};

/// Writes `{"header":…,"events":[…]}`, an event a line.
pub(super) fn write_events(history: &History, to: impl Write) -> io::Result<()> {
    let (header, events) = lines::of(history)?;
    let mut open: BTreeMap<i64, (u64, Value)> = BTreeMap::new();
    let mut last = Vec::new();
    let mut list = Vec::new();
    for (line, (id, is_return)) in events.iter().zip(ids(&events)) {
        let process = line.get("process").cloned().unwrap_or_default();
        let mut event = json!({"ClientId": process, "Kind": is_return, "Value": said(line, is_return), "Id": id});
        if let Some(time) = line.get("time") {
            event["Time"] = time.clone();
        }
        if let Some(sent) = line.get("commands") {
            event["Metadata"] = json!({"commands": sent});
        }
        let number = process.as_i64().unwrap_or_default();
        if !is_return {
            open.insert(number, (id, process));
        } else {
            open.remove(&number);
        }
        if is_return && line.get("type").is_some_and(|kind| kind == "info") {
            last.push(event);
        } else {
            list.push(event);
        }
    }
    last.extend(
        open.into_values()
            .map(|(id, process)| json!({"ClientId": process, "Kind": true, "Value": {"type": "info"}, "Id": id})),
    );
    list.extend(last);
    file(&header, history.clock, "events", &list, to)
}

/// Writes `{"header":…,"operations":[…]}`, an operation a line.
pub(super) fn write_operations(history: &History, to: impl Write) -> io::Result<()> {
    let (header, events) = lines::of(history)?;
    let time = |index: usize, line: &Map<String, Value>| line.get("time").cloned().unwrap_or_else(|| index.into());
    let end = events
        .iter()
        .enumerate()
        .filter_map(|(index, line)| time(index, line).as_u64())
        .max();
    let end = end.map_or(0, |last| last.saturating_add(1));
    let mut list: Vec<Value> = Vec::new();
    for (index, (line, (id, is_return))) in events.iter().zip(ids(&events)).enumerate() {
        if !is_return {
            list.push(json!({
                "ClientId": line.get("process"),
                "Input": said(line, false),
                "Call": time(index, line),
                "Output": {"type": "info"},
                "Return": end,
            }));
            continue;
        }
        let operation = &mut list[usize::try_from(id).unwrap_or_default()];
        operation["Output"] = said(line, true);
        if line.get("type").is_some_and(|kind| kind == "info") {
            operation["Output"]["time"] = time(index, line);
        } else {
            operation["Return"] = time(index, line);
        }
        if let Some(sent) = line.get("commands") {
            operation["Metadata"] = json!({"commands": sent});
        }
    }
    file(&header, history.clock, "operations", &list, to)
}

fn file(header: &Map<String, Value>, clock: Clock, what: &str, list: &[Value], mut to: impl Write) -> io::Result<()> {
    let mut text = format!("{{\"header\":{},\n", json!(header));
    if clock == Clock::Lines {
        text.push_str("\"clock\":\"order\",\n");
    }
    text.push_str(&format!("\"{what}\":["));
    for (index, item) in list.iter().enumerate() {
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        text.push_str(&item.to_string());
    }
    text.push_str("\n]}\n");
    to.write_all(text.as_bytes())?;
    to.flush()
}

/// The number of the operation that each event belongs to, and whether it is its return.
fn ids(events: &[Map<String, Value>]) -> Vec<(u64, bool)> {
    let mut calls = 0..;
    let mut open: HashMap<i64, u64> = HashMap::new();
    let mut ids = Vec::with_capacity(events.len());
    for event in events {
        let process = event.get("process").and_then(Value::as_i64).unwrap_or_default();
        let invoked = event.get("type").is_some_and(|kind| kind == "invoke");
        ids.push(match open.remove(&process).filter(|_| !invoked) {
            Some(id) => (id, true),
            None => {
                let id = calls.next().unwrap_or_default();
                open.insert(process, id);
                (id, false)
            }
        });
    }
    ids
}

/// What was asked: `{"f":"buy","key":"sku-1","value":1}`; or answered: `{"type":"ok","value":{…}}`.
fn said(line: &Map<String, Value>, is_return: bool) -> Value {
    let fields: &[&str] = if is_return {
        &["type", "value"]
    } else {
        &["f", "key", "value", "buyer"]
    };
    let given = fields
        .iter()
        .filter_map(|&name| Some((name.to_owned(), line.get(name)?.clone())));
    Value::Object(given.collect())
}

#[derive(Default, Deserialize)]
struct File<'a> {
    header: Option<Map<String, Value>>,
    clock: Option<String>,
    #[serde(borrow)]
    events: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    operations: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    #[serde(default)]
    client_id: i64,
    kind: bool,
    value: Map<String, Value>,
    id: i64,
    time: Option<u64>,
    metadata: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Operation {
    #[serde(default)]
    client_id: i64,
    input: Map<String, Value>,
    call: u64,
    output: Option<Map<String, Value>>,
    r#return: u64,
    metadata: Option<Value>,
}

/// Reads what was written above, or a list alone.
pub(super) fn read(text: &str) -> Result<Lines, Wrong> {
    let not_json = |error: serde_json::Error| {
        let reason = error.to_string();
        (error.line() as u64, Trouble::NotJson { reason })
    };
    let file = if text.trim_start().starts_with('[') {
        let list: Vec<&RawValue> = serde_json::from_str(text).map_err(not_json)?;
        let mut file = File::default();
        if list.first().is_some_and(|first| first.get().contains("\"Call\"")) {
            file.operations = Some(list);
        } else {
            file.events = Some(list);
        }
        file
    } else {
        serde_json::from_str(text).map_err(not_json)?
    };
    let mut lines = Lines {
        header: file.header,
        ..Lines::default()
    };
    let mut at = Lined { text, from: 0, line: 1 };
    match (file.events, file.operations) {
        (Some(list), None) => events(&list, &mut at, &mut lines)?,
        (None, Some(list)) => operations(&list, &mut at, file.clock.as_deref() == Some("order"), &mut lines)?,
        _ => {
            let reason = "there is neither a list `events` nor a list `operations`, or both".to_owned();
            return Err((1, Trouble::NotJson { reason }));
        }
    }
    Ok(lines)
}

/// Where the items of a list stand in the text.
struct Lined<'a> {
    text: &'a str,
    from: usize,
    line: u64,
}

impl Lined<'_> {
    fn of(&mut self, item: &RawValue) -> u64 {
        let at = (item.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        let between = self.text.as_bytes().get(self.from..at).unwrap_or_default();
        self.line += between.iter().filter(|&&byte| byte == b'\n').count() as u64;
        self.from = at.max(self.from);
        self.line
    }
}

fn parsed<'a, T: Deserialize<'a>>(item: &'a RawValue, line: u64, expected: &'static str) -> Result<T, Wrong> {
    serde_json::from_str(item.get()).map_err(|_| {
        let found = excerpt(item.get());
        (line, Trouble::Unexpected { found, expected })
    })
}

fn events(list: &[&RawValue], at: &mut Lined<'_>, lines: &mut Lines) -> Result<(), Wrong> {
    const EXPECTED: &str = r#"an event such as {"ClientId":0,"Kind":false,"Value":{"f":"read","value":null},"Id":0}"#;
    let mut calls: HashMap<i64, Map<String, Value>> = HashMap::new();
    for item in list {
        let line = at.of(item);
        let mut event: Event = parsed(item, line, EXPECTED)?;
        let plain = if event.kind { kv::output } else { kv::input };
        event.value = plain(event.value).map_err(|trouble| (line, trouble))?;
        let asked = if event.kind {
            calls
                .get(&event.id)
                .ok_or((line, Trouble::NotCalled { id: event.id }))?
        } else {
            calls.entry(event.id).insert_entry(event.value.clone()).into_mut()
        };
        // An answer that nobody got, and nobody gave up waiting for at any known time.
        let info = event.kind && event.value.get("type").is_some_and(|kind| kind == "info");
        if info && event.time.is_none() && event.value.len() == 1 {
            continue;
        }
        let said = event.kind.then_some(&event.value);
        let made = made(event.client_id, event.time, asked, said, event.metadata.as_ref());
        lines.events.push((line, made));
    }
    Ok(())
}

fn operations(list: &[&RawValue], at: &mut Lined<'_>, untimed: bool, lines: &mut Lines) -> Result<(), Wrong> {
    const EXPECTED: &str = r#"an operation such as {"ClientId":0,"Input":{"f":"read","value":null},"Call":1,"Output":{"type":"ok","value":1},"Return":2}"#;
    // Without times the lines say what came first: in order of time, and invocations first, each client's own events are in
    // order, unless it is done and asks again at the same instant. Times say it themselves, and only the events of one client
    // have to be in order: those of each operation are, and so are the operations of one client when sorted by their calls.
    let order = |call: u64, time: u64, is_return: bool, index: usize| {
        if untimed {
            (time, usize::from(is_return), index)
        } else {
            (call, index, usize::from(is_return))
        }
    };
    let mut events = Vec::new();
    for (index, item) in list.iter().enumerate() {
        let line = at.of(item);
        let operation: Operation = parsed(item, line, EXPECTED)?;
        let input = &kv::input(operation.input).map_err(|trouble| (line, trouble))?;
        let output = operation.output.map(kv::output).transpose();
        let output = output.map_err(|trouble| (line, trouble))?;
        let client = operation.client_id;
        let made = |time: u64, said, metadata| made(client, (!untimed).then_some(time), input, said, metadata);
        let call = operation.call;
        events.push((order(call, call, false, index), (line, made(call, None, None))));
        let output = output.unwrap_or_else(|| Map::from_iter([("type".to_owned(), "info".into())]));
        let info = output.get("type").is_some_and(|kind| kind == "info");
        let ends = if info {
            output.get("time").and_then(Value::as_u64)
        } else {
            Some(operation.r#return)
        };
        if let Some(ends) = ends {
            let made = made(ends, Some(&output), operation.metadata.as_ref());
            events.push((order(call, ends, true, index), (line, made)));
        }
    }
    events.sort_by_key(|(order, _)| *order);
    lines.events.extend(events.into_iter().map(|(_, event)| event));
    Ok(())
}

/// A line of a history file.
fn made(
    client: i64,
    time: Option<u64>,
    asked: &Map<String, Value>,
    said: Option<&Map<String, Value>>,
    metadata: Option<&Value>,
) -> Map<String, Value> {
    let kind = said.map_or(Value::from("invoke"), |said| {
        said.get("type").cloned().unwrap_or_else(|| "ok".into())
    });
    let commands = metadata.and_then(|metadata| metadata.get("commands"));
    let fields = [
        ("time", time.map(Value::from)),
        ("process", Some(client.into())),
        ("type", Some(kind)),
        ("f", asked.get("f").cloned()),
        ("key", asked.get("key").cloned()),
        ("value", said.unwrap_or(asked).get("value").cloned()),
        ("buyer", asked.get("buyer").filter(|_| said.is_none()).cloned()),
        ("commands", commands.filter(|_| said.is_some()).cloned()),
    ];
    let given = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    given.collect()
}
