//! Stops a run at its first violation.

use std::sync::Arc;

use oversell_checker::{
    engines::{Limits, Monitor, Watched},
    history::{StockEvent, What},
};

use crate::stress::Progress;

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

    /// From now on it is about another counter, which has `stock` units.
    pub(super) fn start_key(&mut self, stock: u64) {
        // What is explained in the end is not the guard's.
        self.monitor = Some(Monitor::keeping(stock, self.limits, 0));
    }

    /// The next event.
    pub(super) fn event(&mut self, event: &StockEvent) {
        let Some(monitor) = &mut self.monitor else { return };
        match event.what {
            What::Invoke(op) => {
                let number = monitor.invoke(event.process, event.time, op.op);
                debug_assert_eq!(number, event.operation, "both count from 0");
            }
            What::Ok(ret) => {
                monitor.respond(event.operation, event.time, ret);
                if let Watched::Violation(_) = monitor.watched() {
                    self.stop();
                }
            }
            What::Fail => monitor.fail(event.operation),
            What::Info(_) => monitor.lose(event.operation),
        }
    }

    /// There is no more about the present counter.
    pub(super) fn end_key(&mut self) {
        if let Some(monitor) = self.monitor.take()
            && let Watched::Violation(_) = monitor.finish()
        {
            self.stop();
        }
    }
}
