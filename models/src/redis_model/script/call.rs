//! `redis.call`: from a script back into the model.

use std::{cell::RefCell, fmt};

use mlua::{Lua, Value, Variadic};

use super::{Digest, convert, random::Random};
use crate::redis_model::{
    RedisModel, Reply,
    fail::Fail,
    table::{self, Access, Run},
};

/// What runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// `EVAL` and its like.
    Script(Digest),
    /// `FCALL` of this function.
    Function(String),
    /// `FUNCTION LOAD`.
    Loading,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Script(digest) => digest.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            Self::Function(name) => f.write_str(name),
            Self::Loading => f.write_str("loading"),
        }
    }
}

/// A script on its way.
#[derive(Debug)]
pub(super) struct Running {
    /// Moved here for the time of the run: `redis.call` is made once and finds the model that it works on here.
    pub(super) model: RedisModel,
    pub(super) name: Name,
    pub(super) read_only: bool,
    pub(super) random: Random,
}

thread_local! {
    static RUNNING: RefCell<Option<Running>> = const { RefCell::new(None) };
}

/// Runs `script` while `model` can be reached by `redis.call`.
pub(super) fn with<R>(model: &mut RedisModel, name: Name, read_only: bool, script: impl FnOnce() -> R) -> R {
    let running = Running {
        model: std::mem::replace(model, RedisModel::new(0)),
        name,
        read_only,
        random: Random::default(),
    };
    RUNNING.set(Some(running));
    // A panic in between takes the model with it; it was under change, so nobody should go on with it.
    let result = script();
    if let Some(running) = RUNNING.take() {
        *model = running.model;
    }
    result
}

/// Whatever runs, or nothing when nothing does.
pub(super) fn running<R>(work: impl FnOnce(&mut Running) -> R) -> Option<R> {
    RUNNING.with_borrow_mut(|running| running.as_mut().map(work))
}

/// An error raised by `redis.call`, on its way through Lua.
#[derive(Debug)]
pub(super) struct Raised(pub(super) String);

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Raised {}

/// `redis.call`: an error ends the script.
pub(super) fn call(lua: &Lua, arguments: &Variadic<Value>) -> mlua::Result<Value> {
    match execute(arguments) {
        Reply::Error(text) => Err(mlua::Error::external(Raised(text))),
        reply => convert::to_lua(lua, reply),
    }
}

/// `redis.pcall`: an error is a table.
pub(super) fn protected_call(lua: &Lua, arguments: &Variadic<Value>) -> mlua::Result<Value> {
    convert::to_lua(lua, execute(arguments))
}

fn execute(arguments: &[Value]) -> Reply {
    let attempt = || -> Result<Reply, Fail> {
        if arguments.is_empty() {
            return Err(Fail::text(
                "ERR Please specify at least one argument for this redis lib call",
            ));
        }
        let command = arguments.iter().map(argument).collect::<Result<Vec<_>, _>>()?;
        running(|running| dispatch(running, &command)).unwrap_or(Err(Fail::text("ERR no script is running")))
    };
    attempt().unwrap_or_else(Reply::from)
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

fn dispatch(running: &mut Running, arguments: &[Vec<u8>]) -> Result<Reply, Fail> {
    let Some(command) = table::find(&arguments[0]) else {
        return Err(table::unknown(&arguments[0]));
    };
    if !command.takes(arguments.len()) {
        return Err(Fail::text("ERR Wrong number of args calling Redis command from script"));
    }
    let Run::Data(run) = command.run else {
        return Err(Fail::text("ERR This Redis command is not allowed from script"));
    };
    if running.read_only && command.access == Access::Write {
        return Err(Fail::text("ERR Write commands are not allowed from read-only scripts."));
    }
    run(&mut running.model, arguments)
}
