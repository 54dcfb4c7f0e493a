//! A progress line on standard error, when it is a terminal.

use std::{
    fmt,
    io::{IsTerminal as _, stderr},
    sync::{Arc, Mutex, PoisonError},
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
        *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.clone());
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

/// The line that is on the terminal now, if there is one: whoever prints has to put it aside.
static SHOWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Does this while no progress line is on the terminal.
pub(super) fn aside(print: impl FnOnce()) {
    let bar = SHOWN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match bar {
        Some(bar) => bar.suspend(print),
        None => print(),
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
        *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.bar.finish_and_clear();
    }
}
