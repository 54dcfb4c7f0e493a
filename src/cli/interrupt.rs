//! Ctrl-C: the first stops the clients and keeps what was recorded, the second ends the program at once.

use std::sync::Arc;

use tokio::{
    signal::unix::{SignalKind, signal},
    task::AbortHandle,
};

use super::exit::print_warning;
use crate::stress::Progress;

/// Listens while it lives.
pub(super) struct Interrupt(AbortHandle);

impl Interrupt {
    /// Stops `progress` on the first interrupt or termination signal. Needs a runtime.
    pub(super) fn stops(progress: &Arc<Progress>) -> std::io::Result<Self> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let progress = Arc::clone(progress);
        let task = tokio::spawn(async move {
            for second in [false, true] {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                if second {
                    // The private server goes with us: its watchdog sees our end of the pipe close.
                    std::process::exit(130);
                }
                print_warning(&"stopping; what was recorded is kept and checked (once more to quit at once)");
                progress.stop();
            }
        });
        Ok(Self(task.abort_handle()))
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.0.abort();
    }
}
