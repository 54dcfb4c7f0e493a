//! Ctrl-C: the first stops the clients and keeps what was recorded, the second ends the program at once.

use std::{io, sync::Arc};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    task::AbortHandle,
};

use super::{exit::print_warning, progress::aside};
use crate::stress::Progress;

/// The interrupt and termination signals of this process.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// From now on they do not end the program by themselves. Needs a runtime.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Does this at the first, and ends the program at the second: with 128 and its number, as a shell says it.
    pub(super) async fn heed(mut self, first: impl FnOnce()) {
        self.next().await;
        first();
        let second = self.next().await;
        // The private server goes with us: its watchdog sees our end of the pipe close.
        std::process::exit(128 + second.as_raw_value());
    }

    async fn next(&mut self) -> SignalKind {
        tokio::select! {
            _ = self.interrupt.recv() => SignalKind::interrupt(),
            _ = self.terminate.recv() => SignalKind::terminate(),
        }
    }
}

/// Listens while it lives.
pub(super) struct Interrupt(AbortHandle);

impl Interrupt {
    /// Stops `progress` on the first interrupt or termination signal. Needs a runtime.
    pub(super) fn stops(progress: &Arc<Progress>) -> io::Result<Self> {
        let signals = Signals::listen()?;
        let progress = Arc::clone(progress);
        let task = tokio::spawn(signals.heed(move || {
            aside(|| print_warning(&"stopping; what was recorded is kept and checked (once more to quit at once)"));
            progress.stop();
        }));
        Ok(Self(task.abort_handle()))
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.0.abort();
    }
}
