//! One unshared connection, without a task behind it.
//!
//! redis-rs' own asynchronous connection is multiplexed: each request passes through a channel to a driver task and its
//! reply comes back through another, so that many callers can share one socket. A client of a stress run shares nothing
//! and has one request in flight. Talking to the socket directly takes a third of the processor time and puts
//! the recorder's stamps next to the system calls.

use std::{io, path::Path, time::Duration};

use bytes::BytesMut;
use redis::{Cmd, ConnectionAddr, Pipeline, RedisFuture, RedisResult, Value, ValueCodec, aio::ConnectionLike};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UnixStream},
    time::{Instant, sleep},
};
use tokio_util::codec::Decoder as _;

use super::Target;

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
}

enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// How long a server may take to accept the connections that wait for it.
const ACCEPT: Duration = Duration::from_secs(5);

/// A Unix socket does not make a client wait when as many wait as its server allows (511 with Redis): it refuses at once.
async fn connect_unix(path: &Path) -> io::Result<UnixStream> {
    let until = Instant::now() + ACCEPT;
    loop {
        match UnixStream::connect(path).await {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && Instant::now() < until => {
                sleep(Duration::from_millis(1)).await;
            }
            connected => return connected,
        }
    }
}

impl Link {
    pub(super) async fn connect(target: &Target) -> RedisResult<Self> {
        let settings = target.info().redis_settings();
        let stream = match target.info().addr() {
            ConnectionAddr::Unix(path) => Stream::Unix(connect_unix(path).await?),
            ConnectionAddr::Tcp(host, port) => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                stream.set_nodelay(true)?;
                Stream::Tcp(stream)
            }
            other => return Err(io::Error::other(format!("cannot connect to {other}")).into()),
        };
        let mut link = Self {
            stream,
            codec: ValueCodec::default(),
            outgoing: Vec::with_capacity(256),
            incoming: BytesMut::with_capacity(4096),
            pending: false,
            lost: None,
            db: settings.db(),
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
        let sent = match &mut self.stream {
            Stream::Tcp(stream) => stream.write_all(&self.outgoing).await,
            Stream::Unix(stream) => stream.write_all(&self.outgoing).await,
        };
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
            let read = match &mut self.stream {
                Stream::Tcp(stream) => stream.read_buf(&mut self.incoming).await?,
                Stream::Unix(stream) => stream.read_buf(&mut self.incoming).await?,
            };
            if read == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection").into());
            }
        }
    }
}

impl ConnectionLike for Link {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async move {
            self.outgoing.clear();
            cmd.write_packed_command(&mut self.outgoing);
            self.send().await?;
            let value = self.receive().await?;
            self.pending = false;
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
