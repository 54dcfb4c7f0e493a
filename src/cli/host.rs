//! The server of a command: ours or somebody else's.

use std::time::Duration;

use super::exit::Failure;
use crate::{
    server::{Server, Source, Target, Version},
    stress::Progress,
};

/// A server that has said what it is.
pub(super) struct Host {
    pub(super) target: Target,
    /// How its binary was found, when it is ours.
    pub(super) source: Option<Source>,
    pub(super) version: Version,
    /// Ours; dropped last.
    server: Option<Server>,
}

impl Host {
    /// The one at `url`, or else a private one. It may take so long to answer, unless there is a stop before.
    pub(super) async fn open(url: Option<&str>, timeout: Duration, progress: &Progress) -> Result<Self, Failure> {
        let (target, server) = match url {
            Some(url) => (Target::from_url(url)?, None),
            None => {
                let server = Server::start()?;
                (server.target().clone(), Some(server))
            }
        };
        let target = target.within(timeout);
        let Some(version) = progress.unless_stopped(target.version()).await else {
            let url = target.url();
            return Err(Failure::no_server(format!(
                "the server at {url} had not answered until the stop"
            )));
        };
        Ok(Self {
            version: version?,
            target,
            source: server.as_ref().map(|server| server.binary().source),
            server,
        })
    }

    pub(super) const fn is_ours(&self) -> bool {
        self.server.is_some()
    }
}
