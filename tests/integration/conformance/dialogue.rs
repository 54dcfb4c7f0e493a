//! The same commands to the model and to a server.

use std::{fmt::Write as _, io, path::PathBuf, time::UNIX_EPOCH};

use oversell::server::Server;
use oversell_models::redis_model::{RedisModel, Reply, agree};

use super::{scripts::LIBRARY_NAMES, wire::Wire};

/// Connections of a sequence.
pub(super) const CONNECTIONS: usize = 3;

pub(super) type Command = Vec<Vec<u8>>;

/// One step of a sequence.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// One command, or several in one go.
    Send(usize, Vec<Command>),
    /// The connection is lost and made again.
    Reconnect(usize),
}

/// What is known about the server: `valkey 9.1.2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version(String);

impl Version {
    pub(super) fn is_valkey(&self) -> bool {
        self.0.starts_with("valkey")
    }

    pub(super) fn is_redis_7_0(&self) -> bool {
        self.0.starts_with("redis 7.0")
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The model and a server, in step.
pub(super) struct Both {
    model: RedisModel,
    socket: PathBuf,
    wires: Vec<Wire>,
    /// What is queued in the transaction of each connection.
    queued: Vec<Vec<Command>>,
    /// An open transaction of each connection.
    open: Vec<bool>,
    version: Version,
    commands: usize,
    flush_scripts: bool,
    /// The server has crashed: nothing can be compared any more, and nothing shrunk.
    ended: bool,
    /// The sequence before, which a server may crash of late.
    last: Vec<Step>,
}

impl Both {
    pub(super) fn new(server: &Server) -> Self {
        let socket = server.folder().join("redis.sock");
        let wires: Vec<_> = (0..CONNECTIONS).map(|_| Wire::connect(&socket)).collect();
        let version = version(&mut Wire::connect(&socket));
        Self {
            model: RedisModel::new(CONNECTIONS),
            socket,
            wires,
            queued: vec![Vec::new(); CONNECTIONS],
            open: vec![false; CONNECTIONS],
            version,
            commands: 0,
            flush_scripts: false,
            ended: false,
            last: Vec::new(),
        }
    }

    pub(super) fn server(&self) -> &Version {
        &self.version
    }

    pub(super) fn commands(&self) -> usize {
        self.commands
    }

    pub(super) fn model(&mut self) -> &mut RedisModel {
        &mut self.model
    }

    /// One command with words between blanks on the first connection.
    pub(super) fn both(&mut self, line: &str, expected: &str) {
        let command: Command = line.split(' ').map(|word| word.as_bytes().to_vec()).collect();
        let reply = self.model.execute(0, &command).unwrap();
        assert_eq!(reply.to_string(), expected, "the model: {line}");
        assert_eq!(
            self.wires[0].command(line).unwrap().to_string(),
            expected,
            "the server: {line}"
        );
    }

    /// Everything as at the start.
    fn clear(&mut self) -> io::Result<()> {
        for connection in 0..CONNECTIONS {
            self.wires[connection].command("RESET")?;
            self.queued[connection].clear();
            self.open[connection] = false;
        }
        self.wires[0].command("FLUSHALL")?;
        if std::mem::take(&mut self.flush_scripts) {
            self.wires[0].command("SCRIPT FLUSH SYNC")?;
            // Not FUNCTION FLUSH, on which Redis 8.2.3 crashes now and then (`freeClient` in `functionsLibCtxClear`).
            for library in LIBRARY_NAMES {
                self.wires[0].command(&format!("FUNCTION DELETE {library}"))?;
            }
        }
        let now = UNIX_EPOCH.elapsed().map_err(io::Error::other)?.as_micros();
        let now = i64::try_from(now).map_err(io::Error::other)?;
        self.model = RedisModel::new(CONNECTIONS).with_clock(now, 0);
        Ok(())
    }

    /// Runs a sequence; the first difference in words.
    pub(super) fn compare(&mut self, steps: &[Step]) -> Result<(), String> {
        if self.ended {
            return Ok(());
        }
        if let Err(error) = self.clear() {
            self.ended = true;
            return Err(format!("the server crashed: {error}, after\n{}", tell(&self.last)));
        }
        self.last = steps.to_vec();
        for step in steps {
            match step {
                Step::Reconnect(connection) => {
                    self.wires[*connection] = Wire::connect(&self.socket);
                    self.model.reconnect(*connection);
                    self.queued[*connection].clear();
                    self.open[*connection] = false;
                }
                Step::Send(connection, commands) => self.send(*connection, commands)?,
            }
        }
        Ok(())
    }

    fn send(&mut self, connection: usize, commands: &[Command]) -> Result<(), String> {
        // The model first: whether a transaction is open decides what can be sent to Valkey.
        let mut sent = Vec::new();
        for command in commands {
            let name = command[0].to_ascii_uppercase();
            if self.open[connection] && self.version.is_valkey() && (name == b"MULTI" || name == b"WATCH") {
                continue;
            }
            let flush = command.get(1).is_some_and(|word| word.eq_ignore_ascii_case(b"FLUSH"));
            if name == b"FUNCTION" && flush && self.version.0.starts_with("redis 8") {
                continue;
            }
            if name.starts_with(b"EVAL") || name == b"SCRIPT" || name == b"FUNCTION" {
                self.flush_scripts = true;
            }
            let answer = self.model.execute(connection, command);
            if answer
                .as_ref()
                .is_err_and(|refusal| refusal.to_string().contains("does not wait"))
            {
                continue;
            }
            let mut queue = Vec::new();
            match name.as_slice() {
                b"MULTI" => self.open[connection] = true,
                b"EXEC" | b"DISCARD" | b"RESET" => {
                    self.open[connection] = false;
                    queue = std::mem::take(&mut self.queued[connection]);
                }
                _ if self.open[connection] && answer.as_ref().is_ok_and(|reply| !reply.is_error()) => {
                    self.queued[connection].push(command.clone())
                }
                _ => {}
            }
            sent.push((command.clone(), queue, answer));
        }
        let packed: Vec<Command> = sent.iter().map(|(command, ..)| command.clone()).collect();
        let replies = self.wires[connection].pipeline(&packed).map_err(|error| {
            self.ended = true;
            let lines: Vec<String> = packed.iter().map(|command| line(command)).collect();
            format!("the server crashed: {error}, after {}", lines.join(" | "))
        })?;
        self.commands += replies.len();
        for ((command, queued, model), server) in sent.iter().zip(&replies) {
            let agrees = match model {
                Ok(model) => agree(command, queued, model, server),
                Err(_) => is_unknown(server),
            };
            if !agrees {
                return Err(format!(
                    "connection {connection}: {}\n  model  {model:?}\n  server {server:?}",
                    line(command)
                ));
            }
        }
        Ok(())
    }
}

/// Does the server not know something, either? What else a server has is no business of these sequences.
fn is_unknown(reply: &Reply) -> bool {
    match reply {
        Reply::Error(text) => text.to_ascii_lowercase().contains("unknown "),
        Reply::Array(replies) => replies.iter().any(is_unknown),
        _ => false,
    }
}

fn version(wire: &mut Wire) -> Version {
    let Ok(Reply::Bulk(info)) = wire.command("INFO server") else {
        panic!("no INFO");
    };
    let info = String::from_utf8_lossy(&info).to_string();
    let field = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    match field("valkey_version:") {
        Some(number) => Version(format!("valkey {number}")),
        None => Version(format!("redis {}", field("redis_version:").unwrap_or_default())),
    }
}

fn line(command: &[Vec<u8>]) -> String {
    let words = command
        .iter()
        .map(|word| format!("{:?}", String::from_utf8_lossy(word)));
    words.collect::<Vec<_>>().join(" ")
}

/// A sequence for people.
pub(super) fn tell(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            Step::Reconnect(connection) => writeln!(text, "{connection}: (reconnects)").unwrap(),
            Step::Send(connection, commands) => {
                let lines: Vec<String> = commands.iter().map(|command| line(command)).collect();
                writeln!(text, "{connection}: {}", lines.join(" | ")).unwrap();
            }
        }
    }
    text
}
