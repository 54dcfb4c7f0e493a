//! What a search may still spend.

use std::time::Instant;

use super::{Limit, Limits};

/// How many steps pass between two looks at the clock.
const CLOCK: u64 = 1024;

/// Counts the states of a search: configurations, and what is under construction between two of them, of which there may be
/// exponentially many.
#[derive(Clone, Debug)]
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

    pub(super) const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// States visited so far.
    pub(super) const fn visited(&self) -> u64 {
        self.visited
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
