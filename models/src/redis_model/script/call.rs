//! `redis.call`: from a script back into the model.

use mlua::{Lua, Value, Variadic};
use thiserror::Error;

use super::{
    convert,
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
pub(super) fn call(lua: &Lua, arguments: &Variadic<Value>) -> mlua::Result<Value> {
    match execute(arguments)? {
        Reply::Error(text) => Err(raise(text)),
        reply => convert::to_lua(lua, reply),
    }
}

/// `redis.pcall`: an error is a table.
pub(super) fn protected_call(lua: &Lua, arguments: &Variadic<Value>) -> mlua::Result<Value> {
    convert::to_lua(lua, execute(arguments)?)
}

fn execute(arguments: &[Value]) -> mlua::Result<Reply> {
    let bytes = running(|running| running.model.bytes()).unwrap_or(0);
    charge((COMMAND + bytes / BYTES) as u64)?;
    let attempt = || -> Answer {
        if arguments.is_empty() {
            return Err(Fail::text(
                "ERR Please specify at least one argument for this redis lib call",
            ));
        }
        let length = |value: &Value| value.as_string().map_or(0, |text| text.as_bytes().len());
        if arguments.iter().map(length).sum::<usize>() > MOST_BYTES {
            return Err(RedisModel::full());
        }
        let command = arguments.iter().map(argument).collect::<Result<Vec<_>, _>>()?;
        running(|running| dispatch(running, &command)).unwrap_or(Err(Fail::text("ERR no script is running")))
    };
    attempt().or_else(Fail::reply).map_err(refuse)
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
    command.run(&mut running.model, running.caller, arguments)
}
