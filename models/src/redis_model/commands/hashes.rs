//! Hashes.

use std::collections::BTreeMap;

use super::strings::chosen;
use crate::redis_model::{
    RedisModel, Reply,
    arguments::{canonical_integer, integer},
    command::Command,
    fail::{Answer, Fail},
    long_double::LongDouble,
    value::{Bytes, decimal},
};

pub(crate) const COMMANDS: &[Command] = &[
    Command::write("hset", -4, |model, arguments| {
        hset(model, arguments, "hset").map(Reply::count)
    }),
    Command::write("hmset", -4, |model, arguments| {
        hset(model, arguments, "hmset").map(|_| Reply::ok())
    }),
    Command::write("hsetnx", 4, hsetnx),
    Command::read("hget", 3, |model, arguments| {
        Ok(Reply::maybe(field(hash(model, &arguments[1])?, &arguments[2])))
    }),
    Command::read("hmget", -3, |model, arguments| {
        let hash = hash(model, &arguments[1])?;
        chosen(arguments[2..].iter().map(|name| field(hash, name)))
    }),
    Command::write("hdel", -3, |model, arguments| {
        model.remove_members(arguments, |hash: &mut Hash, name| hash.remove(name).is_some())
    }),
    Command::read("hexists", 3, |model, arguments| {
        Ok(Reply::flag(field(hash(model, &arguments[1])?, &arguments[2]).is_some()))
    }),
    Command::read("hlen", 2, |model, arguments| {
        Ok(Reply::count(hash(model, &arguments[1])?.map_or(0, BTreeMap::len)))
    }),
    Command::read("hstrlen", 3, |model, arguments| {
        let value = field(hash(model, &arguments[1])?, &arguments[2]);
        Ok(Reply::count(value.map_or(0, |value| value.len())))
    }),
    Command::read("hkeys", 2, |model, arguments| {
        Ok(Reply::bulks(
            hash(model, &arguments[1])?.into_iter().flatten().map(|(name, _)| name),
        ))
    }),
    Command::read("hvals", 2, |model, arguments| {
        Ok(Reply::bulks(
            hash(model, &arguments[1])?
                .into_iter()
                .flatten()
                .map(|(_, value)| value),
        ))
    }),
    Command::read("hgetall", 2, |model, arguments| {
        let pairs = hash(model, &arguments[1])?.into_iter().flatten();
        Ok(Reply::bulks(pairs.flat_map(|(name, value)| [name, value])))
    }),
    Command::write("hincrby", 4, hincrby),
    Command::write("hincrbyfloat", 4, increment_by_float),
];

type Hash = BTreeMap<Bytes, Bytes>;

pub(super) fn hash<'a>(model: &'a RedisModel, key: &[u8]) -> Result<Option<&'a Hash>, Fail> {
    model.data.get(key)
}

fn field<'a>(hash: Option<&'a Hash>, name: &[u8]) -> Option<&'a Bytes> {
    hash?.get(&Bytes::from_slice(name))
}

/// How many fields are new. The key counts as changed in any case.
fn hset(model: &mut RedisModel, arguments: &[Vec<u8>], name: &str) -> Result<usize, Fail> {
    let (key, (pairs, rest)) = (&arguments[1], arguments[2..].as_chunks::<2>());
    if !rest.is_empty() {
        return Err(Fail::arity(name));
    }
    let hash: &mut Hash = model.data.get_or_new(key)?;
    let mut new = 0;
    for [name, value] in pairs {
        new += usize::from(hash.insert(Bytes::from_slice(name), Bytes::from_slice(value)).is_none());
    }
    model.touch(key);
    Ok(new)
}

fn hsetnx(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let key = &arguments[1];
    if field(hash(model, key)?, &arguments[2]).is_some() {
        return Ok(Reply::Int(0));
    }
    let hash: &mut Hash = model.data.get_or_new(key)?;
    hash.insert(Bytes::from_slice(&arguments[2]), Bytes::from_slice(&arguments[3]));
    model.touch(key);
    Ok(Reply::Int(1))
}

fn hincrby(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let key = &arguments[1];
    let step = integer(&arguments[3])?;
    let old = field(hash(model, key)?, &arguments[2]).map_or(Some(0), |text| canonical_integer(text));
    let old = old.ok_or(Fail::text("ERR hash value is not an integer"))?;
    let new = old.checked_add(step).ok_or(Fail::OVERFLOW)?;
    let hash: &mut Hash = model.data.get_or_new(key)?;
    hash.insert(Bytes::from_slice(&arguments[2]), decimal(new));
    model.touch(key);
    Ok(Reply::Int(new))
}

fn increment_by_float(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let key = &arguments[1];
    let step = LongDouble::parse(&arguments[3])?.ok_or(Fail::NOT_A_FLOAT)?;
    if step.is_infinite() {
        return Err(Fail::text("ERR value is NaN or Infinity"));
    }
    let old = field(hash(model, key)?, &arguments[2]).map_or(&b"0"[..], |text| text.as_slice());
    let old = LongDouble::parse(old)?.ok_or(Fail::text("ERR hash value is not a float"))?;
    let new = old.plus(step)?.text();
    let hash: &mut Hash = model.data.get_or_new(key)?;
    hash.insert(Bytes::from_slice(&arguments[2]), Bytes::from_slice(&new));
    model.touch(key);
    Ok(Reply::Bulk(new))
}
