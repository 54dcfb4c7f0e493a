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
        Request::Command(command) => Ok(server.execute(connection, command)?),
        Request::Transaction(commands) => {
            let mut refused = None;
            for command in std::iter::once(&*MULTI).chain(commands) {
                let reply = server.execute(connection, command)?;
                if reply.is_error() {
                    refused.get_or_insert(reply);
                }
            }
            let reply = server.execute(connection, &EXEC)?;
            // The command that was refused says more than the EXECABORT that follows from it.
            Ok(refused.filter(|_| reply.is_error()).unwrap_or(reply))
        }
    }
}
