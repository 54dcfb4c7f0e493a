//! A connection that a function can own.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
};

use futures_channel::{
    mpsc::{self, TryRecvError},
    oneshot,
};
use redis::{Cmd, ErrorKind, Pipeline, RedisError, RedisFuture, RedisResult, Value, aio::ConnectionLike};

use crate::strategy::{Connection, Context};

/// One buyer's connection, owned and cheap to clone: what a closure over a connection gets.
///
/// It is a [`ConnectionLike`], with all of [`AsyncCommands`](redis::AsyncCommands). What else a purchase may need of the
/// world is here, too. Nothing else may be used in code that is explored: see `docs/proving.md`.
#[derive(Clone, Debug)]
pub struct OwnConnection {
    asks: mpsc::UnboundedSender<Ask>,
    key: Arc<str>,
}

/// What the function asks of the connection that is lent to it, and where the answer is waited for.
#[derive(Debug)]
enum Ask {
    Command(Cmd, oneshot::Sender<RedisResult<Value>>),
    Pipeline(Pipeline, usize, usize, oneshot::Sender<RedisResult<Vec<Value>>>),
    Unique(oneshot::Sender<String>),
    Retry(oneshot::Sender<()>),
    Stall(oneshot::Sender<()>),
}

impl OwnConnection {
    /// The key of the stock: `stock` unless the builder was given another one.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// As [`Context::unique`]: a name no other call returns, in any client. Empty when the purchase is over.
    pub async fn unique(&self) -> String {
        self.ask(Ask::Unique).await.unwrap_or_default()
    }

    /// As [`Context::retry`]: to be awaited when an attempt was in vain and the purchase starts again from nothing.
    pub async fn retry(&self) {
        let _ = self.ask(Ask::Retry).await;
    }

    /// As [`Context::stall`]: a point at which a real client may stall for longer than it thinks.
    pub async fn stall(&self) {
        let _ = self.ask(Ask::Stall).await;
    }

    async fn ask<T>(&self, ask: impl FnOnce(oneshot::Sender<T>) -> Ask) -> RedisResult<T> {
        let (answer, heard) = oneshot::channel();
        let over = || RedisError::from((ErrorKind::Io, "the purchase that this connection was for is over"));
        self.asks.unbounded_send(ask(answer)).map_err(|_| over())?;
        heard.await.map_err(|_| over())
    }
}

impl ConnectionLike for OwnConnection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async move { self.ask(|answer| Ask::Command(cmd.clone(), answer)).await? })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(async move {
            self.ask(|answer| Ask::Pipeline(pipeline.clone(), offset, count, answer))
                .await?
        })
    }

    fn get_db(&self) -> i64 {
        0
    }
}

/// Runs `function` with a connection of its own, and carries out on `con` what it asks of that.
///
/// The function goes on being polled while a request is under way, so that its own timeouts work. A request whose asker
/// has gone is carried out to its end: that is how a multiplexed connection does it, and no reply is mistaken for another.
///
/// # Panics
/// When a clone of the connection is still there after the function has ended: whatever has it, perhaps a task that gives
/// a unit back, would not be heard any more, and nothing that it does would be part of the purchase.
pub(super) async fn lend<C: Connection, F: Future>(
    con: &mut C,
    cx: &Context<'_>,
    function: impl FnOnce(OwnConnection) -> F,
) -> F::Output {
    let (asks, mut asked) = mpsc::unbounded();
    let key = cx.key().into();
    let output = serve(con, cx, function(OwnConnection { asks, key }), &mut asked).await;
    assert!(
        matches!(asked.try_recv(), Err(TryRecvError::Closed)),
        "the connection outlives the purchase that it was made for: a task that was spawned, or something static, has a \
         clone of it, and would ask when nobody listens any more"
    );
    output
}

/// Until the function ends; it is gone then.
async fn serve<C: Connection, F: Future>(
    con: &mut C,
    cx: &Context<'_>,
    function: F,
    asked: &mut mpsc::UnboundedReceiver<Ask>,
) -> F::Output {
    let mut running = pin!(function);
    loop {
        let next = {
            let mut next = asked.recv();
            poll_fn(|task| {
                if let Poll::Ready(output) = running.as_mut().poll(task) {
                    return Poll::Ready(Err(output));
                }
                match pin!(&mut next).poll(task) {
                    Poll::Ready(Ok(ask)) => Poll::Ready(Ok(ask)),
                    // Without a connection left, nothing but the function itself can go on.
                    Poll::Ready(Err(_)) | Poll::Pending => Poll::Pending,
                }
            })
            .await
        };
        let ask = match next {
            Ok(ask) => ask,
            Err(output) => return output,
        };
        let mut carried = pin!(carry_out(con, cx, ask));
        let over = poll_fn(|task| {
            if carried.as_mut().poll(task).is_ready() {
                return Poll::Ready(None);
            }
            running.as_mut().poll(task).map(Some)
        });
        if let Some(output) = over.await {
            return output;
        }
    }
}

async fn carry_out<C: Connection>(con: &mut C, cx: &Context<'_>, ask: Ask) {
    // Nobody listens where the asker has gone.
    match ask {
        Ask::Command(cmd, answer) => drop(answer.send(con.req_packed_command(&cmd).await)),
        Ask::Pipeline(pipeline, offset, count, answer) => {
            drop(answer.send(con.req_packed_commands(&pipeline, offset, count).await));
        }
        Ask::Unique(answer) => drop(answer.send(cx.unique())),
        Ask::Retry(answer) => {
            cx.retry().await;
            let _ = answer.send(());
        }
        Ask::Stall(answer) => {
            cx.stall().await;
            let _ = answer.send(());
        }
    }
}
