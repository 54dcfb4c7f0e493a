//! Writes a history that is in memory.

use std::io::{self, Write};

use super::{
    line::{Buffer, begin, buyer_field, commands, fields, header, key_field},
    order::{End, Order, Place},
    print::{Print, string},
};
use crate::{
    each,
    history::{Clock, History, KeyHistory, Operation, Texts},
};

/// Writes a history as a file: a header, and one event a line in order of time.
///
/// Nothing is kept in memory but what is open, and 64 KiB are written at once, so `to` need not be buffered. Operations
/// that had no effect are written as if they had failed at once.
///
/// # Errors
/// When `to` cannot be written, or with [`Unwritable`](super::Unwritable) when a process does two operations at a time.
pub fn write(history: &History, to: impl Write) -> io::Result<()> {
    let mut to = Buffer { bytes: Vec::new(), to };
    header(&history.header, &mut to.bytes);
    each!(&history.body, keys => events(keys, &history.units, history.clock, &mut to))?;
    to.flush()
}

fn events<Op: Print, Initial, W: Write>(
    keys: &[KeyHistory<Op, Op::Ret, Initial>],
    units: &Texts,
    clock: Clock,
    to: &mut Buffer<W>,
) -> io::Result<()> {
    let names: Vec<Vec<u8>> = keys.iter().map(|key| key_field(&key.key)).collect();
    let mut order = Order::new(keys);
    while let Some((at, end, place)) = order.next()? {
        let line = &mut to.bytes;
        begin((clock == Clock::Nanoseconds).then_some(at), line);
        let key = place.0 % keys.len();
        if order.had_no_effect(place) {
            failed(order.operation(place), end, &names[key], units, line);
        } else {
            event(&keys[key], place, end, &names[key], units, line);
        }
        line.extend(b"}\n");
        to.pass_on()?;
    }
    Ok(())
}

/// The same of an operation that had no effect.
fn failed<Op: Print>(operation: &Operation<Op, Op::Ret>, end: End, name: &[u8], units: &Texts, line: &mut Vec<u8>) {
    let mut value = Vec::new();
    let kind = match end {
        End::Invocation => {
            operation.op.argument(&mut value);
            "invoke"
        }
        End::Completion => "fail",
    };
    fields((operation.process, units), kind, operation.op.f(), name, &value, line);
    if let (End::Invocation, Some(buyer)) = (end, operation.op.buyer(units)) {
        buyer_field(buyer, line);
    }
}

/// Everything in a line but its time.
fn event<Op: Print, Initial>(
    key: &KeyHistory<Op, Op::Ret, Initial>,
    (_, index): Place,
    end: End,
    name: &[u8],
    units: &Texts,
    line: &mut Vec<u8>,
) {
    let operation = &key.operations[index];
    let mut value = Vec::new();
    let kind = match (end, &operation.response) {
        (End::Invocation, _) => {
            operation.op.argument(&mut value);
            "invoke"
        }
        (End::Completion, Some(response)) => match operation.op.result(&response.ret, units, &mut value) {
            Some(()) => "ok",
            None => "fail",
        },
        (End::Completion, None) => {
            if let Some(unknown) = key.why_unknown(index) {
                string(&unknown.why, &mut value);
            }
            "info"
        }
    };
    fields((operation.process, units), kind, operation.op.f(), name, &value, line);
    if end == End::Invocation
        && let Some(buyer) = operation.op.buyer(units).or_else(|| units.get(key.buyer(index)?.0))
    {
        buyer_field(buyer, line);
    }
    if end == End::Completion && key.commands.has(index) {
        commands(key.commands.of(index), line);
    }
}
