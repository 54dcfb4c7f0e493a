//! `redis.call`: from a script back into the model.

use mlua::Value;
use thiserror::Error;

use super::{
    convert::{self, Form},
    native::Call,
    running::{Running, charge, refuse, running},
};
use crate::redis_model::{
    RedisModel, Reply,
    command::{Access, Run},
    fail::{Answer, Fail},
    model::MOST_BYTES,
};

/// Instructions that take as long as a command.
const COMMAND: usize = 100;
/// Bytes that a command looks at while an instruction is carried out.
const BYTES: usize = 64;

/// An error of a server, on its way through Lua.
#[derive(Debug, Error)]
#[error("{0}")]
pub(super) struct Raised(pub(super) String);

/// A server refuses.
pub(super) fn raise(text: impl Into<String>) -> mlua::Error {
    mlua::Error::external(Raised(text.into()))
}

/// `redis.call`: an error ends the script.
pub(super) fn call(call: &Call<'_>) -> mlua::Result<Value> {
    match execute(call.all())? {
        (Reply::Error(text), _) => Err(raise(text)),
        (reply, form) => convert::to_lua(call.lua, reply, form),
    }
}

/// `redis.pcall`: an error is a table.
pub(super) fn protected_call(call: &Call<'_>) -> mlua::Result<Value> {
    let (reply, form) = execute(call.all())?;
    convert::to_lua(call.lua, reply, form)
}

/// `redis.acl_check_cmd`: whoever runs scripts here may do everything.
pub(super) fn may_call(call: &Call<'_>) -> mlua::Result<bool> {
    let command = words(call.all()).and_then(|words| {
        let found = running(|running| running.caller.table.known(&words[0]));
        found.transpose()
    });
    match command {
        Ok(Some(Some(_))) => Ok(true),
        Ok(_) => Err(raise("ERR Invalid command passed to redis.acl_check_cmd()")),
        Err(fail) => match fail.reply().map_err(refuse)? {
            Reply::Error(text) => Err(raise(text)),
            _ => Ok(false),
        },
    }
}

/// The arguments of a command.
fn words(arguments: &[Value]) -> Result<Vec<Vec<u8>>, Fail> {
    if arguments.is_empty() {
        return Err(Fail::text(
            "ERR Please specify at least one argument for this redis lib call",
        ));
    }
    arguments.iter().map(argument).collect()
}

/// The reply, and what it is in the third version of the protocol if that is asked for.
fn execute(arguments: &[Value]) -> mlua::Result<(Reply, Option<Form>)> {
    let bytes = running(|running| running.model.bytes()).unwrap_or(0);
    charge((COMMAND + bytes / BYTES) as u64)?;
    let mut form = None;
    let mut attempt = || -> Answer {
        let length = |value: &Value| value.as_string().map_or(0, |text| text.as_bytes().len());
        if arguments.iter().map(length).sum::<usize>() > MOST_BYTES {
            return Err(RedisModel::full());
        }
        let command = words(arguments)?;
        form = running(|running| running.third.then(|| Form::of(&command))).flatten();
        running(|running| dispatch(running, &command)).unwrap_or(Err(Fail::text("ERR no script is running")))
    };
    let reply = attempt().or_else(Fail::reply).map_err(refuse)?;
    Ok((reply, form))
}

fn argument(value: &Value) -> Result<Vec<u8>, Fail> {
    match value {
        Value::String(text) => Ok(text.as_bytes().to_vec()),
        Value::Number(number) => Ok(convert::number_text(*number).into_bytes()),
        Value::Integer(number) => Ok(number.to_string().into_bytes()),
        _ => Err(Fail::text(
            "ERR Lua redis lib command arguments must be strings or integers",
        )),
    }
}

fn dispatch(running: &mut Running, arguments: &[Vec<u8>]) -> Answer {
    let Some(command) = running.caller.table.known(&arguments[0])? else {
        // A server does not say which.
        let name = String::from_utf8_lossy(&arguments[0]);
        return Err(Fail::owned(format!(
            "ERR Unknown Redis command called from script: '{name}'"
        )));
    };
    if !command.takes(arguments.len()) {
        return Err(Fail::text("ERR Wrong number of args calling Redis command from script"));
    }
    if matches!(command.run, Run::Session(_)) {
        return Err(Fail::text("ERR This Redis command is not allowed from script"));
    }
    if running.read_only && command.access == Access::Write {
        return Err(Fail::text("ERR Write commands are not allowed from read-only scripts."));
    }
    command.run(&mut running.model, running.caller.hurried(), arguments)
}
