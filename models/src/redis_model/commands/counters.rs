//! Counters: strings that are numbers.

use super::strings::persist;
use crate::redis_model::{
    RedisModel, Reply,
    arguments::{Span, integer, is},
    command::Command,
    fail::{Answer, Fail},
    long_double::LongDouble,
    value::{Bytes, Value, decimal},
};

pub(crate) const COMMANDS: &[Command] = &[
    Command::write("incr", 2, |model, arguments| add(model, &arguments[1], 1)),
    Command::write("decr", 2, |model, arguments| add(model, &arguments[1], -1)),
    Command::write("incrby", 3, |model, arguments| {
        let step = integer(&arguments[2])?;
        add(model, &arguments[1], step)
    }),
    Command::write("decrby", 3, |model, arguments| {
        let step = integer(&arguments[2])?.checked_neg();
        add(
            model,
            &arguments[1],
            step.ok_or(Fail::text("ERR decrement would overflow"))?,
        )
    }),
    Command::write("incrbyfloat", 3, increment_by_float),
    Command::write("increx", -2, increx),
];

/// A missing key counts as 0.
fn number(model: &RedisModel, key: &[u8]) -> Result<i64, Fail> {
    model.data.get::<Bytes>(key)?.map_or(Ok(0), |text| integer(text))
}

/// The time to live stays.
fn add(model: &mut RedisModel, key: &[u8], step: i64) -> Answer {
    let new = number(model, key)?.checked_add(step).ok_or(Fail::OVERFLOW)?;
    model.data.put(key, Value::String(decimal(new)), true);
    model.touch(key);
    Ok(Reply::Int(new))
}

fn increment_by_float(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let key = &arguments[1];
    let old = model.data.get::<Bytes>(key)?.map_or(&b"0"[..], |text| text.as_slice());
    let (old, step) = (LongDouble::parse(old)?, LongDouble::parse(&arguments[2])?);
    let old = old.ok_or(Fail::NOT_A_FLOAT)?;
    let new = old.plus(step.ok_or(Fail::NOT_A_FLOAT)?)?.text();
    model.data.put(key, Value::String(Bytes::from_slice(&new)), true);
    model.touch(key);
    Ok(Reply::Bulk(new))
}

/// `INCREX key [BYINT step] [LBOUND low] [UBOUND high] [SATURATE] [EX s | PX ms | PERSIST] [ENX]`, from its documentation
/// (<https://redis.io/commands/increx>); no server at hand has it.
fn increx(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let key = &arguments[1];
    let (mut step, mut low, mut high) = (1, i64::MIN, i64::MAX);
    let (mut saturate, mut only_new_expiry, mut unexpire, mut expiry) = (false, false, false, None);
    let mut options = arguments[2..].iter();
    while let Some(option) = options.next() {
        let mut next = || options.next().ok_or(Fail::SYNTAX);
        match option.to_ascii_uppercase().as_slice() {
            b"BYINT" => step = integer(next()?)?,
            b"LBOUND" => low = integer(next()?)?,
            b"UBOUND" => high = integer(next()?)?,
            b"EX" if expiry.is_none() => expiry = Some(Span::SECONDS.positive(next()?, model.clock, "increx")?),
            b"PX" if expiry.is_none() => expiry = Some(Span::MILLISECONDS.positive(next()?, model.clock, "increx")?),
            b"SATURATE" => saturate = true,
            b"ENX" => only_new_expiry = true,
            b"PERSIST" => unexpire = true,
            _ if is(option, "BYFLOAT") || is(option, "EXAT") || is(option, "PXAT") => {
                return Err(Fail::unmodelled("does not know INCREX with BYFLOAT, EXAT or PXAT"));
            }
            _ => return Err(Fail::SYNTAX),
        }
    }
    if low > high || (unexpire && (expiry.is_some() || only_new_expiry)) || (only_new_expiry && expiry.is_none()) {
        return Err(Fail::SYNTAX);
    }
    let old = number(model, key)?;
    let wanted = i128::from(old) + i128::from(step);
    let inside = wanted.clamp(i128::from(low), i128::from(high));
    if wanted != inside && !saturate {
        return Ok(Reply::Array(vec![Reply::Int(old), Reply::Int(0)]));
    }
    let new = i64::try_from(inside).map_err(|_| Fail::OVERFLOW)?;
    let applied = new.checked_sub(old).ok_or(Fail::OVERFLOW)?;
    model.data.put(key, Value::String(decimal(new)), true);
    model.touch(key);
    if unexpire {
        persist(model, key);
    }
    if let Some(lifetime) = expiry
        && let Some(entry) = model.data.entry_mut(key)
        && !(only_new_expiry && entry.lifetime.is_some())
    {
        entry.lifetime = Some(lifetime);
    }
    Ok(Reply::Array(vec![Reply::Int(new), Reply::Int(applied)]))
}
