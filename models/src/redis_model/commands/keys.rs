//! Commands on keys of any type, and their times to live.

use super::strings::persist;
use crate::redis_model::{
    RedisModel, Reply,
    arguments::{Span, integer, is, within},
    command::Command,
    fail::{Answer, Fail},
};

pub(crate) const COMMANDS: &[Command] = &[
    Command::write("del", -2, del),
    Command::write("unlink", -2, del),
    Command::read("exists", -2, exists),
    Command::read("touch", -2, exists),
    Command::read("type", 2, kind),
    Command::read("ttl", 2, |model, arguments| Ok(end(model, &arguments[1], 0, 1_000))),
    Command::read("pttl", 2, |model, arguments| Ok(end(model, &arguments[1], 0, 1))),
    Command::write("expire", -3, |model, arguments| {
        expire(model, arguments, Span::SECONDS, "expire")
    }),
    Command::write("pexpire", -3, |model, arguments| {
        expire(model, arguments, Span::MILLISECONDS, "pexpire")
    }),
    Command::write("expireat", -3, |model, arguments| {
        expire(model, arguments, Span::AT_SECONDS, "expireat")
    }),
    Command::write("pexpireat", -3, |model, arguments| {
        expire(model, arguments, Span::AT_MILLISECONDS, "pexpireat")
    }),
    Command::read("expiretime", 2, |model, arguments| {
        Ok(end(model, &arguments[1], model.clock.milliseconds(), 1_000))
    }),
    Command::read("pexpiretime", 2, |model, arguments| {
        Ok(end(model, &arguments[1], model.clock.milliseconds(), 1))
    }),
    Command::write("persist", 2, |model, arguments| {
        Ok(Reply::flag(persist(model, &arguments[1])))
    }),
    Command::write("copy", -3, copy),
    // Which one is no business of a check that is to hold for all.
    Command::read("randomkey", 1, |model, _| {
        Ok(Reply::maybe(model.data.entries().first().map(|entry| &entry.key)))
    }),
    Command::write("rename", 3, |model, arguments| rename(model, arguments, false)),
    Command::write("renamenx", 3, |model, arguments| rename(model, arguments, true)),
];

fn del(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let mut removed = 0;
    for key in &arguments[1..] {
        removed += usize::from(model.delete(key));
    }
    Ok(Reply::count(removed))
}

/// A key named twice counts twice.
fn exists(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let there = arguments[1..].iter().filter(|key| model.data.contains(key));
    Ok(Reply::count(there.count()))
}

fn kind(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let kind = model.data.value(&arguments[1]).map_or("none", |value| value.kind());
    Ok(Reply::Status(kind.to_string()))
}

/// When the time to live is over, counted from `begin`: it is as it was asked for, since no time has passed.
fn end(model: &RedisModel, key: &[u8], begin: i64, unit: i64) -> Reply {
    Reply::Int(match model.data.entry(key).map(|entry| entry.lifetime) {
        None => -2,
        Some(None) => -1,
        // Seconds are rounded.
        Some(Some(milliseconds)) => milliseconds.saturating_add(begin).saturating_add(unit / 2) / unit,
    })
}

fn expire(model: &mut RedisModel, arguments: &[Vec<u8>], span: Span, name: &str) -> Answer {
    let key = &arguments[1];
    let (mut nx, mut xx, mut gt, mut lt) = (false, false, false, false);
    for option in &arguments[3..] {
        match option.to_ascii_uppercase().as_slice() {
            b"NX" => nx = true,
            b"XX" => xx = true,
            b"GT" => gt = true,
            b"LT" => lt = true,
            _ => {
                let option = String::from_utf8_lossy(option);
                return Err(Fail::owned(format!("ERR Unsupported option {option}")));
            }
        }
    }
    if nx && (xx || gt || lt) {
        let text = "ERR NX and XX, GT or LT options at the same time are not compatible";
        return Err(Fail::text(text));
    }
    if gt && lt {
        return Err(Fail::text("ERR GT and LT options at the same time are not compatible"));
    }
    let lifetime = span.any(&arguments[2], model.clock, name)?;
    let Some(entry) = model.data.entry(key) else {
        return Ok(Reply::Int(0));
    };
    // Without a time to live a key lives longest.
    let refused = match entry.lifetime {
        None => xx || gt,
        Some(current) => nx || (gt && lifetime <= current) || (lt && lifetime >= current),
    };
    if refused {
        return Ok(Reply::Int(0));
    }
    model.live(key, lifetime);
    Ok(Reply::Int(1))
}

/// With its time to live.
fn copy(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let (from, to, mut replace) = (&arguments[1], &arguments[2], false);
    let mut options = arguments[3..].iter();
    while let Some(option) = options.next() {
        if is(option, "REPLACE") {
            replace = true;
        } else if is(option, "DB")
            && let Some(number) = options.next()
        {
            const RANGE: &str = "ERR value is out of range, value must between -2147483648 and 2147483647";
            integer(number)?;
            match within(number, i32::MIN.into()..=i32::MAX.into(), RANGE)? {
                0 => {}
                1..=15 => return Err(Fail::unmodelled("has database 0 only")),
                _ => return Err(Fail::text("ERR DB index is out of range")),
            }
        } else {
            return Err(Fail::SYNTAX);
        }
    }
    if from == to {
        return Err(Fail::text("ERR source and destination objects are the same"));
    }
    let Some(entry) = model.data.entry(from) else {
        return Ok(Reply::Int(0));
    };
    if !replace && model.data.contains(to) {
        return Ok(Reply::Int(0));
    }
    let (value, lifetime) = (entry.value.clone(), entry.lifetime);
    model.data.put(to, value, false);
    model.data.set_lifetime(to, lifetime);
    model.touch(to);
    Ok(Reply::Int(1))
}

/// The time to live goes with the value.
fn rename(model: &mut RedisModel, arguments: &[Vec<u8>], only_new: bool) -> Answer {
    let (from, to) = (&arguments[1], &arguments[2]);
    let Some(entry) = model.data.entry(from) else {
        return Err(Fail::NO_SUCH_KEY);
    };
    let done = if only_new { Reply::Int(1) } else { Reply::ok() };
    if from == to {
        return Ok(if only_new { Reply::Int(0) } else { done });
    }
    if only_new && model.data.contains(to) {
        return Ok(Reply::Int(0));
    }
    let (value, lifetime) = (entry.value.clone(), entry.lifetime);
    model.data.put(to, value, false);
    model.data.set_lifetime(to, lifetime);
    model.data.remove(from);
    model.touch(from);
    model.touch(to);
    Ok(done)
}
