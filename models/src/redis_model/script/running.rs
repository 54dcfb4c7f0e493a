//! A script on its way, and what it may use up.

use std::{cell::RefCell, fmt};

use super::{Digest, json_settings::Settings, random::Random};
use crate::redis_model::{RedisModel, Unmodelled, command::Caller, fail::Fail};

/// A script that runs for longer is stopped: an exploration must not hang on an endless loop.
const INSTRUCTIONS: u64 = 10_000_000;
/// How often that is looked at.
pub(super) const LOOK: u32 = 1_000;
/// Bytes that a script may take from the interpreter, which collects no garbage while one runs.
pub(super) const MEMORY: usize = 16 << 20;
/// One instruction may copy or compare all that a script has taken: it counts as one more for each so many bytes.
const BYTES: usize = 4_096;
/// Instructions that take as long as one value of a library.
const VALUE: u64 = 10;
/// Bytes that are copied while an instruction is carried out.
const COPIED: usize = 64;

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
pub(super) struct Running {
    /// Moved here for the time of the run: `redis.call` is made once and finds the model that it works on here.
    pub(super) model: RedisModel,
    pub(super) caller: Caller,
    pub(super) name: Name,
    pub(super) read_only: bool,
    pub(super) random: Random,
    /// The script has asked for replies of the third version of the protocol.
    pub(super) third: bool,
    /// Of `cjson`, and of each library that `cjson.new` made.
    pub(super) json: Vec<Settings>,
    /// Bytes that the interpreter had taken before.
    before: usize,
    /// Instructions that were carried out, and what counts as many.
    spent: u64,
    /// What the script asked for that the model lacks: whatever it does then, this is what comes of it.
    unmodelled: Option<Unmodelled>,
}

thread_local! {
    static RUNNING: RefCell<Option<Running>> = const { RefCell::new(None) };
}

impl Running {
    pub(super) fn new(caller: Caller, name: Name, read_only: bool, before: usize) -> Self {
        Self {
            model: RedisModel::new(0),
            caller,
            name,
            read_only,
            random: Random::default(),
            third: false,
            json: vec![Settings::default()],
            before,
            spent: 0,
            unmodelled: None,
        }
    }

    /// Runs `script` while `model` can be reached by `redis.call`.
    pub(super) fn with<R>(
        mut self,
        model: &mut RedisModel,
        script: impl FnOnce() -> mlua::Result<R>,
    ) -> Result<R, Fail> {
        std::mem::swap(model, &mut self.model);
        RUNNING.set(Some(self));
        // A panic in between takes the model with it; it was under change, so nobody should go on with it.
        let result = script();
        if let Some(running) = RUNNING.take() {
            *model = running.model;
            if let Some(unmodelled) = running.unmodelled {
                return Err(unmodelled.into());
            }
        }
        result.map_err(Fail::from)
    }
}

/// Whatever runs, or nothing when nothing does.
pub(super) fn running<R>(work: impl FnOnce(&mut Running) -> R) -> Option<R> {
    RUNNING.with_borrow_mut(|running| running.as_mut().map(work))
}

/// The model lacks something: the error that leads out of the script. Wherever it is caught, it is raised again.
pub(super) fn refuse(unmodelled: Unmodelled) -> mlua::Error {
    let first = running(|running| running.unmodelled.get_or_insert_with(|| unmodelled.clone()).clone());
    mlua::Error::external(first.unwrap_or(unmodelled))
}

/// The same, if a script that was to be stopped goes on all the same.
pub(super) fn stopped() -> mlua::Result<()> {
    match running(|running| running.unmodelled.clone()).flatten() {
        Some(unmodelled) => Err(mlua::Error::external(unmodelled)),
        None => Ok(()),
    }
}

/// What a script that takes too much is refused with.
pub(super) fn too_large() -> Unmodelled {
    Unmodelled::new("stops a script that takes more than 16 MB of memory (garbage is not collected)")
}

/// Counts so many instructions, or what takes as long.
pub(super) fn charge(instructions: u64) -> mlua::Result<()> {
    let over = running(|running| {
        running.spent = running.spent.saturating_add(instructions);
        running.spent > INSTRUCTIONS
    });
    if over == Some(true) {
        return Err(refuse(Unmodelled::new(
            "stops a script after 10,000,000 instructions, or work in Lua's own functions that may take as long",
        )));
    }
    Ok(())
}

/// Counts a value that is read or written, and so many bytes of it.
pub(super) fn charge_value(bytes: usize) -> mlua::Result<()> {
    charge(VALUE + (bytes / COPIED) as u64)
}

/// Counts the instructions since the last look, when the interpreter has taken so many bytes.
pub(super) fn look(memory: usize) -> mlua::Result<()> {
    let taken = running(|running| memory.saturating_sub(running.before)).unwrap_or(0);
    charge(u64::from(LOOK) * (1 + (taken / BYTES) as u64))
}
