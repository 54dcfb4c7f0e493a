//! One Lua interpreter a thread.

use std::cell::{Cell, RefCell};

use mlua::{Function, HookTriggers, Lua, LuaOptions, MultiValue, StdLib, Table, Value, VmState, chunk::ChunkMode};
use rustc_hash::FxHashMap;

use super::{
    Digest, Library, convert,
    host::{failed, host, message},
    library,
    native::SANDBOX_NAME,
    running::{LOOK, MEMORY, Name, Running, look, running},
};
use crate::redis_model::{
    RedisModel,
    arguments::KeysAndOthers,
    command::Caller,
    fail::{Answer, Fail},
};

/// Compiled scripts that are kept; beyond, all are forgotten.
const KEPT: usize = 1_000;
/// Bytes of garbage that are left for later. It is collected between scripts: how much a script may take does not depend on
/// what another one left.
const GARBAGE: usize = 1 << 20;

const SANDBOX: &str = include_str!("sandbox.lua");

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
    /// The bytes in use when garbage was last collected.
    clean: Cell<usize>,
}

thread_local! {
    static VM: Result<Vm, String> = Vm::new().map_err(|error| error.to_string());
}

fn with_vm<R>(work: impl FnOnce(&Vm) -> Result<R, Fail>) -> Result<R, Fail> {
    VM.with(|vm| match vm {
        Ok(vm) => {
            vm.make_room()?;
            work(vm)
        }
        Err(error) => Err(Fail::unmodelled(format!("has no Lua interpreter: {error}"))),
    })
}

impl Vm {
    fn new() -> mlua::Result<Self> {
        let libraries = StdLib::STRING | StdLib::TABLE | StdLib::MATH;
        let lua = Lua::new_with(libraries, LuaOptions::default())?;
        lua.set_global_hook(HookTriggers::new().every_nth_instruction(LOOK), |lua, _| {
            look(lua.used_memory()).map(|()| VmState::Continue)
        })?;
        let host = host(&lua)?;
        let sandbox = lua.load(SANDBOX).set_name(SANDBOX_NAME);
        let (env, store, run, instantiate, call_function) = sandbox.call(host)?;
        lua.gc_stop();
        Ok(Self {
            clean: Cell::new(lua.used_memory()),
            lua,
            env,
            store,
            run,
            instantiate,
            call_function,
            compiled: RefCell::default(),
        })
    }

    /// Room for the next script.
    fn make_room(&self) -> mlua::Result<()> {
        if self.lua.used_memory() > self.clean.get() + GARBAGE {
            // The last script may have taken all that it was allowed to: then there is no room to collect in.
            self.lua.set_memory_limit(0)?;
            self.lua.gc_collect()?;
            self.lua.gc_stop();
            self.clean.set(self.lua.used_memory());
        }
        self.lua.set_memory_limit(self.lua.used_memory() + MEMORY)?;
        Ok(())
    }

    /// What is to be known of a run. The text of the script is among what it has.
    fn running(&self, caller: Caller, name: Name, read_only: bool, code: &[u8]) -> Running {
        Running::new(
            caller,
            name,
            read_only,
            self.lua.used_memory().saturating_sub(code.len()),
        )
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
            .map_err(|error| match error {
                mlua::Error::SyntaxError { .. } => Fail::owned(format!("ERR {complaint}: {}", message(&error))),
                error => error.into(),
            })?;
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

/// Does this script compile?
pub(in crate::redis_model) fn compile(digest: &Digest, body: &[u8]) -> Result<(), Fail> {
    with_vm(|vm| vm.script(digest, body).map(drop))
}

/// Runs a script.
pub(in crate::redis_model) fn run_script(
    model: &mut RedisModel,
    caller: Caller,
    (digest, body): (&Digest, &[u8]),
    (keys, arguments): KeysAndOthers<'_>,
    read_only: bool,
) -> Answer {
    with_vm(|vm| {
        let function = vm.script(digest, body)?;
        let running = vm.running(caller, Name::Script(*digest), read_only, body);
        vm.store.raw_set("KEYS", vm.strings(keys)?)?;
        vm.store.raw_set("ARGV", vm.strings(arguments)?)?;
        finish(running.with(model, || vm.run.call(function).and_then(with_version))?)
    })
}

/// Runs a function of a library. The library is set up anew for each call: what its functions might remember from one
/// call to the next in Lua would be state that nobody sees.
pub(in crate::redis_model) fn run_function(
    model: &mut RedisModel,
    caller: Caller,
    (library, name): (&Library, &str),
    (keys, arguments): KeysAndOthers<'_>,
    read_only: bool,
) -> Answer {
    with_vm(|vm| {
        let chunk = vm.library(&library.digest, &library.code)?;
        let running = vm.running(caller, Name::Function(name.to_string()), read_only, &library.code);
        vm.store.raw_set("KEYS", Value::Nil)?;
        vm.store.raw_set("ARGV", Value::Nil)?;
        let arguments = (chunk, name, vm.strings(keys)?, vm.strings(arguments)?);
        finish(running.with(model, || vm.call_function.call(arguments).and_then(with_version))?)
    })
}

/// The functions that a library registers.
pub(in crate::redis_model) fn load(caller: Caller, code: &[u8]) -> Result<Vec<library::Function>, Fail> {
    with_vm(|vm| {
        let chunk = vm.library(&super::digest(code), code)?;
        let mut nothing = RedisModel::new(0);
        let running = vm.running(caller, Name::Loading, true, code);
        let (ok, result): (bool, Value) = running.with(&mut nothing, || vm.instantiate.call(chunk))?;
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

/// Whether the script has asked for the third version of the protocol.
fn with_version(values: MultiValue) -> mlua::Result<(MultiValue, bool)> {
    Ok((values, running(|running| running.third) == Some(true)))
}

/// What `xpcall` gave: whether it went well, and the value or the explained error.
fn finish((values, third): (MultiValue, bool)) -> Answer {
    let mut values = values.into_iter();
    let ok = values.next() == Some(Value::Boolean(true));
    let value = values.next().unwrap_or(Value::Nil);
    if ok {
        convert::to_reply(&value, third)
    } else {
        Err(failed(value.to_string()?))
    }
}
