//! Where a server is, and what it is.

use std::{fmt, path::Path, time::Duration};

use redis::{
    ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo as _, RedisError, RedisResult,
    aio::{ConnectionLike as _, MultiplexedConnection},
};

use super::{Link, ServerError, link::within, stream::Stream};

/// Where a server is, with user, password and database.
#[derive(Clone, Debug)]
pub struct Target {
    info: ConnectionInfo,
    patience: Duration,
}

/// How long the answer to a request may take, unless something else is said.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long it may take at least: what is not measured must not fail because what is measured has to be fast.
const LEAST: Duration = Duration::from_secs(1);

/// What a server says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// `redis` or `valkey`.
    pub kind: String,
    /// As in `INFO`: `7.0.15`.
    pub version: String,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.version)
    }
}

impl Target {
    /// Reads `redis://…` or `redis+unix://…`.
    ///
    /// # Errors
    /// When it is no such URL, or asks for TLS, which is not supported.
    pub fn from_url(url: &str) -> Result<Self, ServerError> {
        let bad = |reason: String| ServerError::BadUrl {
            url: without_password(url),
            reason,
        };
        let info = url.into_connection_info().map_err(|error| bad(error.to_string()))?;
        match info.addr() {
            ConnectionAddr::Tcp(..) | ConnectionAddr::Unix(..) => Ok(Self {
                info,
                patience: PATIENCE,
            }),
            _ => Err(bad("TLS is not supported, use a tunnel".to_string())),
        }
    }

    /// A server on a Unix socket.
    pub(super) fn from_socket(socket: &Path) -> Self {
        let info = redis::RedisConnectionInfo::default();
        let addr = ConnectionAddr::Unix(socket.to_path_buf());
        let info = addr
            .into_connection_info()
            .expect("an address that is one already is not parsed")
            .set_redis_settings(info);
        Self {
            info,
            patience: PATIENCE,
        }
    }

    /// The same server, which may take so long (and a second, if that is more) to accept a connection and to answer a request. 5
    /// seconds by default.
    #[must_use]
    pub fn within(mut self, patience: Duration) -> Self {
        self.patience = patience.max(LEAST);
        self
    }

    /// The address as a URL that redis clients understand. Without the password.
    #[must_use]
    pub fn url(&self) -> String {
        let db = self.info.redis_settings().db();
        match self.info.addr() {
            ConnectionAddr::Unix(path) => format!("redis+unix://{}?db={db}", path.display()),
            other => format!("redis://{other}/{db}"),
        }
    }

    /// Opens an unshared connection: one request at a time, no task behind it.
    ///
    /// # Errors
    /// When the server does not answer or refuses the user.
    pub async fn connect(&self) -> RedisResult<Link> {
        let link = Link::connect(&self.info, self.patience).await;
        link.map_err(|error| self.hide_password(error))
    }

    /// Opens a multiplexed connection, whose clones all clients share.
    ///
    /// # Errors
    /// When the server does not answer or refuses the user.
    pub async fn connect_shared(&self, timeout: Duration) -> RedisResult<MultiplexedConnection> {
        let config = redis::AsyncConnectionConfig::new().set_response_timeout(Some(timeout));
        let connect = async {
            let stream = Stream::connect(self.info.addr()).await?;
            MultiplexedConnection::new_with_config(self.info.redis_settings(), stream, config).await
        };
        let connected = within(Some(self.patience), connect).await;
        let (connection, driver) = connected.map_err(|error| self.hide_password(error))?;
        tokio::spawn(driver);
        Ok(connection)
    }

    /// Some servers repeat what they do not understand.
    fn hide_password(&self, error: RedisError) -> RedisError {
        let text = error.to_string();
        match self.info.redis_settings().password() {
            Some(password) if !password.is_empty() && text.contains(password) => {
                let hidden = text.replace(password, "…");
                RedisError::from((ErrorKind::AuthenticationFailed, "the password was refused", hidden))
            }
            _ => error,
        }
    }

    /// Asks the server what it is.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn version(&self) -> Result<Version, ServerError> {
        let unreachable = |reason: String| ServerError::Unreachable {
            address: self.url(),
            reason,
        };
        let mut link = self.connect().await.map_err(|error| unreachable(error.to_string()))?;
        let reply = link
            .req_packed_command(redis::cmd("INFO").arg("server"))
            .await
            .map_err(|error| unreachable(error.to_string()))?;
        let text: String = redis::from_redis_value(reply).map_err(|error| unreachable(error.to_string()))?;
        let field = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                .map(|value| value.trim().to_string())
        };
        let kinds = [("valkey", "valkey_version"), ("redis", "redis_version")];
        let mut known = kinds.iter().filter_map(|(kind, name)| {
            let kind = (*kind).to_string();
            field(name).map(|version| Version { kind, version })
        });
        known.next().ok_or_else(|| {
            let start: String = text.chars().take(60).collect();
            unreachable(format!("`INFO server` says `{start}`, and no `redis_version`"))
        })
    }
}

/// An address that could not be read, to be shown: the password may stand in another place than it should.
fn without_password(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (before, server) = match rest.rsplit_once('@') {
        Some((_, server)) => ("…@", server),
        None => ("", rest),
    };
    let server = server.split(['?', '#']).next().unwrap_or_default();
    // What stands where a port should is one, or nobody knows what.
    let server = match server.split_once(':') {
        Some((host, port))
            if !port
                .split('/')
                .next()
                .is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit())) =>
        {
            format!("{host}:…")
        }
        _ => server.to_string(),
    };
    let scheme = match scheme {
        "" => String::new(),
        scheme => format!("{scheme}://"),
    };
    format!("{scheme}{before}{server}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_refused_is_shown_without_its_password() {
        for (url, shown) in [
            ("rediss://me:secret@shop:6379/1", "rediss://…@shop:6379/1"),
            ("redis://me:secret@shop:port", "redis://…@shop:…"),
            ("redis://me:sec@ret@shop:1x", "redis://…@shop:…"),
            ("redis://:secret", "redis://:…"),
            ("redis://me:secret/0", "redis://me:…"),
            ("redis+unix:///run/redis?pass=secret&db=x", "redis+unix:///run/redis"),
            ("me:secret@shop", "…@shop"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(without_password(url), shown);
            assert!(!format!("{:?}", Target::from_url(url)).contains("secret"), "{url}");
        }
    }
}
