//! Commands about the server and the connection.

use crate::redis_model::{
    RedisModel, Reply,
    arguments::{flush_mode, integer, is},
    command::{Access, Caller, Command, Table},
    fail::{Answer, Fail},
    session::Session,
};

pub(crate) const COMMANDS: &[Command] = &[
    Command::read("ping", -1, ping),
    Command::read("echo", 2, |_, arguments| Ok(Reply::Bulk(arguments[1].clone()))),
    Command::read("select", 2, select),
    Command::read("time", 1, |model, _| {
        let now = model.clock.ask();
        Ok(Reply::bulks(
            [now / 1_000_000, now % 1_000_000].map(|part| part.to_string()),
        ))
    }),
    // Nobody listens.
    Command::write("publish", 3, |_, _| Ok(Reply::Int(0))),
    Command::write("spublish", 3, |_, _| Ok(Reply::Int(0))),
    Command::read("dbsize", 1, |model, _| Ok(Reply::count(model.data.entries().len()))),
    Command::write("flushall", -1, flush),
    Command::write("flushdb", -1, flush),
    Command::table("command", -1, command).with(&[("info", -2), ("count", 2)]),
    Command::session("reset", 1, reset),
    Command::session("client", -2, |_, _, _| Ok(Reply::ok())).with(&[("setname", 3), ("setinfo", 4)]),
];

fn ping(_: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    match &arguments[1..] {
        [] => Ok(Reply::Status("PONG".to_string())),
        [text] => Ok(Reply::Bulk(text.clone())),
        _ => Err(Fail::arity("ping")),
    }
}

/// There is one database.
fn select(_: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    match integer(&arguments[1]) {
        Ok(0) => Ok(Reply::ok()),
        Ok(1..=15) => Err(Fail::unmodelled("has database 0 only")),
        Ok(_) => Err(Fail::text("ERR DB index is out of range")),
        Err(error) => Err(error),
    }
}

/// Who watches a key that was there notices; who watches one that was not does not.
fn flush(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    flush_mode(&arguments[1..], Fail::SYNTAX)?;
    for key in model.keys() {
        model.touch(&key);
    }
    model.data.clear();
    Ok(Reply::ok())
}

/// `COMMAND INFO`: which commands there are, for programs that ask first. Of each the name, the number of arguments
/// and whether it writes; a server tells more.
fn command(table: &Table, arguments: &[Vec<u8>]) -> Answer {
    let Some(subcommand) = arguments.get(1) else {
        return Err(Fail::unmodelled("lists commands by name only: COMMAND INFO"));
    };
    if is(subcommand, "COUNT") {
        return Ok(Reply::count(table.len()));
    }
    let known = arguments[2..].iter().map(|name| match table.find(name) {
        None => Reply::Nil,
        Some(command) => {
            let flag = if command.access == Access::Read {
                "readonly"
            } else {
                "write"
            };
            Reply::Array(vec![
                Reply::Bulk(command.name.as_bytes().to_vec()),
                Reply::Int(command.arity),
                Reply::Array(vec![Reply::Status(flag.to_string())]),
            ])
        }
    });
    Ok(Reply::Array(known.collect()))
}

fn reset(model: &mut RedisModel, Caller { connection, .. }: Caller, _: &[Vec<u8>]) -> Answer {
    model.sessions[connection] = Session::default();
    Ok(Reply::Status("RESET".to_string()))
}
