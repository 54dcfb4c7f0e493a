//! Monitors: fed event by event.

use oversell_checker::{
    engines::{
        Limits, Monitor, Watched,
        general::{self, Followed},
    },
    history::{Operation, StockOperation},
};
use oversell_spec::stock::{StockOp, StockRet};
use rand::{RngExt, rngs::SmallRng};

/// A monitor, as both kinds are.
pub(crate) trait Streamed<Op, Ret> {
    fn invoke(&mut self, at: u64, op: Op) -> u64;
    fn respond(&mut self, number: u64, at: u64, ret: Ret);
    fn fail(&mut self, number: u64);
    fn lose(&mut self, number: u64);
    fn advance(&mut self);
    fn is_violation(&mut self) -> bool;
    /// Forgets how it came to what it is, where it can.
    fn rest(&mut self);
    fn finish(self) -> Watched;
}

/// That of counters.
pub(crate) struct Counter {
    monitor: Monitor,
    /// A unit that is sold once more is told by what was before, which a stretch no longer has after a rest.
    rests: bool,
    /// Everything is kept, so that a glance always has something to look at.
    keeps_all: bool,
}

impl Counter {
    /// It keeps so few operations for an explanation as `random` says.
    pub(crate) fn new(initial: u64, operations: &[StockOperation], random: &mut SmallRng) -> Self {
        let rests = !operations.iter().any(|operation| {
            let ret = operation.response.map(|response| response.ret);
            matches!(ret, Some(StockRet::Bought { unit: Some(_), .. }))
        });
        let kept = if rests {
            [1, 3, 1_000][random.random_range(0..3)]
        } else {
            1_000
        };
        Self {
            monitor: Monitor::keeping(initial, Limits::default(), kept),
            rests,
            keeps_all: kept > 2 * operations.len(),
        }
    }

    /// Does it know of a violation with the very response that makes it certain?
    pub(crate) const fn keeps_all(&self) -> bool {
        self.keeps_all
    }
}

impl Streamed<StockOp, StockRet> for Counter {
    fn invoke(&mut self, at: u64, op: StockOp) -> u64 {
        self.monitor.invoke(0, at, op)
    }

    fn respond(&mut self, number: u64, at: u64, ret: StockRet) {
        self.monitor.respond(number, at, ret);
    }

    fn fail(&mut self, number: u64) {
        self.monitor.fail(number);
    }

    fn lose(&mut self, number: u64) {
        self.monitor.lose(number);
    }

    fn advance(&mut self) {
        self.monitor.advance();
    }

    fn is_violation(&mut self) -> bool {
        matches!(self.monitor.glance(), Watched::Violation(_))
    }

    fn rest(&mut self) {
        if self.rests
            && let Some(resting) = self.monitor.rest()
        {
            self.monitor = Monitor::resume(resting, Limits::default());
        }
    }

    fn finish(self) -> Watched {
        self.monitor.finish()
    }
}

impl<S: Followed> Streamed<S::Op, S::Ret> for general::Monitor<S> {
    fn invoke(&mut self, at: u64, op: S::Op) -> u64 {
        self.invoke(at, op)
    }

    fn respond(&mut self, number: u64, at: u64, ret: S::Ret) {
        self.respond(number, at, ret);
    }

    fn fail(&mut self, number: u64) {
        self.fail(number);
    }

    fn lose(&mut self, number: u64) {
        self.lose(number);
    }

    fn advance(&mut self) {
        self.advance();
    }

    fn is_violation(&mut self) -> bool {
        matches!(self.glance(), Watched::Violation(_))
    }

    fn rest(&mut self) {
        if let Some(resting) = self.rest() {
            *self = Self::resume(&resting, Limits::default());
        }
    }

    fn finish(self) -> Watched {
        self.finish()
    }
}

/// Feeds the events in order. What is done between two of them, by chance, must make no difference.
///
/// With `look`, it is asked after every response; returned is then the first with which it was a violation.
pub(crate) fn feed<Op: Clone, Ret: Clone, M: Streamed<Op, Ret>>(
    mut monitor: M,
    operations: &[Operation<Op, Ret>],
    look: bool,
    random: &mut SmallRng,
) -> (Option<usize>, Watched) {
    let mut events: Vec<(u64, bool, usize)> = Vec::with_capacity(2 * operations.len());
    for (index, operation) in operations.iter().enumerate() {
        events.push((operation.invoked, false, index));
        if let Some(response) = &operation.response {
            events.push((response.at, true, index));
        }
    }
    events.sort_unstable();
    let mut numbers = vec![0; operations.len()];
    let mut certain_at = None;
    for (at, responds, index) in events {
        let operation = &operations[index];
        let chance = random.random_range(0..100);
        match &operation.response {
            Some(response) if responds => {
                monitor.respond(numbers[index], at, response.ret.clone());
                if look && certain_at.is_none() && monitor.is_violation() {
                    certain_at = Some(index);
                }
            }
            response => {
                numbers[index] = monitor.invoke(at, operation.op.clone());
                if response.is_none() && chance < 50 {
                    monitor.lose(numbers[index]);
                }
                if chance % 10 == 0 {
                    let failed = monitor.invoke(at, operation.op.clone());
                    monitor.fail(failed);
                }
            }
        }
        match chance % 5 {
            0 => monitor.advance(),
            1 => monitor.rest(),
            _ => {}
        }
    }
    (certain_at, monitor.finish())
}
