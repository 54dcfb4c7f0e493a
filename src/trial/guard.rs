//! Stops a run at its first violation.

use std::{fmt, sync::Arc};

use oversell_models::spec::stock::{StockOp, StockRet};

use crate::{
    checker::{Limits, Monitor, Watched},
    recorder::Watcher,
    stress::Progress,
};

/// Checks while a run is recorded, and stops it when a violation is certain.
pub(super) struct Guard {
    limits: Limits,
    progress: Arc<Progress>,
    monitor: Option<Monitor>,
}

impl Guard {
    pub(super) fn new(limits: Limits, progress: &Arc<Progress>) -> Self {
        Self {
            limits,
            progress: Arc::clone(progress),
            monitor: None,
        }
    }

    fn stop(&mut self) {
        self.monitor = None;
        self.progress.stop_at_violation();
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").finish_non_exhaustive()
    }
}

impl Watcher for Guard {
    fn start_key(&mut self, stock: u64) {
        // What is explained in the end is the whole history.
        self.monitor = Some(Monitor::keeping(stock, self.limits, 0));
    }

    fn invoked(&mut self, number: u64, process: i64, at: u64, op: StockOp) {
        if let Some(monitor) = &mut self.monitor {
            let same = monitor.invoke(process, at, op);
            debug_assert_eq!(same, number, "both count from 0");
        }
    }

    fn responded(&mut self, number: u64, at: u64, ret: StockRet) {
        if let Some(monitor) = &mut self.monitor {
            monitor.respond(number, at, ret);
            if let Watched::Violation(_) = monitor.watched() {
                self.stop();
            }
        }
    }

    fn lost(&mut self, number: u64) {
        if let Some(monitor) = &mut self.monitor {
            monitor.lose(number);
        }
    }

    fn failed(&mut self, number: u64) {
        if let Some(monitor) = &mut self.monitor {
            monitor.fail(number);
        }
    }

    fn ended(&mut self) {
        if let Some(monitor) = self.monitor.take()
            && let Watched::Violation(_) = monitor.finish()
        {
            self.stop();
        }
    }
}
