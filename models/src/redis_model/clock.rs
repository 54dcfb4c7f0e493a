//! The time of day.

/// Before every time that anybody writes down: what is asked to run out at a time of today does so later.
const BEGIN: i64 = 1_700_000_000_000_000;

/// A clock that stands still, or goes on a little each time somebody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Clock {
    /// Microseconds since 1970.
    now: i64,
    step: i64,
    asked: bool,
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(BEGIN, 0)
    }
}

impl Clock {
    pub(super) const fn new(now: i64, step: i64) -> Self {
        Self {
            now,
            step,
            asked: false,
        }
    }

    /// What `TIME` tells, in microseconds.
    pub(super) fn ask(&mut self) -> i64 {
        self.asked = true;
        self.now = self.now.saturating_add(self.step);
        self.now
    }

    pub(super) const fn milliseconds(self) -> i64 {
        self.now / 1_000
    }

    pub(super) const fn was_asked(self) -> bool {
        self.asked
    }
}
