//! A progress line on standard error, when it is a terminal.

use std::{
    fmt,
    io::{IsTerminal as _, stderr},
    sync::Arc,
    time::Duration,
};

use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};
use tokio::task::AbortHandle;

use super::explain;
use crate::stress::Progress;

/// A spinner that counts operations; it is gone when it is dropped.
pub(super) struct Spinner {
    bar: ProgressBar,
    updates: Option<AbortHandle>,
}

impl Spinner {
    /// Shows what is going on. Needs a runtime.
    pub(super) fn start(what: &str, progress: &Arc<Progress>) -> Self {
        if !stderr().is_terminal() {
            return Self {
                bar: ProgressBar::hidden(),
                updates: None,
            };
        }
        let bar = ProgressBar::new_spinner().with_message(what.to_string());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}  {elapsed}  {operations}, {rate}") {
            // indicatif's own rate has four decimals.
            bar.set_style(style.with_key("operations", counted).with_key(
                "rate",
                |state: &ProgressState, text: &mut dyn fmt::Write| {
                    let _ = write!(text, "{}/s", HumanCount(state.per_sec() as u64));
                },
            ));
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        let updates = {
            let (bar, progress) = (bar.clone(), Arc::clone(progress));
            tokio::spawn(async move {
                loop {
                    bar.set_position(progress.operations());
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            })
        };
        Self {
            bar,
            updates: Some(updates.abort_handle()),
        }
    }
}

/// What a progress line has come to.
pub(super) fn counted(state: &ProgressState, text: &mut dyn fmt::Write) {
    let _ = text.write_str(&explain::operations(state.pos()));
}

impl Drop for Spinner {
    fn drop(&mut self) {
        if let Some(updates) = &self.updates {
            updates.abort();
        }
        self.bar.finish_and_clear();
    }
}
