//! Lists.

use std::sync::Arc;

use crate::redis_model::{
    RedisModel, Reply,
    arguments::canonical_integer,
    fail::{Answer, Fail},
    table::Command,
    value::{Bytes, Value},
};

pub(crate) const COMMANDS: &[Command] = &[
    Command::write("lpush", -3, |model, arguments| push(model, arguments, End::Left)),
    Command::write("rpush", -3, |model, arguments| push(model, arguments, End::Right)),
    Command::write("lpop", -2, |model, arguments| pop(model, arguments, End::Left)),
    Command::write("rpop", -2, |model, arguments| pop(model, arguments, End::Right)),
    Command::read("llen", 2, llen),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Left,
    Right,
}

fn length(list: usize) -> Reply {
    Reply::Int(i64::try_from(list).unwrap_or(i64::MAX))
}

fn push(model: &mut RedisModel, arguments: &[Vec<u8>], end: End) -> Answer {
    let key = &arguments[1];
    let Value::List(list) = &mut model.data.entry_or(key, || Value::List(Arc::default())).value else {
        return Err(Fail::WRONG_TYPE);
    };
    let list = Arc::make_mut(list);
    for element in &arguments[2..] {
        let element = Bytes::from_slice(element);
        match end {
            End::Left => list.push_front(element),
            End::Right => list.push_back(element),
        }
    }
    let reply = length(list.len());
    model.touch(key);
    Ok(reply)
}

fn pop(model: &mut RedisModel, arguments: &[Vec<u8>], end: End) -> Answer {
    let key = &arguments[1];
    let count = match &arguments[2..] {
        [] => None,
        [count] => Some(
            canonical_integer(count)
                .and_then(|count| usize::try_from(count).ok())
                .ok_or(Fail::text("ERR value is out of range, must be positive"))?,
        ),
        _ => return Err(Fail::arity(if end == End::Left { "lpop" } else { "rpop" })),
    };
    if model.data.list(key)?.is_none() {
        return Ok(Reply::Nil);
    }
    if count == Some(0) {
        return Ok(Reply::Array(Vec::new()));
    }
    let mut popped = Vec::new();
    if let Some(Value::List(list)) = model.data.entry_mut(key).map(|entry| &mut entry.value) {
        let list = Arc::make_mut(list);
        while popped.len() < count.unwrap_or(1)
            && let Some(element) = match end {
                End::Left => list.pop_front(),
                End::Right => list.pop_back(),
            }
        {
            popped.push(Reply::Bulk(element.to_vec()));
        }
        if list.is_empty() {
            model.data.remove(key);
        }
    }
    model.touch(key);
    Ok(match count {
        None => popped.pop().unwrap_or(Reply::Nil),
        Some(_) => Reply::Array(popped),
    })
}

fn llen(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    Ok(length(model.data.list(&arguments[1])?.map_or(0, |list| list.len())))
}
