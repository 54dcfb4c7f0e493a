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

/// A spinner that counts; it is gone when it is dropped.
pub(super) struct Spinner {
    bar: ProgressBar,
    updates: Option<AbortHandle>,
}

impl Spinner {
    /// Shows what is going on, and of what `counts` it.
    pub(super) fn new(what: String, counts: &str) -> Self {
        let mut bar = ProgressBar::hidden();
        if stderr().is_terminal() {
            bar = ProgressBar::new_spinner().with_message(what);
            if let Ok(style) = ProgressStyle::with_template(&format!("{{spinner}} {{msg}}  {{elapsed}}  {counts}")) {
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
        }
        Self { bar, updates: None }
    }

    /// Shows how a run goes on. Needs a runtime.
    pub(super) fn of(what: String, progress: &Arc<Progress>) -> Self {
        let mut spinner = Self::new(what, "{operations}, {rate}");
        if !spinner.bar.is_hidden() {
            let (bar, progress) = (spinner.bar.clone(), Arc::clone(progress));
            let updates = tokio::spawn(async move {
                loop {
                    bar.set_position(progress.operations());
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            });
            spinner.updates = Some(updates.abort_handle());
        }
        spinner
    }

    /// It has come this far.
    pub(super) fn show(&self, position: u64) {
        self.bar.set_position(position);
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
