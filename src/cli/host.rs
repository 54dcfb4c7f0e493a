//! The server of a command: ours or somebody else's.

use std::time::Duration;

use tokio::runtime::Builder;

use super::{exit::Failure, interrupt::Interrupt};
use crate::server::{Server, Source, Target, Version};

/// Does what is done with a server.
pub(super) fn block_on<T>(what: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::cannot_start(&error))?;
    let exit = runtime.block_on(what);
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    exit
}

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
    /// The one at `url`, or else a private one. It may take so long to answer. A signal ends the program meanwhile.
    pub(super) async fn open(url: Option<&str>, timeout: Duration) -> Result<Self, Failure> {
        let _ends = Interrupt::ends()?;
        let (target, server) = match url {
            Some(url) => (Target::from_url(url)?, None),
            None => {
                let server = Server::start()?;
                (server.target().clone(), Some(server))
            }
        };
        let target = target.within(timeout);
        Ok(Self {
            version: target.version().await?,
            target,
            source: server.as_ref().map(|server| server.binary().source),
            server,
        })
    }

    pub(super) const fn is_ours(&self) -> bool {
        self.server.is_some()
    }
}
