//! A connection that sends nothing until it may.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
};

use oversell_models::{
    explorer::{Request, arguments, lost},
    redis_model::Reply,
};
use redis::{Cmd, Pipeline, RedisFuture, RedisResult, Value, aio::ConnectionLike};
use tokio::sync::Mutex as AsyncMutex;

use crate::server::Link;

/// What becomes of the request at the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Permit {
    /// It is sent, and its reply comes back.
    Pass,
    /// It is sent, and its reply is lost.
    LoseReply,
    /// It is sent, and its client never hears of anything again.
    Last,
}

/// What stands at a client's gate. Only the coordinator and its client look at it, one after the other.
#[derive(Debug, Default)]
pub(super) struct Gate {
    pub(super) waits: Option<Request>,
    permit: Option<Permit>,
    /// The request that passed last, with what the server said.
    pub(super) passed: Option<(Request, Reply)>,
}

pub(super) type SharedGate = Arc<Mutex<Gate>>;
pub(super) type SharedLink = Arc<AsyncMutex<Link>>;

pub(super) fn look(gate: &SharedGate) -> MutexGuard<'_, Gate> {
    gate.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gate {
    pub(super) fn open(&mut self, permit: Permit) {
        self.permit = Some(permit);
        self.waits = None;
        self.passed = None;
    }
}

/// One client's connection.
pub(super) struct Gated {
    gate: SharedGate,
    link: SharedLink,
}

impl Gated {
    pub(super) fn new(gate: &SharedGate, link: &SharedLink) -> Self {
        Self {
            gate: Arc::clone(gate),
            link: Arc::clone(link),
        }
    }

    /// Waits for the permit. The coordinator polls again when it gives one, so nobody needs to be woken.
    async fn enter(&self, request: &Request) -> Permit {
        poll_fn(|_| {
            let mut gate = look(&self.gate);
            match gate.permit.take() {
                Some(permit) => Poll::Ready(permit),
                None => {
                    gate.waits = Some(request.clone());
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// Sends what has passed the gate; an error of the server is a value.
    async fn send(&self, request: Request, pipeline: &Pipeline, offset: usize) -> RedisResult<Value> {
        let permit = self.enter(&request).await;
        let result = self.link.lock().await.req_packed_commands(pipeline, offset, 1).await;
        let value = match result {
            Ok(mut values) => values.pop().unwrap_or(Value::Nil),
            Err(error) => {
                look(&self.gate).passed = Some((request, Reply::Error(error.to_string())));
                return Err(error);
            }
        };
        look(&self.gate).passed = Some((request, reply(&value)));
        match permit {
            Permit::Pass => Ok(value),
            Permit::LoseReply => Err(lost()),
            Permit::Last => std::future::pending().await,
        }
    }
}

impl ConnectionLike for Gated {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async move {
            let mut pipeline = redis::pipe();
            pipeline.add_command(long_lease(cmd));
            let value = self.send(Request::Command(arguments(cmd)), &pipeline, 0).await?;
            value.extract_error()
        })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(async move {
            if pipeline.is_transaction() {
                let request = Request::Transaction(pipeline.cmd_iter().map(arguments).collect());
                return Ok(vec![self.send(request, pipeline, offset).await?]);
            }
            // Others may come between any two commands of a plain pipeline: each passes the gate by itself.
            let mut values = Vec::with_capacity(count);
            for cmd in pipeline.cmd_iter() {
                let mut one = redis::pipe();
                one.add_command(long_lease(cmd));
                values.push(self.send(Request::Command(arguments(cmd)), &one, 0).await?);
            }
            Ok(values)
        })
    }

    fn get_db(&self) -> i64 {
        0
    }
}

/// In a schedule, time passes when the schedule says so: leases are made an hour long.
fn long_lease(cmd: &Cmd) -> Cmd {
    let mut parts = arguments(cmd);
    let is = |part: &[u8], word: &str| part.eq_ignore_ascii_case(word.as_bytes());
    let name = parts.first().cloned().unwrap_or_default();
    let hour = |milliseconds: bool| {
        if milliseconds {
            b"3600000".to_vec()
        } else {
            b"3600".to_vec()
        }
    };
    if is(&name, "SET") || is(&name, "GETEX") {
        for place in 2..parts.len().saturating_sub(1) {
            if is(&parts[place], "PX") || is(&parts[place], "EX") {
                parts[place + 1] = hour(is(&parts[place], "PX"));
            }
        }
    } else if ["EXPIRE", "PEXPIRE", "SETEX", "PSETEX"]
        .iter()
        .any(|word| is(&name, word))
        && parts.len() > 2
    {
        parts[2] = hour(name.first().is_some_and(|first| first.eq_ignore_ascii_case(&b'P')));
    } else {
        return cmd.clone();
    }
    let mut long = Cmd::new();
    for part in parts {
        long.arg(part);
    }
    long
}

/// What the server said, in the words of the model.
pub(super) fn reply(value: &Value) -> Reply {
    match value {
        Value::Nil => Reply::Nil,
        Value::Int(number) => Reply::Int(*number),
        Value::BulkString(bytes) => Reply::Bulk(bytes.clone()),
        Value::Okay => Reply::ok(),
        Value::SimpleString(text) => Reply::Status(text.clone()),
        Value::Array(values) => Reply::Array(values.iter().map(reply).collect()),
        Value::ServerError(error) => Reply::Error(match error.details() {
            Some(details) => format!("{} {details}", error.code()),
            None => error.code().to_string(),
        }),
        other => Reply::Status(format!("{other:?}")),
    }
}
