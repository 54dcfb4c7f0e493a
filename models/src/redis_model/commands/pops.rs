//! Taking from the first of several keys that has something, and the commands that would wait for it.

use super::{
    lists::{self, End, List},
    sorted_sets::{self, SortedSet},
};
use crate::redis_model::{
    RedisModel, Reply,
    arguments::{at_least, integer, is, milliseconds, seconds},
    command::{Access, Caller, Command},
    fail::{Answer, Fail},
    score::Score,
    value::{Bytes, Kind},
};

pub(crate) const COMMANDS: &[Command] = &[
    Command::write("lmpop", -4, |model, arguments| {
        let (keys, end, count) = asked(&arguments[1..], lists::end)?;
        Ok(several(model, keys, end, count)?.unwrap_or(Reply::Nil))
    }),
    Command::write("zmpop", -4, |model, arguments| {
        let (keys, from_top, count) = asked(&arguments[1..], is_top)?;
        Ok(best(model, keys, from_top, count)?.unwrap_or(Reply::Nil))
    }),
    waiting("blmpop", -5, |model, caller, arguments| {
        let (keys, end, count) = asked(&arguments[2..], lists::end)?;
        seconds(&arguments[1])?;
        or_wait(several(model, keys, end, count)?, caller, &arguments[0])
    }),
    waiting("bzmpop", -5, |model, caller, arguments| {
        let (keys, from_top, count) = asked(&arguments[2..], is_top)?;
        seconds(&arguments[1])?;
        or_wait(best(model, keys, from_top, count)?, caller, &arguments[0])
    }),
    waiting("blpop", -3, |model, caller, arguments| {
        list_pop(model, caller, arguments, End::Left)
    }),
    waiting("brpop", -3, |model, caller, arguments| {
        list_pop(model, caller, arguments, End::Right)
    }),
    waiting("bzpopmin", -3, |model, caller, arguments| {
        sorted_pop(model, caller, arguments, false)
    }),
    waiting("bzpopmax", -3, |model, caller, arguments| {
        sorted_pop(model, caller, arguments, true)
    }),
    waiting("blmove", 6, |model, caller, arguments| {
        let ends = (lists::end(&arguments[3])?, lists::end(&arguments[4])?);
        seconds(&arguments[5])?;
        list_move(model, caller, arguments, ends)
    }),
    waiting("brpoplpush", 4, |model, caller, arguments| {
        seconds(&arguments[3])?;
        list_move(model, caller, arguments, (End::Right, End::Left))
    }),
    // There are no replicas: a time to wait passes without any, and without one there is no end.
    Command::waiting("wait", 3, Access::Read, |_, caller, arguments| {
        let (number, time) = (integer(&arguments[1])?, milliseconds(&arguments[2])?);
        match (number, time) {
            (1.., 0) => caller.wait(Reply::Int(0), &arguments[0]),
            _ => Ok(Reply::Int(0)),
        }
    }),
];

const fn waiting(name: &'static str, arity: i64, run: fn(&mut RedisModel, Caller, &[Vec<u8>]) -> Answer) -> Command {
    Command::waiting(name, arity, Access::Write, run)
}

fn or_wait(found: Option<Reply>, caller: Caller, command: &[u8]) -> Answer {
    found.map_or_else(|| caller.wait(Reply::Nil, command), Ok)
}

fn is_top(argument: &[u8]) -> Result<bool, Fail> {
    match is(argument, "MIN") || is(argument, "MAX") {
        true => Ok(is(argument, "MAX")),
        false => Err(Fail::SYNTAX),
    }
}

/// `number key… end [COUNT count]`: the keys, the end and the count.
fn asked<E>(arguments: &[Vec<u8>], end: fn(&[u8]) -> Result<E, Fail>) -> Result<(&[Vec<u8>], E, usize), Fail> {
    let (number, rest) = arguments.split_first().ok_or(Fail::SYNTAX)?;
    let number = at_least(1, number, "ERR numkeys should be greater than 0")?;
    if number >= rest.len() {
        return Err(Fail::SYNTAX);
    }
    let (keys, rest) = rest.split_at(number);
    let (end, options) = (end(&rest[0])?, &rest[1..]);
    let count = match options {
        [option, count, ..] if is(option, "COUNT") => at_least(1, count, "ERR count should be greater than 0")?,
        _ => 1,
    };
    if options.is_empty() || (options.len() == 2 && is(&options[0], "COUNT")) {
        Ok((keys, end, count))
    } else {
        Err(Fail::SYNTAX)
    }
}

/// The first key that is there. What it holds must be of this type.
fn first<'a, K: Kind>(model: &RedisModel, keys: &'a [Vec<u8>]) -> Result<Option<&'a [u8]>, Fail> {
    let key = keys.iter().find(|key| model.data.contains(key));
    if let Some(key) = key {
        model.data.get::<K>(key)?;
    }
    Ok(key.map(Vec::as_slice))
}

/// A key and elements of its list.
fn several(model: &mut RedisModel, keys: &[Vec<u8>], end: End, count: usize) -> Result<Option<Reply>, Fail> {
    let Some(key) = first::<List>(model, keys)? else {
        return Ok(None);
    };
    let taken = lists::take(model, key, end, count)?;
    Ok(Some(Reply::Array(vec![Reply::bulk(key), Reply::bulks(taken)])))
}

/// A key and members of its sorted set, each with its score.
fn best(model: &mut RedisModel, keys: &[Vec<u8>], from_top: bool, count: usize) -> Result<Option<Reply>, Fail> {
    let Some(key) = first::<SortedSet>(model, keys)? else {
        return Ok(None);
    };
    let pair = |(score, member): (Score, Bytes)| Reply::Array(vec![Reply::bulk(&member), Reply::Bulk(score.text())]);
    let taken = sorted_sets::take(model, key, from_top, count)?;
    let taken = taken.into_iter().map(pair).collect();
    Ok(Some(Reply::Array(vec![Reply::bulk(key), Reply::Array(taken)])))
}

/// The keys between a command and its time to wait.
fn keys(arguments: &[Vec<u8>]) -> Result<&[Vec<u8>], Fail> {
    let (time, rest) = arguments.split_last().ok_or(Fail::SYNTAX)?;
    seconds(time)?;
    Ok(&rest[1..])
}

fn list_pop(model: &mut RedisModel, caller: Caller, arguments: &[Vec<u8>], end: End) -> Answer {
    let Some(key) = first::<List>(model, keys(arguments)?)? else {
        return caller.wait(Reply::Nil, &arguments[0]);
    };
    let taken = lists::take(model, key, end, 1)?;
    Ok(Reply::bulks(
        [key].into_iter().chain(taken.iter().map(|element| element.as_slice())),
    ))
}

fn sorted_pop(model: &mut RedisModel, caller: Caller, arguments: &[Vec<u8>], from_top: bool) -> Answer {
    let Some(key) = first::<SortedSet>(model, keys(arguments)?)? else {
        return caller.wait(Reply::Nil, &arguments[0]);
    };
    let mut reply = vec![Reply::bulk(key)];
    for (score, member) in sorted_sets::take(model, key, from_top, 1)? {
        reply.extend([Reply::bulk(&member), Reply::Bulk(score.text())]);
    }
    Ok(Reply::Array(reply))
}

fn list_move(model: &mut RedisModel, caller: Caller, arguments: &[Vec<u8>], (from, to): (End, End)) -> Answer {
    let (source, target) = (&arguments[1], &arguments[2]);
    if model.data.get::<List>(source)?.is_none() {
        return caller.wait(Reply::Nil, &arguments[0]);
    }
    lists::shift(model, (source, from), (target, to))
}
