//! Monitors: fed event by event.

use oversell_spec::stock::{StockOp, StockRet};
use rand::{Rng, RngExt};

use crate::{
    engines::{
        Limits, Monitor, Stretch, Watched,
        general::{self, Followed},
    },
    history::{Operation, StockOperation},
};

/// A monitor, as both kinds are.
pub trait Streamed<Op, Ret> {
    /// An operation is invoked: its number.
    fn invoke(&mut self, at: u64, op: Op) -> u64;
    /// It is answered.
    fn respond(&mut self, number: u64, at: u64, ret: Ret);
    /// It certainly had no effect.
    fn fail(&mut self, number: u64);
    /// It will not be answered.
    fn lose(&mut self, number: u64);
    /// Looks at what can be looked at.
    fn advance(&mut self);
    /// Is it a violation whatever comes?
    fn is_violation(&mut self) -> bool;
    /// Forgets how it came to what it is, where it can.
    fn rest(&mut self);
    /// There is no more.
    fn finish(self) -> Watched;
}

/// That of counters.
pub struct Counter {
    monitor: Monitor,
    limits: Limits,
    /// A unit that is sold once more is told by what was before, which a stretch no longer has after a rest.
    rests: bool,
    /// Everything is kept, so that a glance always has something to look at.
    keeps_all: bool,
    /// When each operation was invoked, by number.
    invoked: Vec<u64>,
}

impl Counter {
    /// It keeps so few operations for an explanation as `random` says.
    pub fn new(initial: u64, operations: &[StockOperation], random: &mut impl Rng) -> Self {
        // What a duplicate needs may be longer ago than what is kept.
        let kept = if names_units(operations) {
            1_000
        } else {
            [1, 3, 1_000][random.random_range(0..3)]
        };
        Self::keeping(initial, operations, kept, Limits::default())
    }

    /// It keeps so few of them.
    #[must_use]
    pub fn keeping(initial: u64, operations: &[StockOperation], kept: usize, limits: Limits) -> Self {
        Self {
            monitor: Monitor::keeping(initial, limits, kept),
            limits,
            rests: !names_units(operations),
            keeps_all: kept > 2 * operations.len(),
            invoked: Vec::new(),
        }
    }

    /// Does it know of a violation with the very response that makes it certain?
    #[must_use]
    pub const fn keeps_all(&self) -> bool {
        self.keeps_all
    }
}

/// Is some unit told by its name?
fn names_units(operations: &[StockOperation]) -> bool {
    operations.iter().any(|operation| {
        let ret = operation.response.map(|response| response.ret);
        matches!(ret, Some(StockRet::Bought { unit: Some(_), .. }))
    })
}

impl Streamed<StockOp, StockRet> for Counter {
    fn invoke(&mut self, at: u64, op: StockOp) -> u64 {
        let number = self.monitor.invoke(0, at, op);
        assert_eq!(number, self.invoked.len() as u64, "numbers go on");
        self.invoked.push(at);
        number
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
            self.monitor = Monitor::resume(resting, self.limits);
        }
    }

    /// Stretches name their operations rightly.
    fn finish(self) -> Watched {
        let watched = self.monitor.finish();
        if let Watched::Violation(stretches) = &watched {
            let named = |stretch: &Stretch| std::iter::zip(stretch.operations.clone(), stretch.numbers.clone());
            for (operation, number) in stretches.iter().flat_map(named).filter(|(one, _)| one.process >= 0) {
                assert_eq!(operation.invoked, self.invoked[number as usize], "{watched:?}");
            }
        }
        watched
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
/// After every response it is asked whether it `knows` of a violation; returned is also the first with which it does.
pub fn feed<Op: Clone, Ret: Clone, M: Streamed<Op, Ret>>(
    mut monitor: M,
    operations: &[Operation<Op, Ret>],
    mut knows: impl FnMut(&mut M) -> bool,
    random: &mut impl Rng,
) -> (Option<usize>, Watched) {
    let mut numbers = vec![0; operations.len()];
    let mut certain_at = None;
    for (at, responds, index) in events(operations) {
        let operation = &operations[index];
        let chance = random.random_range(0..100);
        match &operation.response {
            Some(response) if responds => {
                monitor.respond(numbers[index], at, response.ret.clone());
                if certain_at.is_none() && knows(&mut monitor) {
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

/// When something happens, whether it is a response, and to which operation, in order: at one time invocations come first.
#[must_use]
pub fn events<Op, Ret>(operations: &[Operation<Op, Ret>]) -> Vec<(u64, bool, usize)> {
    let mut events = Vec::with_capacity(2 * operations.len());
    for (index, operation) in operations.iter().enumerate() {
        events.push((operation.invoked, false, index));
        if let Some(response) = &operation.response {
            events.push((response.at, true, index));
        }
    }
    events.sort_unstable();
    events
}
