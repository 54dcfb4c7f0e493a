//! What a search may still spend.

use std::time::{Duration, Instant};

use super::{Limit, Limits, hurry, memory};

/// Most steps between two looks at the clock. They are fewer where they take long.
const APART: u32 = 256;

/// Looks are about so far apart where steps take long.
const PACE: Duration = Duration::from_millis(2);

/// What a search held that has come to this limit goes, but not where the program is to end: it would take seconds to give back
/// gigabytes piece by piece.
pub(super) fn let_go<T>(limit: Limit, held: T) {
    if limit == Limit::Interrupted {
        std::mem::forget(held);
    }
}

/// What the searches for one verdict may spend: states are counted for each of them, time and memory for all together.
///
/// States are configurations, and what is under construction between two of them, of which there may be exponentially many.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    limits: Limits,
    started: Instant,
    visited: u64,
    /// Steps to the next look, and from that to the one after it.
    left: u32,
    apart: u32,
    looked: Instant,
    /// What the process held at the first look that took in memory: what is no more than that is not this search's doing.
    held: Option<u64>,
}

impl Budget {
    pub(super) fn new(limits: Limits) -> Self {
        let now = Instant::now();
        Self {
            limits,
            started: now,
            visited: 0,
            left: APART,
            apart: APART,
            looked: now,
            held: None,
        }
    }

    /// For one more search for the same verdict.
    pub(super) fn further(&self) -> Self {
        Self {
            visited: 0,
            ..self.clone()
        }
    }

    /// The same, which may visit no more than so many states.
    pub(super) fn at_most(&self, configurations: u64) -> Self {
        let mut further = self.further();
        further.limits.configurations = configurations.min(self.limits.configurations);
        further
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
        self.step()
    }

    /// A step of some work is done that visits no state.
    #[inline]
    pub(super) fn step(&mut self) -> Result<(), Limit> {
        self.left -= 1;
        if self.left == 0 { self.look() } else { Ok(()) }
    }

    /// Is there anything left? Once there is not, every further step says so.
    #[cold]
    pub(super) fn look(&mut self) -> Result<(), Limit> {
        self.left = 1;
        let now = Instant::now();
        if now.duration_since(self.started) >= self.limits.time {
            return Err(Limit::Time(self.limits.time));
        }
        if hurry::left().is_zero() {
            return Err(Limit::Interrupted);
        }
        let took = now.duration_since(self.looked);
        // Where steps go fast, looks at the clock are cheap, but those at memory are not.
        if took >= PACE / 2 {
            self.looked = now;
            self.look_at_memory()?;
        }
        if took >= PACE * 2 {
            self.apart = (self.apart / 4).max(1);
        } else if self.apart < APART {
            self.apart *= 2;
        }
        self.left = self.apart;
        Ok(())
    }

    /// What was held at first may be more than the limit: memory of others in this process, or that of searches that are over, which
    /// is not given back to the system at once. A search that makes do with that may go on.
    ///
    /// It is stopped a little early: a table grows by doubling.
    fn look_at_memory(&mut self) -> Result<(), Limit> {
        let held = memory::held();
        let at_first = *self.held.get_or_insert(held);
        if held > (self.limits.memory / 10 * 9).max(at_first) {
            return Err(Limit::Memory(self.limits.memory));
        }
        Ok(())
    }
}
