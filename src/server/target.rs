//! Where a server is, and what it is.

use std::{fmt, path::Path, time::Duration};

use redis::{
    ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, RedisResult,
    aio::{ConnectionLike as _, MultiplexedConnection},
};

use super::{Link, ServerError};

/// Where a server is, with user, password and database.
#[derive(Clone, Debug)]
pub struct Target {
    info: ConnectionInfo,
}

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
            url: url.to_string(),
            reason,
        };
        let info = url.into_connection_info().map_err(|error| bad(error.to_string()))?;
        match info.addr() {
            ConnectionAddr::Tcp(..) | ConnectionAddr::Unix(..) => Ok(Self { info }),
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
        Self { info }
    }

    pub(super) fn info(&self) -> &ConnectionInfo {
        &self.info
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
        Link::connect(self).await
    }

    /// Opens a multiplexed connection, whose clones all clients share.
    ///
    /// # Errors
    /// When the server does not answer or refuses the user.
    pub async fn connect_shared(&self, timeout: Duration) -> RedisResult<MultiplexedConnection> {
        let config = redis::AsyncConnectionConfig::new().set_response_timeout(Some(timeout));
        redis::Client::open(self.info.clone())?
            .get_multiplexed_async_connection_with_config(&config)
            .await
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
        Ok(match field("valkey_version") {
            Some(version) => Version {
                kind: "valkey".to_string(),
                version,
            },
            None => Version {
                kind: "redis".to_string(),
                version: field("redis_version").unwrap_or_else(|| "of unknown version".to_string()),
            },
        })
    }
}
