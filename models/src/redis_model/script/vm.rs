//! One Lua interpreter a thread.

use std::cell::{Cell, RefCell};

use mlua::{
    Function, HookTriggers, Lua, LuaOptions, MultiValue, StdLib, Table, Value, Variadic, VmState, chunk::ChunkMode,
};
use rustc_hash::FxHashMap;

use super::{
    Digest, Library,
    call::{self, Name, Raised},
    convert, library,
    random::Random,
};
use crate::redis_model::{
    RedisModel, Reply,
    arguments::KeysAndOthers,
    fail::{Answer, Fail},
};

/// Compiled scripts that are kept; beyond, all are forgotten.
const KEPT: usize = 1_000;
/// A script that runs for longer is stopped: an exploration must not hang on an endless loop.
const INSTRUCTIONS: u32 = 50_000_000;
/// How often that is looked at.
const LOOK: u32 = 1_000_000;
/// Bytes that a script may use.
const MEMORY: usize = 256 << 20;

const SANDBOX: &str = include_str!("sandbox.lua");
/// The chunk name of the sandbox, which no error message shall point to.
const SANDBOX_NAME: &str = "=sandbox";

struct Vm {
    lua: Lua,
    /// The globals of all scripts; read-only to them.
    env: Table,
    /// What stands behind `env`: `KEYS` and `ARGV` are set here.
    store: Table,
    run: Function,
    instantiate: Function,
    call_function: Function,
    compiled: RefCell<FxHashMap<Digest, Function>>,
}

thread_local! {
    static VM: Result<Vm, String> = Vm::new().map_err(|error| error.to_string());
    static LOOKS: Cell<u32> = const { Cell::new(0) };
}

fn with_vm<R>(work: impl FnOnce(&Vm) -> Result<R, Fail>) -> Result<R, Fail> {
    VM.with(|vm| match vm {
        Ok(vm) => work(vm),
        Err(error) => Err(Fail::owned(format!("ERR no Lua interpreter: {error}"))),
    })
}

impl From<mlua::Error> for Fail {
    fn from(error: mlua::Error) -> Self {
        Self::owned(format!("ERR {}", message(&error)))
    }
}

impl Vm {
    fn new() -> mlua::Result<Self> {
        let libraries = StdLib::STRING | StdLib::TABLE | StdLib::MATH;
        let lua = Lua::new_with(libraries, LuaOptions::default())?;
        lua.set_memory_limit(MEMORY)?;
        lua.set_global_hook(HookTriggers::new().every_nth_instruction(LOOK), |_, _| {
            let looks = LOOKS.get() + 1;
            LOOKS.set(looks);
            if looks.saturating_mul(LOOK) > INSTRUCTIONS {
                let text = "ERR the model of Redis stopped a script after 50,000,000 instructions";
                return Err(mlua::Error::external(Raised(text.to_string())));
            }
            Ok(VmState::Continue)
        })?;
        let host = host(&lua)?;
        let sandbox = lua.load(SANDBOX).set_name(SANDBOX_NAME);
        let (env, store, run, instantiate, call_function) = sandbox.call(host)?;
        Ok(Self {
            lua,
            env,
            store,
            run,
            instantiate,
            call_function,
            compiled: RefCell::default(),
        })
    }

    /// The chunk, without its first line if that names the engine.
    fn compile(&self, digest: &Digest, body: &[u8], chunk: &str, complaint: &str) -> Result<Function, Fail> {
        if let Some(known) = self.compiled.borrow().get(digest) {
            return Ok(known.clone());
        }
        let first = if body.starts_with(b"#!") {
            body.iter().position(|byte| *byte == b'\n').unwrap_or(0)
        } else {
            0
        };
        let code = self.lua.load(&body[first..]).set_name(chunk).set_mode(ChunkMode::Text);
        let function = code
            .set_environment(self.env.clone())
            .into_function()
            .map_err(|error| Fail::owned(format!("ERR {complaint}: {}", message(&error))))?;
        let mut compiled = self.compiled.borrow_mut();
        if compiled.len() >= KEPT {
            compiled.clear();
        }
        compiled.insert(*digest, function.clone());
        Ok(function)
    }

    fn strings(&self, texts: &[Vec<u8>]) -> mlua::Result<Table> {
        let table = self.lua.create_table_with_capacity(texts.len(), 0)?;
        for (index, text) in texts.iter().enumerate() {
            table.raw_set(index + 1, self.lua.create_string(text)?)?;
        }
        Ok(table)
    }

    fn script(&self, digest: &Digest, body: &[u8]) -> Result<Function, Fail> {
        self.compile(digest, body, "@user_script", "Error compiling script (new function)")
    }

    fn library(&self, digest: &Digest, code: &[u8]) -> Result<Function, Fail> {
        self.compile(digest, code, "@user_function", "Error compiling function")
    }
}

/// Compiles a script, and runs it if `arguments` (keys and others) are given.
pub(in crate::redis_model) fn run_script(
    model: &mut RedisModel,
    (digest, body): (&Digest, &[u8]),
    arguments: Option<KeysAndOthers<'_>>,
    read_only: bool,
) -> Answer {
    with_vm(|vm| {
        let function = vm.script(digest, body)?;
        let Some((keys, arguments)) = arguments else {
            return Ok(Reply::Nil);
        };
        vm.store.raw_set("KEYS", vm.strings(keys)?)?;
        vm.store.raw_set("ARGV", vm.strings(arguments)?)?;
        LOOKS.set(0);
        let result = call::with(model, Name::Script(*digest), read_only, || vm.run.call(function));
        finish(result)
    })
}

/// Runs a function of a library. The library is set up anew for each call: what its functions might remember from one
/// call to the next in Lua would be state that nobody sees.
pub(in crate::redis_model) fn run_function(
    model: &mut RedisModel,
    (library, name): (&Library, &str),
    (keys, arguments): KeysAndOthers<'_>,
    read_only: bool,
) -> Answer {
    with_vm(|vm| {
        let chunk = vm.library(&library.digest, &library.code)?;
        vm.store.raw_set("KEYS", Value::Nil)?;
        vm.store.raw_set("ARGV", Value::Nil)?;
        let arguments = (chunk, name, vm.strings(keys)?, vm.strings(arguments)?);
        LOOKS.set(0);
        let result = call::with(model, Name::Function(name.to_string()), read_only, || {
            vm.call_function.call(arguments)
        });
        finish(result)
    })
}

/// The functions that a library registers.
pub(in crate::redis_model) fn load(code: &[u8]) -> Result<Vec<library::Function>, Fail> {
    with_vm(|vm| {
        let chunk = vm.library(&super::digest(code), code)?;
        let mut nothing = RedisModel::new(0);
        LOOKS.set(0);
        let (ok, result): (bool, Value) = call::with(&mut nothing, Name::Loading, true, || vm.instantiate.call(chunk))?;
        if !ok {
            let text = result.to_string()?;
            return Err(Fail::owned(format!("ERR Error registering functions: {text}")));
        }
        let mut functions = Vec::new();
        if let Value::Table(registered) = result {
            for function in registered.sequence_values::<Table>() {
                let function = function?;
                let description: Option<mlua::LuaString> = function.raw_get("description")?;
                functions.push(library::Function {
                    name: function.raw_get("name")?,
                    description: description.map(|text| text.as_bytes().to_vec()),
                    flags: function.raw_get("flags")?,
                });
            }
        }
        Ok(functions)
    })
}

/// What `xpcall` gave: whether it went well, and the value or the explained error.
fn finish(result: mlua::Result<MultiValue>) -> Answer {
    let mut values = result?.into_iter();
    let ok = values.next() == Some(Value::Boolean(true));
    let value = values.next().unwrap_or(Value::Nil);
    if ok {
        Ok(convert::to_reply(&value)?)
    } else {
        Err(Fail::owned(value.to_string()?))
    }
}

/// The functions that the sandbox is made of.
fn host(lua: &Lua) -> mlua::Result<Table> {
    let host = lua.create_table()?;
    host.set(
        "call",
        lua.create_function(|lua, arguments: Variadic<Value>| call::call(lua, &arguments))?,
    )?;
    let pcall = lua.create_function(|lua, arguments: Variadic<Value>| call::protected_call(lua, &arguments))?;
    host.set("pcall", pcall)?;
    host.set(
        "sha1hex",
        lua.create_function(|_, arguments: Variadic<Value>| sha1hex(&arguments))?,
    )?;
    host.set(
        "setresp",
        lua.create_function(|_, version: Value| set_protocol(&version))?,
    )?;
    host.set("plain", lua.create_function(plain)?)?;
    host.set("explain", lua.create_function(explain)?)?;
    let random = lua.create_function(|_, ()| Ok(call::running(|running| running.random.next())))?;
    host.set("random", random)?;
    let seed = |_: &Lua, seed: f64| {
        call::running(|running| running.random = Random::seeded(convert::truncated(seed)));
        Ok(())
    };
    host.set("seed", lua.create_function(seed)?)?;
    let missing = lua.create_table()?;
    for name in ["cjson", "cmsgpack", "struct", "bit", "os", "load"] {
        missing.set(
            name,
            format!("the model of Redis does not have '{name}' (docs/model.md)"),
        )?;
    }
    host.set("missing", missing)?;
    Ok(host)
}

fn sha1hex(arguments: &[Value]) -> mlua::Result<String> {
    let text = match arguments {
        [Value::String(text)] => text.as_bytes().to_vec(),
        [Value::Number(number)] => convert::number_text(*number).into_bytes(),
        [_] => Vec::new(),
        _ => {
            return Err(mlua::Error::external(Raised(
                "ERR wrong number of arguments".to_string(),
            )));
        }
    };
    Ok(sha1_smol::Sha1::from(text).digest().to_string())
}

fn set_protocol(version: &Value) -> mlua::Result<()> {
    if *version == Value::Number(2.0) || *version == Value::Integer(2) {
        return Ok(());
    }
    let text = "ERR the model of Redis speaks protocol version 2 only";
    Err(mlua::Error::external(Raised(text.to_string())))
}

/// What a script may see of an error: an error of ours becomes a table with its text.
fn plain(lua: &Lua, error: Value) -> mlua::Result<Value> {
    let Value::Error(error) = error else {
        return Ok(error);
    };
    let table = lua.create_table()?;
    table.raw_set("err", message(&error))?;
    Ok(Value::Table(table))
}

/// The text of an error without what mlua adds to it.
fn message(error: &mlua::Error) -> String {
    match error {
        mlua::Error::CallbackError { cause, .. } => message(cause),
        mlua::Error::SyntaxError { message, .. } => message.clone(),
        mlua::Error::RuntimeError(text) => text.clone(),
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
    let text = text.replace(['\r', '\n'], " ");
    let name = call::running(|running| running.name.clone());
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
