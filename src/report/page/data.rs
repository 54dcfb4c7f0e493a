//! Operations as the page's script reads them: columns of small numbers, and a table of texts.

use std::ops::Range;

use oversell_checker::{
    counterexample::{Tell, Words, signed},
    history::{Fault, Operation, Texts, process},
};
use serde::Serialize;
use serde_json::Value;

use super::{
    case::Case,
    order::{Order, Ordered},
    subject::Scenario,
};

/// Everything the script knows of one history.
#[derive(Debug, Serialize)]
pub(super) struct Data<'a> {
    pub(super) name: &'a str,
    /// Times are nanoseconds; otherwise they only count lines.
    pub(super) clock: bool,
    /// Names of the kinds of answers.
    pub(super) classes: Vec<&'static str>,
    pub(super) texts: Vec<&'a str>,
    pub(super) keys: &'a [Key],
    pub(super) faults: Vec<Fault>,
    pub(super) cases: Vec<&'a Case>,
}

impl<'a> Data<'a> {
    /// A schedule has steps, and no operations that were recorded.
    pub(super) fn of(scenario: &'a Scenario) -> Self {
        Self {
            name: &scenario.name,
            clock: false,
            classes: Vec::new(),
            texts: Vec::new(),
            keys: &[],
            faults: Vec::new(),
            cases: vec![&scenario.case],
        }
    }
}

/// One key, its operations in columns.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Key {
    /// Its place among the keys of the history.
    index: usize,
    name: String,
    /// `ok`, `bad` or `undecided`.
    state: &'static str,
    stock: Option<u64>,
    /// Of so many operations those from here on are given.
    first: usize,
    of: usize,
    base: u64,
    /// After the one before; the first after `base`.
    at: Vec<u64>,
    /// How long they took; -1: no answer.
    took: Vec<i64>,
    /// Numbers, or names.
    who: Vec<Value>,
    class: Vec<usize>,
    asked: Vec<u32>,
    /// -1: no answer, or one that was given up, with a reason in `why`.
    answered: Vec<i64>,
    told: Vec<Option<i64>>,
    /// Units taken; below 0: put back.
    taken: Vec<i64>,
    /// Operation, when the client gave up (after `base`), why.
    why: Vec<(usize, u64, u32)>,
    order: Option<Vec<usize>>,
    /// The order explains what was answered before this (after `base`).
    until: Option<u64>,
    commands: Commands,
}

impl Key {
    /// How many operations.
    pub(super) fn len(&self) -> usize {
        self.who.len()
    }
}

/// The commands of all operations, one after the other.
#[derive(Clone, Debug, Default, Serialize)]
struct Commands {
    /// How many each operation has. Empty: none has any.
    count: Vec<usize>,
    /// After the operation's invocation, or after the reply (where there was one, else the sending) of the command before.
    sent: Vec<i64>,
    /// After that; -1: never.
    took: Vec<i64>,
    text: Vec<u32>,
    /// -1: none.
    reply: Vec<i64>,
}

/// The kind of an answer, for colours and filters.
pub(super) fn class<Op: Tell<Ret = Ret>, Ret>(operation: &Operation<Op, Ret>) -> &'static str {
    let Some(response) = &operation.response else {
        return "no answer";
    };
    match operation.op.f() {
        "buy" if operation.op.taken(&response.ret) > 0 => "bought",
        "buy" => "sold out",
        "restock" => "restocked",
        other => other,
    }
}

/// The place of a kind among those known so far, to which it is added where it is new.
pub(super) fn place(classes: &mut Vec<&'static str>, class: &'static str) -> usize {
    let known = classes.iter().position(|known| *known == class);
    known.unwrap_or_else(|| {
        classes.push(class);
        classes.len() - 1
    })
}

/// What it took off the stock; below 0 where it put units back.
pub(super) fn taken<Op: Tell<Ret = Ret>, Ret>(operation: &Operation<Op, Ret>) -> i64 {
    let Some(response) = &operation.response else {
        return 0;
    };
    if operation.op.f() == "restock" {
        let units = operation.op.argument().as_u64().unwrap_or(0);
        return i64::try_from(units).map_or(i64::MIN, |units| -units);
    }
    i64::try_from(operation.op.taken(&response.ret)).unwrap_or(i64::MAX)
}

/// Columns of some of a key's operations.
pub(super) fn key<K: Ordered>(
    key: &K,
    (index, state): (usize, &'static str),
    range: Range<usize>,
    order: Option<Order>,
    words: &Words<'_>,
    (texts, classes): (&mut Texts, &mut Vec<&'static str>),
) -> Key {
    let history = key.key();
    let operations = &history.operations[range.clone()];
    let base = operations.first().map_or(0, |first| first.invoked);
    let inside = |index: &usize| range.contains(index);
    let (order, until) = match order {
        None => (None, None),
        Some(Order { indices, until }) => (
            Some(
                indices
                    .into_iter()
                    .filter(inside)
                    .map(|index| index - range.start)
                    .collect(),
            ),
            until.map(|until| until.saturating_sub(base)),
        ),
    };
    let mut columns = Key {
        index,
        name: history.key.clone(),
        state,
        stock: key.stock(),
        first: range.start,
        of: history.operations.len(),
        base,
        at: Vec::with_capacity(operations.len()),
        took: Vec::with_capacity(operations.len()),
        who: operations
            .iter()
            .map(|operation| process::to_json(operation.process, words.units))
            .collect(),
        class: Vec::with_capacity(operations.len()),
        asked: Vec::with_capacity(operations.len()),
        answered: Vec::with_capacity(operations.len()),
        told: Vec::new(),
        taken: operations.iter().map(taken).collect(),
        why: Vec::new(),
        order,
        until,
        commands: Commands::default(),
    };
    let mut before = base;
    for operation in operations {
        columns.at.push(operation.invoked - before);
        before = operation.invoked;
        columns.class.push(place(classes, class(operation)));
        columns.asked.push(texts.intern(&words.asked(&operation.op)));
        let response = operation.response.as_ref();
        columns
            .took
            .push(response.map_or(-1, |response| small(response.at - operation.invoked)));
        let told = response.and_then(|response| operation.op.told(&response.ret));
        let text = response.map(|response| {
            let text = operation.op.answered(&response.ret, words);
            texts.intern(&told.map_or(text.clone(), |told| without_number(&text, told)))
        });
        columns.answered.push(text.map_or(-1, i64::from));
        columns.told.push(told);
    }
    for unknown in &history.unknown {
        let operation = unknown.operation as usize;
        if inside(&operation) {
            let at = unknown.at.saturating_sub(base);
            columns
                .why
                .push((operation - range.start, at, texts.intern(&unknown.why)));
        }
    }
    if range.clone().any(|index| history.commands.has(index)) {
        columns.commands = commands(history, range, texts);
    }
    columns
}

/// Stands for the number that is in `told`, so that answers that differ in nothing else are one text.
const NUMBER: &str = "\u{1}";

/// The text without the last place at which this number stands in it.
fn without_number(text: &str, number: i64) -> String {
    let number = signed(number);
    match text.rfind(&number) {
        Some(place) => format!("{}{NUMBER}{}", &text[..place], &text[place + number.len()..]),
        None => text.to_string(),
    }
}

fn commands<Op, Ret, Initial>(
    history: &oversell_checker::history::KeyHistory<Op, Ret, Initial>,
    range: Range<usize>,
    texts: &mut Texts,
) -> Commands {
    let mut commands = Commands::default();
    for index in range {
        let before = commands.sent.len();
        let mut last = small(history.operations[index].invoked);
        for command in history.commands.of(index) {
            // A client may have sent it a moment before the invocation, by its clock.
            commands.sent.push(small(command.sent).saturating_sub(last));
            last = small(command.received.unwrap_or(command.sent));
            let took = command
                .received
                .map(|received| small(received.saturating_sub(command.sent)));
            commands.took.push(took.unwrap_or(-1));
            commands.text.push(texts.intern(&command.command));
            let reply = command.reply.as_deref().map(|reply| i64::from(texts.intern(reply)));
            commands.reply.push(reply.unwrap_or(-1));
        }
        commands.count.push(commands.sent.len() - before);
    }
    commands
}

fn small(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// JSON that can stand in a script element: nothing in it can end the element or begin a comment.
pub(super) fn embedded(value: &impl Serialize) -> serde_json::Result<String> {
    // Only strings hold this character, and there it may be written so.
    Ok(serde_json::to_string(value)?.replace('<', "\\u003c"))
}

/// A value of the header as people read it.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}
