//! The functions of the sandbox that are written in Rust.

use mlua::{Lua, Table, Value};

use super::{
    bits,
    call::{self, raise},
    convert, json, msgpack,
    native::{Call, SANDBOX_NAME, function, is_complaint},
    packing, patterns,
    random::Random,
    running::{Name, charge, refuse, running, stopped, too_large},
};
use crate::redis_model::{Unmodelled, fail::Fail, reply::one_line};

/// How Lua ends an error for want of memory, wherever it comes from.
const NO_MEMORY: &str = "not enough memory";

impl From<mlua::Error> for Fail {
    fn from(error: mlua::Error) -> Self {
        failed(format!("ERR {}", message(&error)))
    }
}

/// What a script that ended with this text has come to.
pub(super) fn failed(text: String) -> Fail {
    if text.ends_with(NO_MEMORY) {
        return too_large().into();
    }
    Fail::owned(text)
}

/// All of them.
pub(super) fn host(lua: &Lua) -> mlua::Result<Table> {
    let host = lua.create_table()?;
    let set = |name: &str, function: mlua::Result<mlua::Function>| host.set(name, function?);
    set("call", function(lua, call::call))?;
    set("pcall", function(lua, call::protected_call))?;
    set("acl_check_cmd", function(lua, call::may_call))?;
    set("sha1hex", function(lua, sha1hex))?;
    set("setresp", function(lua, set_protocol))?;
    host.set("cjson", json::library(lua, 0)?)?;
    host.set("cmsgpack", msgpack::library(lua)?)?;
    host.set("struct", packing::library(lua)?)?;
    host.set("bit", bits::library(lua)?)?;
    set("plain", lua.create_function(plain))?;
    set("explain", lua.create_function(explain))?;
    set(
        "refuse",
        lua.create_function(|_, what: String| Err::<(), _>(refuse(Unmodelled::new(what)))),
    )?;
    set(
        "charge",
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "cut off at both ends"
        )]
        lua.create_function(|_, instructions: f64| charge(instructions as u64)),
    )?;
    set("match", lua.create_function(price))?;
    set(
        "random",
        lua.create_function(|_, ()| Ok(running(|running| running.random.next()))),
    )?;
    let seed = |_: &Lua, seed: f64| {
        running(|running| running.random = Random::seeded(convert::truncated(seed)));
        Ok(())
    };
    set("seed", lua.create_function(seed))?;
    Ok(host)
}

/// A pattern is about to be matched.
fn price(_: &Lua, (subject, pattern, plain): (Value, Value, Value)) -> mlua::Result<()> {
    let (Value::String(subject), Value::String(pattern)) = (&subject, &pattern) else {
        // A number, which is short, or an error.
        return Ok(());
    };
    let plain = !matches!(plain, Value::Nil | Value::Boolean(false));
    charge(patterns::price(subject.as_bytes().len(), &pattern.as_bytes(), plain))
}

fn sha1hex(call: &Call<'_>) -> mlua::Result<String> {
    let text = match call.all() {
        [Value::String(text)] => text.as_bytes().to_vec(),
        [Value::Number(number)] => convert::number_text(*number).into_bytes(),
        [_] => Vec::new(),
        _ => return Err(raise("ERR wrong number of arguments")),
    };
    Ok(sha1_smol::Sha1::from(text).digest().to_string())
}

fn set_protocol(call: &Call<'_>) -> mlua::Result<()> {
    let [version] = call.all() else {
        return Err(raise("ERR redis.setresp() requires one argument."));
    };
    match call.lua.coerce_number(version.clone())? {
        Some(version @ (2.0 | 3.0)) => {
            running(|running| running.third = version == 3.0);
            Ok(())
        }
        _ => Err(raise("ERR RESP version must be 2 or 3.")),
    }
}

/// What a script that catches an error sees of it: an error of a server is a table with its text. What the model lacks
/// is not caught.
fn plain(lua: &Lua, error: Value) -> mlua::Result<Value> {
    let text = match &error {
        Value::Error(error) => message(error),
        Value::String(text) => text.to_string_lossy(),
        _ => String::new(),
    };
    if text.ends_with(NO_MEMORY) {
        return Err(refuse(too_large()));
    }
    stopped()?;
    let Value::Error(raised) = &error else {
        return Ok(error);
    };
    if is_complaint(raised) {
        return lua.create_string(text).map(Value::String);
    }
    let table = lua.create_table()?;
    table.raw_set("err", text)?;
    Ok(Value::Table(table))
}

/// The text of an error without what mlua adds to it.
pub(super) fn message(error: &mlua::Error) -> String {
    match error {
        mlua::Error::CallbackError { cause, .. } => message(cause),
        mlua::Error::SyntaxError { message, .. } => message.clone(),
        mlua::Error::RuntimeError(text) | mlua::Error::MemoryError(text) => text.clone(),
        mlua::Error::ExternalError(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// The error a client sees when a script raises one (`luaCallFunction`): the text, the script, the line.
fn explain(lua: &Lua, error: Value) -> mlua::Result<String> {
    let text = match plain(lua, error)? {
        Value::Table(table) => match table.raw_get("err")? {
            Value::Nil => "ERR unknown error".to_string(),
            text => text.to_string()?,
        },
        other => format!("ERR {}", other.to_string()?),
    };
    let text = one_line(&text);
    let name = running(|running| running.name.clone());
    Ok(match name {
        None | Some(Name::Loading) => text,
        Some(name) => match place(lua) {
            Some(place) => format!("{text} script: {name}, on {place}."),
            None => format!("{text} script: {name}"),
        },
    })
}

/// Where in the script it happened: the innermost frame that is neither C nor the sandbox.
fn place(lua: &Lua) -> Option<String> {
    let mut level = 0;
    loop {
        let found = lua.inspect_stack(level, |frame| {
            let source = frame.source();
            let name = source.source.as_deref().unwrap_or_default().to_string();
            let line = frame.current_line()?;
            (source.what != "C" && name != SANDBOX_NAME).then(|| format!("{name}:{line}"))
        })?;
        if found.is_some() {
            return found;
        }
        level += 1;
    }
}
