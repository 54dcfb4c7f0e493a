//! Between replies and Lua values, as `src/script_lua.c` converts them (second protocol version).

use mlua::{Lua, Table, Value};

use crate::redis_model::{RedisModel, Reply, fail::Answer, model::MOST_BYTES, reply::one_line};

/// How deep a table may be nested in a reply: a table that contains itself has no end.
const DEPTH: usize = 64;

/// What a script gets for a reply.
pub(super) fn to_lua(lua: &Lua, reply: Reply) -> mlua::Result<Value> {
    Ok(match reply {
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
                table.raw_set(index + 1, to_lua(lua, reply)?)?;
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

/// What a client gets for the value that a script returned.
pub(super) fn to_reply(value: &Value) -> Answer {
    nested(value, DEPTH, &mut 0)
}

/// `bytes` are those of the reply so far: what is in a table twice is there once, and in the reply twice.
fn nested(value: &Value, depth: usize, bytes: &mut usize) -> Answer {
    let reply = match value {
        Value::String(text) => Reply::Bulk(text.as_bytes().to_vec()),
        Value::Boolean(true) => Reply::Int(1),
        Value::Number(number) => Reply::Int(truncated(*number)),
        Value::Integer(number) => Reply::Int(*number),
        Value::Table(_) if depth == 0 => Reply::Error("ERR reached lua stack limit".to_string()),
        Value::Table(table) => table_to_reply(table, depth - 1, bytes)?,
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

fn table_to_reply(table: &Table, depth: usize, bytes: &mut usize) -> Answer {
    if let Value::String(text) = table.raw_get("err")? {
        return Ok(Reply::Error(one_line(&text.to_string_lossy())));
    }
    if let Value::String(text) = table.raw_get("ok")? {
        return Ok(Reply::Status(one_line(&text.to_string_lossy())));
    }
    match table.raw_get("double")? {
        Value::Number(number) => return Ok(Reply::Bulk(number_text(number).into_bytes())),
        Value::Integer(number) => return Ok(Reply::Bulk(number.to_string().into_bytes())),
        _ => {}
    }
    let mut replies = Vec::new();
    loop {
        match table.raw_get(replies.len() + 1)? {
            Value::Nil => return Ok(Reply::Array(replies)),
            value => replies.push(nested(&value, depth, bytes)?),
        }
    }
}
