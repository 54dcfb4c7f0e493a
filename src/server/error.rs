//! Why there is no usable server.

use std::{io, path::PathBuf};

use thiserror::Error;

/// Why there is no usable server. Every message ends with what to do.
#[derive(Debug, Error)]
pub enum ServerError {
    /// Nothing on this machine, and nothing could be fetched.
    #[error(
        "no Redis-compatible server was found, and none could be fetched.\n\
         \n  looked for: $OVERSELL_REDIS_URL, $OVERSELL_REDIS_SERVER, `redis-server` and `valkey-server` on PATH\
         \n  then tried: {fetch}\n\
         \ninstall one:\
         \n  Debian, Ubuntu   sudo apt-get install redis-server\
         \n  macOS            brew install valkey\
         \n  Fedora           sudo dnf install valkey\
         \nor name a running one with --redis redis://HOST:PORT"
    )]
    NotFound {
        /// Why nothing was fetched.
        fetch: String,
    },
    /// `OVERSELL_REDIS_SERVER` names something that is not there.
    #[error("OVERSELL_REDIS_SERVER is {}, which is not an executable file; unset it or name a redis-server or valkey-server binary", .0.display())]
    NotExecutable(PathBuf),
    /// The binary ran, but no server came up.
    #[error("{} was started but did not come up: {reason}{}", .binary.display(), log_lines(.log))]
    NotUp {
        /// What was started.
        binary: PathBuf,
        /// What was seen instead of a server.
        reason: String,
        /// The last lines of its log.
        log: String,
    },
    /// `--redis URL` is no URL of a server.
    #[error(
        "`{url}` is not the address of a Redis server: {reason}; expected redis://[USER:PASSWORD@]HOST[:PORT][/DB] or redis+unix:///PATH"
    )]
    BadUrl {
        /// What was given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The server does not answer.
    #[error("the server at {address} does not answer: {reason}; is it running, and is the address right?{}", out_of_files(.reason))]
    Unreachable {
        /// Where.
        address: String,
        /// In the words of the client.
        reason: String,
    },
    /// The operating system refused something.
    #[error("failed to {what}: {source}{}", out_of_files(&.source.to_string()))]
    Io {
        /// What was tried.
        what: &'static str,
        /// In the system's words.
        source: io::Error,
    },
}

impl ServerError {
    /// For `map_err`: what was tried when the system refused.
    pub(crate) fn io(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, source }
    }
}

/// What to do when the system says that this process has too many files open. Each client is one.
pub(crate) fn out_of_files(reason: &str) -> &'static str {
    if reason.contains("Too many open files") {
        "; use fewer clients, or allow more files: `ulimit -n 65536`"
    } else {
        ""
    }
}

/// Says that a server was lost, or did not say that they are gone, before keys that begin with this were removed.
pub(crate) fn left_behind(key: &str) -> String {
    format!("keys that begin with `{key}` may still be on the server")
}

fn log_lines(log: &str) -> String {
    if log.is_empty() {
        String::new()
    } else {
        format!("\nits last words were:\n{log}")
    }
}
