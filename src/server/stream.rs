//! The socket to a server.

use std::{
    io,
    path::Path,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use redis::ConnectionAddr;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream},
    time::{Instant, sleep},
};
use tokio_util::either::Either;

use super::limits::Limits;

/// A socket that refuses replies beyond the [`Limits`].
pub(super) struct Stream {
    socket: Either<TcpStream, UnixStream>,
    limits: Limits,
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

impl Stream {
    pub(super) async fn connect(address: &ConnectionAddr) -> io::Result<Self> {
        let socket = match address {
            ConnectionAddr::Unix(path) => Either::Right(connect_unix(path).await?),
            ConnectionAddr::Tcp(host, port) => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                stream.set_nodelay(true)?;
                Either::Left(stream)
            }
            other => return Err(io::Error::other(format!("cannot connect to {other}"))),
        };
        Ok(Self {
            socket,
            limits: Limits::default(),
        })
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = to.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(cx, to))?;
        Poll::Ready(self.limits.read(&to.filled()[before..]))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
