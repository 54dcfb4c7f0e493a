//! One unshared connection, without a task behind it.
//!
//! redis-rs' own asynchronous connection is multiplexed: each request passes through a channel to a driver task and its
//! reply comes back through another, so that many callers can share one socket. A client of a stress run shares nothing
//! and has one request in flight. Talking to the socket directly takes a third of the processor time and puts
//! the recorder's stamps next to the system calls.

use std::{io, time::Duration};

use bytes::BytesMut;
use redis::{
    Cmd, ConnectionInfo, Pipeline, RedisFuture, RedisResult, ServerError, Value, ValueCodec, aio::ConnectionLike,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};
use tokio_util::codec::Decoder as _;

use super::stream::Stream;

/// An unshared connection to a server.
///
/// A request that is dropped before its reply has come leaves the connection unusable: the reply would be taken for the
/// next one's. Every later request then fails, and a new connection is needed.
pub struct Link {
    stream: Stream,
    codec: ValueCodec,
    /// What is to be sent, kept for its allocation.
    outgoing: Vec<u8>,
    incoming: BytesMut,
    /// A request was sent whose reply has not been read.
    pending: bool,
    /// Why it is of no more use, in the system's words.
    lost: Option<String>,
    db: i64,
    /// How long the answer to a request may take. `None`: for ever.
    patience: Option<Duration>,
}

/// What this comes to, unless it takes longer than `patience`.
pub(super) async fn within<T>(
    patience: Option<Duration>,
    what: impl Future<Output = RedisResult<T>>,
) -> RedisResult<T> {
    let Some(patience) = patience else { return what.await };
    timeout(patience, what).await.unwrap_or_else(|_| {
        let why = format!("no answer within {} s", patience.as_secs_f64());
        Err(io::Error::new(io::ErrorKind::TimedOut, why).into())
    })
}

impl Link {
    /// Connects, and waits so long for that and for the answer to each request.
    pub(super) async fn connect(server: &ConnectionInfo, patience: Duration) -> RedisResult<Self> {
        let patience = Some(patience);
        within(patience, Self::open(server, patience)).await
    }

    async fn open(server: &ConnectionInfo, patience: Option<Duration>) -> RedisResult<Self> {
        let settings = server.redis_settings();
        let mut link = Self {
            stream: Stream::connect(server.addr()).await?,
            codec: ValueCodec::default(),
            outgoing: Vec::with_capacity(256),
            incoming: BytesMut::with_capacity(4096),
            pending: false,
            lost: None,
            db: settings.db(),
            patience,
        };
        if let Some(password) = settings.password() {
            let mut auth = redis::cmd("AUTH");
            if let Some(user) = settings.username() {
                auth.arg(user);
            }
            link.req_packed_command(auth.arg(password)).await?;
        }
        if link.db != 0 {
            let db = link.db;
            link.req_packed_command(redis::cmd("SELECT").arg(db)).await?;
        }
        Ok(link)
    }

    /// The same connection, on which an answer may take as long as it takes: somebody else looks at the time.
    #[must_use]
    pub fn untimed(mut self) -> Self {
        self.patience = None;
        self
    }

    /// Sends what is in `outgoing`.
    async fn send(&mut self) -> RedisResult<()> {
        if self.pending {
            let why = match &self.lost {
                Some(why) => format!("the connection was lost before: {why}"),
                None => "an earlier request on this connection was abandoned before its reply".to_string(),
            };
            return Err(io::Error::new(io::ErrorKind::NotConnected, why).into());
        }
        self.pending = true;
        let sent = self.stream.write_all(&self.outgoing).await;
        self.lost = sent.as_ref().err().map(ToString::to_string);
        Ok(sent?)
    }

    /// Reads one reply; an error reply is a value here.
    async fn receive(&mut self) -> RedisResult<Value> {
        let received = self.read_reply().await;
        self.lost = received.as_ref().err().map(ToString::to_string);
        received
    }

    async fn read_reply(&mut self) -> RedisResult<Value> {
        loop {
            if !self.incoming.is_empty()
                && let Some(value) = self.codec.decode(&mut self.incoming)?
            {
                return Ok(value);
            }
            if self.stream.read_buf(&mut self.incoming).await? == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection").into());
            }
        }
    }
}

impl Link {
    async fn command(&mut self) -> RedisResult<Value> {
        self.send().await?;
        let value = self.receive().await?;
        self.pending = false;
        Ok(value)
    }

    /// Which command of a transaction was refused first, and what the others came to.
    async fn commands(&mut self, offset: usize, count: usize) -> RedisResult<(Option<ServerError>, Vec<Value>)> {
        self.send().await?;
        let mut refused = None;
        for _ in 0..offset {
            // In a transaction: `OK` for MULTI, then `QUEUED` or why not.
            if let Value::ServerError(error) = self.receive().await? {
                refused.get_or_insert(error);
            }
        }
        let mut values = Vec::with_capacity(count);
        for _ in 0..count {
            values.push(self.receive().await?);
        }
        self.pending = false;
        Ok((refused, values))
    }
}

impl ConnectionLike for Link {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async move {
            self.outgoing.clear();
            cmd.write_packed_command(&mut self.outgoing);
            let value = within(self.patience, self.command()).await?;
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
            self.outgoing = pipeline.get_packed_pipeline();
            let (refused, values) = within(self.patience, self.commands(offset, count)).await?;
            match (refused, values.first()) {
                // The command that was refused says more than the EXECABORT that follows from it.
                (Some(error), Some(Value::ServerError(_))) => Err(error.into()),
                (None, Some(Value::ServerError(error))) if pipeline.is_transaction() => Err(error.clone().into()),
                _ => Ok(values),
            }
        })
    }

    fn get_db(&self) -> i64 {
        self.db
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link")
            .field("pending", &self.pending)
            .finish_non_exhaustive()
    }
}
