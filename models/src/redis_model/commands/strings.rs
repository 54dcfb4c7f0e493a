//! Strings and counters.

use crate::redis_model::{
    RedisModel, Reply,
    arguments::{integer, is},
    fail::{Answer, Fail},
    table::Command,
    value::{Bytes, Value, decimal},
};

pub(crate) const COMMANDS: &[Command] = &[
    Command::read("get", 2, get),
    Command::write("set", -3, set),
    Command::write("incr", 2, |model, arguments| add(model, &arguments[1], 1)),
    Command::write("decr", 2, |model, arguments| add(model, &arguments[1], -1)),
    Command::write("incrby", 3, |model, arguments| {
        add(model, &arguments[1], integer(&arguments[2])?)
    }),
    Command::write("decrby", 3, decrby),
];

fn bulk(text: Option<&Bytes>) -> Reply {
    text.map_or(Reply::Nil, |text| Reply::Bulk(text.to_vec()))
}

fn get(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    model.data.string(&arguments[1]).map(bulk)
}

fn set(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let (key, value) = (&arguments[1], &arguments[2]);
    let mut options = arguments[3..].iter();
    let (mut nx, mut xx, mut lifetime) = (false, false, None);
    while let Some(option) = options.next() {
        if is(option, "NX") && !xx {
            nx = true;
        } else if is(option, "XX") && !nx {
            xx = true;
        } else if is(option, "PX") && lifetime.is_none() {
            let milliseconds = integer(options.next().ok_or(Fail::SYNTAX)?)?;
            if milliseconds <= 0 {
                return Err(Fail::text("ERR invalid expire time in 'set' command"));
            }
            lifetime = Some(milliseconds);
        } else {
            return Err(Fail::SYNTAX);
        }
    }
    let there = model.data.contains(key);
    if (nx && there) || (xx && !there) {
        return Ok(Reply::Nil);
    }
    model.data.put(key, Value::String(Bytes::from_slice(value)), false);
    if let Some(entry) = lifetime.and_then(|_| model.data.entry_mut(key)) {
        entry.lifetime = lifetime;
    }
    model.touch(key);
    Ok(Reply::ok())
}

/// A missing key counts as 0. The time to live stays.
fn add(model: &mut RedisModel, key: &[u8], step: i64) -> Answer {
    let old = model.data.string(key)?.map_or(Ok(0), |text| integer(text))?;
    let new = old.checked_add(step).ok_or(Fail::OVERFLOW)?;
    model.data.put(key, Value::String(decimal(new)), true);
    model.touch(key);
    Ok(Reply::Int(new))
}

fn decrby(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let step = integer(&arguments[2])?;
    let step = step.checked_neg().ok_or(Fail::text("ERR decrement would overflow"))?;
    add(model, &arguments[1], step)
}
