//! The commands: one table, so that unknown commands and wrong numbers of arguments are refused in one place.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::{
    RedisModel,
    commands::FAMILIES,
    fail::{Answer, Fail},
};

/// What carries a command out. The arguments start with the command's name.
#[derive(Clone, Copy)]
pub(super) enum Run {
    /// Depends on the data alone.
    Data(fn(&mut RedisModel, &[Vec<u8>]) -> Answer),
    /// Depends on the connection as well; not allowed in scripts.
    Session(fn(&mut RedisModel, usize, &[Vec<u8>]) -> Answer),
}

/// Is it allowed where nothing may be written?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// A command.
#[derive(Clone, Copy)]
pub(super) struct Command {
    /// In lower case, as error texts have it.
    pub(super) name: &'static str,
    /// As `COMMAND INFO` gives it: the number of arguments with the name, negative for "at least".
    pub(super) arity: i64,
    pub(super) access: Access,
    pub(super) run: Run,
    /// Names and arities of the subcommands, if it has any.
    pub(super) subcommands: Option<&'static [(&'static str, i64)]>,
}

impl Command {
    pub(super) const fn read(name: &'static str, arity: i64, run: fn(&mut RedisModel, &[Vec<u8>]) -> Answer) -> Self {
        Self {
            name,
            arity,
            access: Access::Read,
            run: Run::Data(run),
            subcommands: None,
        }
    }

    pub(super) const fn write(name: &'static str, arity: i64, run: fn(&mut RedisModel, &[Vec<u8>]) -> Answer) -> Self {
        Self {
            access: Access::Write,
            ..Self::read(name, arity, run)
        }
    }

    pub(super) const fn session(
        name: &'static str,
        arity: i64,
        run: fn(&mut RedisModel, usize, &[Vec<u8>]) -> Answer,
    ) -> Self {
        Self {
            name,
            arity,
            access: Access::Read,
            run: Run::Session(run),
            subcommands: None,
        }
    }

    pub(super) const fn with(self, subcommands: &'static [(&'static str, i64)]) -> Self {
        Self {
            subcommands: Some(subcommands),
            ..self
        }
    }

    /// Are so many arguments (the name included) allowed?
    pub(super) const fn takes(&self, arguments: usize) -> bool {
        takes(self.arity, arguments)
    }
}

static TABLE: LazyLock<FxHashMap<&'static [u8], &'static Command>> = LazyLock::new(|| {
    let all = FAMILIES.iter().flat_map(|family| family.iter());
    all.map(|command| (command.name.as_bytes(), command)).collect()
});

/// The command of this name, in upper or lower case.
pub(super) fn find(name: &[u8]) -> Option<&'static Command> {
    // Longer than any name there is.
    let mut lower = [0; 24];
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    TABLE.get(&*lower).copied()
}

/// How many there are.
pub(super) fn count() -> usize {
    TABLE.len()
}

/// The command, if it is known and takes so many arguments.
pub(super) fn look_up(arguments: &[Vec<u8>]) -> Result<&'static Command, Fail> {
    let name = arguments.first().map_or(&[][..], Vec::as_slice);
    let Some(command) = find(name) else {
        return Err(unknown(name));
    };
    if !command.takes(arguments.len()) {
        return Err(Fail::arity(command.name));
    }
    if let Some(subcommands) = command.subcommands {
        check_subcommand(command.name, subcommands, arguments)?;
    }
    Ok(command)
}

/// A server looks up subcommands as commands of their own: wrong ones are refused while a transaction is queued, too.
fn check_subcommand(command: &str, known: &[(&str, i64)], arguments: &[Vec<u8>]) -> Result<(), Fail> {
    let Some(given) = arguments.get(1) else {
        return Ok(());
    };
    let Some((name, arity)) = known
        .iter()
        .find(|(name, _)| given.eq_ignore_ascii_case(name.as_bytes()))
    else {
        return Err(Fail::owned(format!(
            "ERR unknown subcommand '{}'. Try {} HELP. (the model of Redis does not know it)",
            String::from_utf8_lossy(given),
            command.to_ascii_uppercase()
        )));
    };
    if takes(*arity, arguments.len()) {
        Ok(())
    } else {
        Err(Fail::arity(&format!("{command}|{name}")))
    }
}

/// Are so many arguments (the name included) allowed?
const fn takes(arity: i64, arguments: usize) -> bool {
    if arity < 0 {
        arguments >= arity.unsigned_abs() as usize
    } else {
        arguments == arity.unsigned_abs() as usize
    }
}

/// Ours and not a server's words: the command may well exist there.
pub(super) fn unknown(name: &[u8]) -> Fail {
    Fail::owned(format!(
        "ERR unknown command '{}': the model of Redis does not know it (docs/model.md lists what it knows)",
        String::from_utf8_lossy(name)
    ))
}
