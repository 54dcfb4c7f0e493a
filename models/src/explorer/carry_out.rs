//! Requests, carried out on the model of Redis.

use std::sync::LazyLock;

use super::{
    Misuse,
    learn::{Arguments, Request},
};
use crate::redis_model::{RedisModel, Reply};

static MULTI: LazyLock<Arguments> = LazyLock::new(|| vec![b"MULTI".to_vec()]);
static EXEC: LazyLock<Arguments> = LazyLock::new(|| vec![b"EXEC".to_vec()]);

/// Carries a request out on the model.
pub(super) fn carry_out(server: &mut RedisModel, connection: usize, request: &Request) -> Result<Reply, Misuse> {
    match request {
        Request::Command(command) => known(server.execute(connection, command)),
        Request::Transaction(commands) => {
            let mut refused = None;
            for command in std::iter::once(&*MULTI).chain(commands) {
                let reply = known(server.execute(connection, command))?;
                if reply.is_error() {
                    refused.get_or_insert(reply);
                }
            }
            let reply = known(server.execute(connection, &EXEC))?;
            // The command that was refused says more than the EXECABORT that follows from it.
            Ok(refused.filter(|_| reply.is_error()).unwrap_or(reply))
        }
    }
}

/// How the model says that it cannot do what a server can, wherever in a reply that is: in a transaction, in a script.
const LIMIT: &str = "the model of Redis";

fn known(reply: Reply) -> Result<Reply, Misuse> {
    fn limit(reply: &Reply) -> Option<&str> {
        match reply {
            Reply::Error(text) if text.contains(LIMIT) => Some(text),
            Reply::Array(replies) => replies.iter().find_map(limit),
            _ => None,
        }
    }
    match limit(&reply) {
        Some(text) => Err(Misuse::Unsupported(text.to_string())),
        None => Ok(reply),
    }
}
