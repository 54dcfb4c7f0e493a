//! A client alone on the model of Redis: every request is carried out at once.

use redis::{Cmd, ErrorKind, Pipeline, RedisError, RedisFuture, RedisResult, Value, aio::ConnectionLike};

use super::{
    Misuse,
    carry_out::carry_out,
    learn::{Request, arguments},
};
use crate::redis_model::RedisModel;

/// A connection to a model of Redis that nobody else is connected to, and whose clock goes on by a microsecond with each
/// `TIME`. Its futures are always ready.
#[derive(Debug)]
pub struct Alone {
    server: RedisModel,
    lacking: Option<Misuse>,
}

impl Alone {
    /// To an empty server.
    #[must_use]
    pub fn new() -> Self {
        Self {
            server: RedisModel::new(1).ticking(),
            lacking: None,
        }
    }

    /// What was asked for that the model cannot do, where that was so: every error since then is about that.
    #[must_use]
    pub const fn lacking(&self) -> Option<&Misuse> {
        self.lacking.as_ref()
    }

    fn carry_out(&mut self, request: &Request) -> RedisResult<Value> {
        let reply = carry_out(&mut self.server, 0, request).map_err(|misuse| {
            let error = RedisError::from((ErrorKind::Client, "the model of Redis", misuse.to_string()));
            self.lacking.get_or_insert(misuse);
            error
        })?;
        Value::from(reply).extract_error()
    }
}

impl Default for Alone {
    fn default() -> Self {
        Self::new()
    }
}

impl ConnectionLike for Alone {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        let reply = self.carry_out(&Request::Command(arguments(cmd)));
        Box::pin(std::future::ready(reply))
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        _offset: usize,
        _count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        let commands = pipeline.cmd_iter().map(arguments);
        let replies = if pipeline.is_transaction() {
            self.carry_out(&Request::Transaction(commands.collect()))
                .map(|reply| vec![reply])
        } else {
            commands
                .map(Request::Command)
                .map(|request| self.carry_out(&request))
                .collect()
        };
        Box::pin(std::future::ready(replies))
    }

    fn get_db(&self) -> i64 {
        0
    }
}
