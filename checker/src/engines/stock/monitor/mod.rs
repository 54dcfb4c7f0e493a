//! Checks a stock counter while its history is still being made, with memory bounded by what is open.
//!
//! It is the [frontier](super::frontier) without an end: the same walk, the same rules, but no order is kept. The walk needs
//! to know what an operation was told when it is invoked. So a response is looked at when everything that was invoked
//! before it has been answered or given up: what a violation needs is known by then at the latest.
//!
//! To explain a violation, the last operations are kept, from an instant on at which only one past was left. That past, its
//! level and what was open without having taken effect, is all that the rest of the history depends on. So the kept
//! [`Stretch`] is a history of its own that is linearizable if and only if the whole is.

mod window;

use std::collections::VecDeque;

use oversell_spec::stock::{StockOp, StockRet};
use rustc_hash::FxHashSet;

pub use self::window::Stretch;
use self::window::Windows;
use super::{
    check::check_stock,
    frontier::{Bounds, Endless, Role, Sums},
    invocations::Invocations,
    view::{Horizon, Seen, View},
};
use crate::{
    engines::{
        Limit, Limits, Verdict, Watched,
        late::{Late, MOST_WAITING},
        stopped::Stopped,
    },
    history::{Response, StockOperation},
};

/// Responses are looked at in groups of this many: what is asked of the level soon is known then, and rules out pasts.
const GROUP: usize = 4096;

/// All that has to be known of a counter while nobody is asking it anything.
#[derive(Clone, Debug, Default)]
pub struct Resting {
    level: u64,
    /// The number of the next operation.
    next: u64,
    /// Units that were sold by name.
    units: FxHashSet<u32>,
}

/// Checks one stock counter, event by event. See the module's description.
///
/// ```
/// use oversell_checker::engines::{Limits, Monitor, Watched};
/// use oversell_spec::stock::{StockOp, StockRet};
///
/// let mut monitor = Monitor::new(1, Limits::default());
/// let first = monitor.invoke(0, 10, StockOp::Buy { quantity: 1 });
/// let second = monitor.invoke(1, 20, StockOp::Buy { quantity: 1 });
/// monitor.respond(first, 30, StockRet::BOUGHT);
/// monitor.respond(second, 40, StockRet::BOUGHT);
/// assert!(matches!(monitor.finish(), Watched::Violation(_)));
/// ```
#[derive(Clone)]
pub struct Monitor {
    initial: u64,
    limits: Limits,
    walk: Endless,
    /// What the walk has not been told of yet, by invocation. What had no effect stands there as a read without an answer.
    queue: Vec<StockOperation>,
    /// Of each, whether its answer is known, or known not to come.
    known: Vec<bool>,
    /// The number of the first in the queue.
    first: u64,
    responses: VecDeque<(u64, u64, Role)>,
    /// What all that left the queue may have added and taken.
    sums: Sums,
    /// The units at first and all that may have been put back. The walk counts in 64 bits.
    there: u128,
    units: FxHashSet<u32>,
    windows: Windows,
    waiting: usize,
    watched: Watched,
    late: Late,
}

impl Monitor {
    /// Of a counter that starts with `initial` units. The limits are for each few thousand operations.
    #[must_use]
    pub fn new(initial: u64, limits: Limits) -> Self {
        Self::keeping(initial, limits, 1 << 14)
    }

    /// The same, keeping at least the last `stretch` operations for an explanation, and usually not more than twice as many.
    #[must_use]
    pub fn keeping(initial: u64, limits: Limits, stretch: usize) -> Self {
        Self {
            initial,
            limits,
            walk: Endless::new(initial, limits),
            queue: Vec::new(),
            known: Vec::new(),
            first: 0,
            responses: VecDeque::new(),
            sums: Sums::default(),
            there: initial.into(),
            units: FxHashSet::default(),
            windows: Windows::new(initial, stretch),
            waiting: 0,
            watched: Watched::Linearizable,
            late: Late::default(),
        }
    }

    /// Goes on where a counter came to rest.
    #[must_use]
    pub fn resume(resting: Resting, limits: Limits) -> Self {
        Self {
            first: resting.next,
            units: resting.units,
            ..Self::new(resting.level, limits)
        }
    }

    /// Forgets how it came to what it is, where everything was answered and it is right so far. `None`: it must be kept.
    ///
    /// Nothing is open then and nothing indeterminate is left that could take effect later, so all pasts have led to the same
    /// level, and what follows depends on that alone. (And on the names of the units sold, which are sold once.)
    pub fn rest(&mut self) -> Option<Resting> {
        self.advance();
        let at_rest = matches!(self.watched, Watched::Linearizable) && self.late.is_complete() && self.queue.is_empty();
        let settled = self.walk.settled().filter(|_| at_rest)?;
        let nothing_left = settled.open.is_empty() && settled.lost.iter().all(|(_, lost)| lost.is_empty());
        nothing_left.then(|| Resting {
            level: settled.level,
            next: self.first,
            units: std::mem::take(&mut self.units),
        })
    }

    /// An operation is invoked. Events come in order of time, at equal times invocations first. Returns the operation's
    /// number, from 0 on.
    pub fn invoke(&mut self, process: i64, at: u64, op: StockOp) -> u64 {
        let number = self.first + self.queue.len() as u64;
        self.there += put_back(op);
        self.queue.push(StockOperation {
            process,
            invoked: at,
            op,
            response: None,
        });
        self.known.push(false);
        number
    }

    /// It is answered.
    pub fn respond(&mut self, number: u64, at: u64, ret: StockRet) {
        self.late.answered(number);
        let Some(place) = self.place(number) else { return };
        self.queue[place].response = Some(Response { at, ret });
        self.known[place] = true;
        let seen = View::new(&self.queue[place..=place], Horizon::END).get(0);
        let role = seen.map_or(Role::Impossible, |seen| Role::of(seen.what));
        self.responses.push_back((at, number, role));
        if let StockRet::Bought { unit: Some(unit), .. } = ret
            && !self.units.insert(unit.0)
        {
            self.refute();
        }
        self.waiting += 1;
        if self.waiting >= GROUP {
            self.advance();
        }
    }

    /// It certainly had no effect.
    pub fn fail(&mut self, number: u64) {
        self.late.answered(number);
        if let Some(place) = self.place(number) {
            self.there -= put_back(self.queue[place].op);
            self.queue[place].op = StockOp::Read;
            self.known[place] = true;
        }
    }

    /// It will not be answered: it may have taken effect, may still, or never.
    pub fn lose(&mut self, number: u64) {
        self.late.lost(number);
        if let Some(place) = self.place(number) {
            self.known[place] = true;
        }
    }

    /// What is known so far.
    pub const fn watched(&self) -> &Watched {
        &self.watched
    }

    /// The number of the first operation that an explanation might need.
    pub fn oldest(&self) -> u64 {
        self.windows.oldest().unwrap_or(self.first)
    }

    /// Looks at every response that can be looked at.
    pub fn advance(&mut self) -> &Watched {
        self.waiting = 0;
        let blocked = self.known.iter().position(|known| !known);
        self.advance_to(blocked.map_or(u64::MAX, |place| self.queue[place].invoked));
        if self.queue.len() > MOST_WAITING
            && let Some(place) = self.known.iter().position(|known| !known)
        {
            self.known[place] = true;
            self.late.give_up(self.first + place as u64);
        }
        &self.watched
    }

    /// Looks at everything there is, for when nothing comes for a while: is it a violation whatever the answers that are
    /// still to come?
    pub fn glance(&mut self) -> &Watched {
        self.advance();
        if matches!(self.watched, Watched::Linearizable) {
            let stretches = self.windows.stretches(self.first, &self.queue);
            if let Some(last) = stretches.last()
                && let Verdict::Violation(_) = check_stock(last.initial, &last.operations, &self.limits)
            {
                self.watched = Watched::Violation(stretches);
            }
        }
        &self.watched
    }

    /// There is no more: what has not been answered never will be.
    pub fn finish(mut self) -> Watched {
        self.known.fill(true);
        self.advance_to(u64::MAX);
        self.late.conclude(self.watched)
    }

    fn place(&self, number: u64) -> Option<usize> {
        let place = usize::try_from(number.checked_sub(self.first)?).ok()?;
        (place < self.queue.len() && !self.known[place]).then_some(place)
    }

    fn refute(&mut self) {
        if matches!(self.watched, Watched::Linearizable) {
            self.watched = Watched::Violation(self.windows.stretches(self.first, &self.queue));
        }
    }

    /// Looks at the responses before `end`, by when everything invoked is known.
    fn advance_to(&mut self, end: u64) {
        if !matches!(self.watched, Watched::Linearizable) {
            // There is nothing more to learn, and nothing more to keep but the count.
            self.first += self.queue.len() as u64;
            self.queue.clear();
            self.known.clear();
            self.responses.clear();
            return;
        }
        if self.there > u128::from(u64::MAX) {
            self.watched = Watched::Undecided(Limit::Level(u64::MAX));
            return;
        }
        let Err(stopped) = self.walk_to(end) else { return };
        match stopped {
            Stopped::Limit(limit) => self.watched = Watched::Undecided(limit),
            Stopped::Refuted if self.walk.is_narrowed() => {
                self.watched = Watched::Undecided(Limit::Pasts(Endless::WIDTH))
            }
            Stopped::Refuted => self.refute(),
        }
    }

    fn walk_to(&mut self, end: u64) -> Result<(), Stopped> {
        let last = self.responses.iter().take_while(|&&(at, ..)| at < end).last();
        let Some(&(last, ..)) = last else { return Ok(()) };
        self.walk.renew();
        let invocations = Invocations::in_order(View::new(&self.queue, Horizon::END));
        let bounds = Bounds::of(&invocations, self.initial, self.sums);
        let mut coming = invocations.from(0).peekable();
        let mut invoked = 0;
        while let Some(&(at, number, role)) = self.responses.front()
            && at < end
        {
            while let Some((place, seen)) = coming.next_if(|(_, seen)| seen.invoked <= at) {
                let number = self.first + place as u64;
                let bound = bounds.of_operation(&seen);
                let seen = Seen {
                    index: number as u32,
                    ..seen
                };
                self.walk.invoke(&seen, bound)?;
                self.sums.add(Role::of(seen.what));
                self.windows.push(number, self.queue[place]);
                invoked += 1;
            }
            self.walk.respond(role, number as u32, bounds.later(invoked))?;
            self.responses.pop_front();
            if self.windows.full()
                && let Some(settled) = self.walk.settled()
            {
                self.windows.settle(&settled);
            }
        }
        drop(coming);
        let entered = self.queue.partition_point(|operation| operation.invoked <= last);
        self.queue.drain(..entered);
        self.known.drain(..entered);
        self.first += entered as u64;
        Ok(())
    }
}

fn put_back(op: StockOp) -> u128 {
    match op {
        StockOp::Restock { quantity } => quantity.into(),
        StockOp::Buy { .. } | StockOp::Read => 0,
    }
}
