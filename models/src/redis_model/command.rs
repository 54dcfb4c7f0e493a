//! What a command is, and the table of all: unknown commands and wrong numbers of arguments are refused in one place.

use rustc_hash::FxHashMap;

use super::{
    RedisModel, Reply,
    commands::is_known,
    fail::{Answer, Fail},
    reply::one_line,
};

/// What carries a command out. The arguments start with the command's name.
#[derive(Clone, Copy)]
pub(super) enum Run {
    /// Depends on the data alone.
    Data(fn(&mut RedisModel, &[Vec<u8>]) -> Answer),
    /// Tells about commands.
    Table(fn(&Table, &[Vec<u8>]) -> Answer),
    /// Depends on whether its caller may wait.
    Waiting(fn(&mut RedisModel, Caller, &[Vec<u8>]) -> Answer),
    /// Depends on the connection, or runs other commands; not allowed in scripts.
    Session(fn(&mut RedisModel, Caller, &[Vec<u8>]) -> Answer),
}

/// Who runs a command, and where it finds others.
#[derive(Clone, Copy)]
pub(super) struct Caller {
    pub(super) connection: usize,
    pub(super) table: &'static Table,
    /// Neither a transaction nor a script may.
    pub(super) may_wait: bool,
}

impl Caller {
    /// The same within a transaction or a script.
    pub(super) const fn hurried(self) -> Self {
        Self {
            may_wait: false,
            ..self
        }
    }

    /// The answer where a client waits for what is not there, and nobody else does.
    pub(super) fn wait(self, otherwise: Reply, command: &[u8]) -> Answer {
        if self.may_wait {
            let name = String::from_utf8_lossy(command).to_ascii_uppercase();
            return Err(Fail::unmodelled(format!(
                "does not wait, as '{name}' does where there is nothing"
            )));
        }
        Ok(otherwise)
    }
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
    const fn new(name: &'static str, arity: i64, run: Run) -> Self {
        Self {
            name,
            arity,
            access: Access::Read,
            run,
            subcommands: None,
        }
    }

    pub(super) const fn read(name: &'static str, arity: i64, run: fn(&mut RedisModel, &[Vec<u8>]) -> Answer) -> Self {
        Self::new(name, arity, Run::Data(run))
    }

    pub(super) const fn write(name: &'static str, arity: i64, run: fn(&mut RedisModel, &[Vec<u8>]) -> Answer) -> Self {
        Self {
            access: Access::Write,
            ..Self::read(name, arity, run)
        }
    }

    pub(super) const fn table(name: &'static str, arity: i64, run: fn(&Table, &[Vec<u8>]) -> Answer) -> Self {
        Self::new(name, arity, Run::Table(run))
    }

    pub(super) const fn waiting(
        name: &'static str,
        arity: i64,
        access: Access,
        run: fn(&mut RedisModel, Caller, &[Vec<u8>]) -> Answer,
    ) -> Self {
        Self {
            access,
            ..Self::new(name, arity, Run::Waiting(run))
        }
    }

    pub(super) const fn session(
        name: &'static str,
        arity: i64,
        run: fn(&mut RedisModel, Caller, &[Vec<u8>]) -> Answer,
    ) -> Self {
        Self::new(name, arity, Run::Session(run))
    }

    pub(super) const fn with(self, subcommands: &'static [(&'static str, i64)]) -> Self {
        Self {
            subcommands: Some(subcommands),
            ..self
        }
    }

    /// Carries it out, if there is room for it.
    pub(super) fn run(&self, model: &mut RedisModel, caller: Caller, arguments: &[Vec<u8>]) -> Answer {
        model.admit(arguments)?;
        match self.run {
            Run::Data(run) => run(model, arguments),
            Run::Table(run) => run(caller.table, arguments),
            Run::Waiting(run) | Run::Session(run) => run(model, caller, arguments),
        }
    }

    /// Are so many arguments (the name included) allowed?
    pub(super) const fn takes(&self, arguments: usize) -> bool {
        takes(self.arity, arguments)
    }
}

/// All commands by name.
pub(super) struct Table(FxHashMap<&'static [u8], &'static Command>);

impl Table {
    pub(super) fn new(families: &[&'static [Command]]) -> Self {
        let all = families.iter().flat_map(|family| family.iter());
        Self(all.map(|command| (command.name.as_bytes(), command)).collect())
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The command of this name, in upper or lower case.
    pub(super) fn find(&self, name: &[u8]) -> Option<&'static Command> {
        // Longer than any name there is.
        let mut lower = [0; 24];
        let lower = lower.get_mut(..name.len())?;
        lower.copy_from_slice(name);
        lower.make_ascii_lowercase();
        self.0.get(&*lower).copied()
    }

    /// The command of this name, or nothing if no server has it.
    pub(super) fn known(&self, name: &[u8]) -> Result<Option<&'static Command>, Fail> {
        let found = self.find(name);
        if found.is_none() && is_known(name) {
            let name = String::from_utf8_lossy(name);
            return Err(Fail::unmodelled(format!(
                "does not know the command '{name}' (docs/model.md lists what it knows)"
            )));
        }
        Ok(found)
    }

    /// The command, if it is known and takes so many arguments.
    pub(super) fn look_up(&self, arguments: &[Vec<u8>]) -> Result<&'static Command, Fail> {
        let Some((name, rest)) = arguments.split_first() else {
            return Err(Fail::unmodelled("was asked nothing"));
        };
        let command = self.known(name)?.ok_or_else(|| unknown(name, rest))?;
        if !command.takes(arguments.len()) {
            return Err(Fail::arity(command.name));
        }
        if let Some(subcommands) = command.subcommands {
            check_subcommand(command.name, subcommands, arguments)?;
        }
        Ok(command)
    }
}

/// As a server refuses a command that it has not: with the first 128 bytes of the name and of what follows it.
fn unknown(name: &[u8], rest: &[Vec<u8>]) -> Fail {
    const MOST: usize = 128;
    // Texts of C end with a zero.
    let shown = |text: &[u8], most: usize| {
        let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
        text[..end.min(most)].to_vec()
    };
    let mut arguments = Vec::new();
    for argument in rest {
        if arguments.len() >= MOST {
            break;
        }
        let shown = shown(argument, MOST - arguments.len());
        arguments.extend_from_slice(&[b"'", shown.as_slice(), b"' "].concat());
    }
    let name = shown(name, MOST);
    let (name, arguments) = (String::from_utf8_lossy(&name), String::from_utf8_lossy(&arguments));
    let text = format!("ERR unknown command '{name}', with args beginning with: {arguments}");
    Fail::owned(one_line(&text))
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
        return Err(Fail::unmodelled(format!(
            "does not know the subcommand '{}' of {}",
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
