//! Stops a run at its first violation.

use std::{iter, sync::Arc};

use oversell_checker::{
    engines::{Limits, Watched},
    examine::Watcher as _,
    history::StockEvent,
};

use super::sold::Sold;
use crate::stress::Progress;

/// Checks while a run is recorded, and stops it when a violation is certain.
pub(super) struct Guard<S: Sold> {
    limits: Limits,
    progress: Arc<Progress>,
    watcher: Option<S::Watcher>,
}

impl<S: Sold> Guard<S> {
    pub(super) fn new(limits: Limits, progress: &Arc<Progress>) -> Self {
        Self {
            limits,
            progress: Arc::clone(progress),
            watcher: None,
        }
    }

    fn stop(&mut self) {
        self.watcher = None;
        self.progress.stop_at_violation();
    }

    /// From now on it is about another counter, which has this.
    pub(super) fn start_key(&mut self, initial: S::Initial) {
        // What is explained in the end is not the guard's.
        self.watcher = Some(S::noticing(initial, self.limits));
    }

    /// The next event.
    pub(super) fn event(&mut self, event: &StockEvent) {
        let Some(watcher) = &mut self.watcher else { return };
        watcher.event(S::happened(event.with(iter::empty())));
        if watcher.violates() {
            self.stop();
        }
    }

    /// There is no more about the present counter.
    pub(super) fn end_key(&mut self) {
        if let Some(watcher) = self.watcher.take()
            && let Watched::Violation(_) = watcher.finish()
        {
            self.stop();
        }
    }
}
