//! `WATCH`, `MULTI`, `EXEC` and what goes with them.

use crate::redis_model::{
    RedisModel, Reply,
    command::{Caller, Command},
    fail::{Answer, Fail},
    session::{Transaction, Watch},
};

pub(crate) const COMMANDS: &[Command] = &[
    Command::session("multi", 1, multi),
    Command::session("exec", 1, exec),
    Command::session("discard", 1, discard),
    Command::session("watch", -2, watch),
    Command::session("unwatch", 1, unwatch),
];

fn multi(model: &mut RedisModel, Caller { connection, .. }: Caller, _: &[Vec<u8>]) -> Answer {
    let session = &mut model.sessions[connection];
    if session.transaction.is_some() {
        return Err(Fail::text("ERR MULTI calls can not be nested"));
    }
    session.transaction = Some(Box::default());
    Ok(Reply::ok())
}

fn discard(model: &mut RedisModel, Caller { connection, .. }: Caller, _: &[Vec<u8>]) -> Answer {
    let session = &mut model.sessions[connection];
    if session.transaction.take().is_none() {
        return Err(Fail::text("ERR DISCARD without MULTI"));
    }
    session.watch = Watch::Nothing;
    Ok(Reply::ok())
}

fn watch(model: &mut RedisModel, Caller { connection, .. }: Caller, arguments: &[Vec<u8>]) -> Answer {
    let session = &mut model.sessions[connection];
    if session.transaction.is_some() {
        return Err(Fail::text("ERR WATCH inside MULTI is not allowed"));
    }
    for key in &arguments[1..] {
        session.watch.add(key);
    }
    Ok(Reply::ok())
}

fn unwatch(model: &mut RedisModel, Caller { connection, .. }: Caller, _: &[Vec<u8>]) -> Answer {
    model.sessions[connection].watch = Watch::Nothing;
    Ok(Reply::ok())
}

fn exec(model: &mut RedisModel, caller: Caller, _: &[Vec<u8>]) -> Answer {
    let session = &mut model.sessions[caller.connection];
    let Some(transaction) = session.transaction.take() else {
        return Err(Fail::text("ERR EXEC without MULTI"));
    };
    let Transaction { queue, refused } = *transaction;
    // Taken before the commands run: what they change does not count.
    let watch = std::mem::take(&mut session.watch);
    if refused {
        return Err(Fail::text(
            "EXECABORT Transaction discarded because of previous errors.",
        ));
    }
    if watch == Watch::Changed {
        return Ok(Reply::Nil);
    }
    let mut run = |arguments: &[Vec<u8>]| caller.table.look_up(arguments)?.run(model, caller.hurried(), arguments);
    // All of them run, as on a server, also behind one that the model lacks.
    let replies: Vec<_> = queue
        .iter()
        .map(|arguments| run(arguments).or_else(Fail::reply))
        .collect();
    Ok(Reply::Array(replies.into_iter().collect::<Result<_, _>>()?))
}
