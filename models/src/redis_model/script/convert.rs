//! Between replies and Lua values, as `src/script_lua.c` converts them. Clients speak the second version of the protocol;
//! scripts may ask for the third.

use std::iter::repeat;

use mlua::{Lua, Table, Value};

use crate::redis_model::{
    RedisModel, Reply,
    arguments::is,
    fail::Answer,
    model::MOST_BYTES,
    reply::one_line,
    score::{float_text, number},
};

/// How deep a table may be nested in a reply: a table that contains itself has no end.
const DEPTH: usize = 64;

/// What the third version of the protocol has where the second has an array or a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The same.
    Plain,
    Map,
    Set,
    Double,
    Doubles,
    /// A member and its score.
    Pair,
    Pairs,
    /// A key, a member and its score.
    Keyed,
    /// Each a member and its score.
    EachPair,
    /// A key, and members each with its score.
    KeyedPairs,
    /// A name and its text.
    Couples,
    /// A map of couples.
    Streams,
}

impl Form {
    /// That of the reply to this command.
    pub(super) fn of(command: &[Vec<u8>]) -> Self {
        let has = |option: &str| command[1..].iter().any(|word| is(word, option));
        match command[0].to_ascii_lowercase().as_slice() {
            b"hgetall" => Self::Map,
            b"smembers" | b"sinter" | b"sunion" | b"sdiff" => Self::Set,
            b"spop" if command.len() > 2 => Self::Set,
            b"zscore" | b"zincrby" => Self::Double,
            b"zmscore" => Self::Doubles,
            b"zadd" if has("INCR") => Self::Double,
            b"zpopmin" | b"zpopmax" if command.len() > 2 => Self::Pairs,
            b"zpopmin" | b"zpopmax" => Self::Pair,
            b"zrange" | b"zrevrange" | b"zrangebyscore" | b"zrevrangebyscore" | b"zunion" | b"zinter" | b"zdiff"
            | b"zrandmember"
                if has("WITHSCORES") =>
            {
                Self::Pairs
            }
            b"bzpopmin" | b"bzpopmax" => Self::Keyed,
            b"zmpop" | b"bzmpop" => Self::KeyedPairs,
            b"hrandfield" if has("WITHVALUES") => Self::Couples,
            b"xread" => Self::Streams,
            _ => Self::Plain,
        }
    }
}

/// What a script gets for a reply, in the second version of the protocol or with this form in the third.
pub(super) fn to_lua(lua: &Lua, reply: Reply, form: Option<Form>) -> mlua::Result<Value> {
    let plain = |reply| to_lua(lua, reply, Some(Form::Plain));
    let named = |name: &str, value: Value| {
        let table = lua.create_table()?;
        table.raw_set(name, value)?;
        Ok(Value::Table(table))
    };
    match (form, reply) {
        (None | Some(Form::Plain), reply) => second(lua, reply, form),
        (Some(Form::Double), Reply::Bulk(text)) => named("double", Value::Number(number(&text).unwrap_or(f64::NAN))),
        (Some(Form::Doubles), Reply::Array(replies)) => each(lua, replies, repeat(Form::Double)),
        (Some(Form::Map), Reply::Array(replies)) => {
            let (map, mut replies) = (lua.create_table()?, replies.into_iter());
            while let (Some(key), Some(value)) = (replies.next(), replies.next()) {
                map.raw_set(plain(key)?, plain(value)?)?;
            }
            named("map", Value::Table(map))
        }
        (Some(Form::Set), Reply::Array(replies)) => {
            let set = lua.create_table()?;
            for reply in replies {
                set.raw_set(plain(reply)?, true)?;
            }
            named("set", Value::Table(set))
        }
        (Some(Form::Pair), Reply::Array(replies)) => each(lua, replies, [Form::Plain, Form::Double]),
        (Some(Form::Pairs), Reply::Array(replies)) => each(lua, couples(&replies), repeat(Form::Pair)),
        (Some(Form::EachPair), Reply::Array(replies)) => each(lua, replies, repeat(Form::Pair)),
        (Some(Form::Keyed), Reply::Array(replies)) => each(lua, replies, [Form::Plain, Form::Plain, Form::Double]),
        (Some(Form::KeyedPairs), Reply::Array(replies)) => each(lua, replies, [Form::Plain, Form::EachPair]),
        (Some(Form::Couples), Reply::Array(replies)) => plain(Reply::Array(couples(&replies))),
        (Some(Form::Streams), Reply::Array(replies)) => {
            let flat = replies.into_iter().flat_map(|reply| match reply {
                Reply::Array(couple) => couple,
                reply => vec![reply],
            });
            to_lua(lua, Reply::Array(flat.collect()), Some(Form::Map))
        }
        (Some(_), reply) => plain(reply),
    }
}

/// A list, each of these forms in turn.
fn each(lua: &Lua, replies: Vec<Reply>, forms: impl IntoIterator<Item = Form>) -> mlua::Result<Value> {
    let table = lua.create_table()?;
    for (index, (reply, form)) in replies.into_iter().zip(forms).enumerate() {
        table.raw_set(index + 1, to_lua(lua, reply, Some(form))?)?;
    }
    Ok(Value::Table(table))
}

/// What stands by turns, two by two.
fn couples(replies: &[Reply]) -> Vec<Reply> {
    let couples = replies.as_chunks::<2>().0.iter();
    couples.map(|couple| Reply::Array(couple.to_vec())).collect()
}

fn second(lua: &Lua, reply: Reply, form: Option<Form>) -> mlua::Result<Value> {
    Ok(match reply {
        Reply::Nil if form.is_some() => Value::Nil,
        Reply::Nil => Value::Boolean(false),
        #[allow(clippy::cast_precision_loss, reason = "Lua 5.1 has no integers; Redis casts, too")]
        Reply::Int(number) => Value::Number(number as f64),
        Reply::Bulk(bytes) => Value::String(lua.create_string(bytes)?),
        Reply::Status(text) => Value::Table(field(lua, "ok", &text)?),
        Reply::Error(text) => {
            let table = field(lua, "err", &text)?;
            table.raw_set("ignore_error_stats_update", true)?;
            Value::Table(table)
        }
        Reply::Array(replies) => {
            let table = lua.create_table_with_capacity(replies.len(), 0)?;
            for (index, reply) in replies.into_iter().enumerate() {
                table.raw_set(index + 1, second(lua, reply, form)?)?;
            }
            Value::Table(table)
        }
    })
}

fn field(lua: &Lua, name: &str, text: &str) -> mlua::Result<Table> {
    let table = lua.create_table_with_capacity(0, 2)?;
    table.raw_set(name, text)?;
    Ok(table)
}

/// A number as C casts it to `long long` on the machines Redis runs on: towards zero, and out of range to the smallest.
pub(super) fn truncated(number: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&number) {
        #[allow(clippy::cast_possible_truncation, reason = "wanted, and in range")]
        let whole = number as i64;
        whole
    } else {
        i64::MIN
    }
}

/// A number as an argument of a command, or as text: whole ones without a fraction, others as short as they can be.
pub(super) fn number_text(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_string();
    }
    #[allow(clippy::cast_precision_loss, reason = "the question is whether it is exact")]
    if truncated(number) as f64 == number {
        return truncated(number).to_string();
    }
    number.to_string()
}

/// What a client gets for the value that a script returned, which has asked for the `third` version of the protocol or not.
pub(super) fn to_reply(value: &Value, third: bool) -> Answer {
    nested(value, (DEPTH, third), &mut 0)
}

/// `bytes` are those of the reply so far: what is in a table twice is there once, and in the reply twice.
fn nested(value: &Value, (depth, third): (usize, bool), bytes: &mut usize) -> Answer {
    let reply = match value {
        Value::String(text) => Reply::Bulk(text.as_bytes().to_vec()),
        Value::Boolean(true) => Reply::Int(1),
        Value::Boolean(false) if third => Reply::Int(0),
        Value::Number(number) => Reply::Int(truncated(*number)),
        Value::Integer(number) => Reply::Int(*number),
        Value::Table(_) if depth == 0 => Reply::Error("ERR reached lua stack limit".to_string()),
        Value::Table(table) => table_to_reply(table, (depth - 1, third), bytes)?,
        _ => Reply::Nil,
    };
    *bytes += if matches!(reply, Reply::Array(_)) {
        size_of::<Reply>()
    } else {
        reply.bytes()
    };
    if *bytes > MOST_BYTES {
        return Err(RedisModel::full());
    }
    Ok(reply)
}

fn table_to_reply(table: &Table, depth: (usize, bool), bytes: &mut usize) -> Answer {
    if let Value::String(text) = table.raw_get("err")? {
        return Ok(Reply::Error(one_line(&text.to_string_lossy())));
    }
    if let Value::String(text) = table.raw_get("ok")? {
        return Ok(Reply::Status(one_line(&text.to_string_lossy())));
    }
    // The interpreter has no integers, however they come out of it.
    #[allow(clippy::cast_precision_loss, reason = "it was a float")]
    let double = match table.raw_get("double")? {
        Value::Number(number) => Some(number),
        Value::Integer(number) => Some(number as f64),
        _ => None,
    };
    if let Some(number) = double {
        return Ok(Reply::Bulk(float_text(number).into_bytes()));
    }
    let mut replies = Vec::new();
    if let Value::Table(map) = table.raw_get("map")? {
        for pair in map.pairs::<Value, Value>() {
            let (key, value) = pair?;
            replies.extend([nested(&key, depth, bytes)?, nested(&value, depth, bytes)?]);
        }
        return Ok(Reply::Array(replies));
    }
    if let Value::Table(set) = table.raw_get("set")? {
        for pair in set.pairs::<Value, Value>() {
            replies.push(nested(&pair?.0, depth, bytes)?);
        }
        return Ok(Reply::Array(replies));
    }
    if let Value::String(number) = table.raw_get("big_number")? {
        return Ok(Reply::Bulk(one_line(&number.to_string_lossy()).into_bytes()));
    }
    if let Value::Table(text) = table.raw_get("verbatim_string")?
        && let (Value::String(text), Value::String(_)) = (text.raw_get("string")?, text.raw_get("format")?)
    {
        return Ok(Reply::Bulk(text.as_bytes().to_vec()));
    }
    loop {
        match table.raw_get(replies.len() + 1)? {
            Value::Nil => return Ok(Reply::Array(replies)),
            value => replies.push(nested(&value, depth, bytes)?),
        }
    }
}
