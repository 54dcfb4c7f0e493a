//! What the search may still spend.

use std::time::Instant;

use crate::checker::{Limit, Limits};

/// How many steps pass between two looks at the clock.
const CLOCK: u64 = 1024;

/// Counts the states of the search: configurations, and sets of moves under construction, of which there may be
/// exponentially many between two configurations.
#[derive(Debug)]
pub(super) struct Budget {
    limits: Limits,
    started: Instant,
    visited: u64,
}

impl Budget {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            started: Instant::now(),
            visited: 0,
        }
    }

    /// From here on the limits count anew.
    pub(super) fn renew(&mut self) {
        *self = Self::new(self.limits);
    }

    /// One more state is visited.
    #[inline]
    pub(super) fn spend(&mut self) -> Result<(), Limit> {
        self.visited += 1;
        if self.visited >= self.limits.configurations {
            return Err(Limit::Configurations(self.limits.configurations));
        }
        if self.visited.is_multiple_of(CLOCK) && self.started.elapsed() >= self.limits.time {
            return Err(Limit::Time(self.limits.time));
        }
        Ok(())
    }
}
