//! What went wrong in a run besides the answers: stalls that were asked for, connections that were lost.

use std::cell::{Cell, RefCell};

use oversell_checker::history::Fault;

use crate::recorder::Clock;

/// Faults that are kept, at most; beyond, they are only counted.
const MOST: usize = 1000;

/// The faults of one run. All its clients write into it.
#[derive(Debug)]
pub(super) struct FaultLog {
    clock: Clock,
    kept: RefCell<Vec<Fault>>,
    left_out: Cell<u64>,
}

impl FaultLog {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            kept: RefCell::default(),
            left_out: Cell::new(0),
        }
    }

    pub(super) fn now(&self) -> u64 {
        self.clock.now()
    }

    /// From this time until now, this client had such a fault.
    pub(super) fn add(&self, from: u64, process: i64, what: &str) {
        let mut kept = self.kept.borrow_mut();
        if kept.len() >= MOST {
            self.left_out.set(self.left_out.get() + 1);
            return;
        }
        kept.push(Fault {
            from,
            to: self.now(),
            what: what.to_string(),
            process: Some(process),
        });
    }

    /// What was kept, in order of time, and how many were not.
    pub(super) fn take(&self) -> (Vec<Fault>, u64) {
        let mut kept = self.kept.take();
        kept.sort_by_key(|fault| (fault.from, fault.to, fault.process));
        (kept, self.left_out.take())
    }
}
