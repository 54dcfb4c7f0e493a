//! Checks a history while it arrives, key by key.

use std::collections::BTreeMap;

use oversell_spec::Stock;
use rustc_hash::FxHashSet;

use super::watched_keys::{End, Keys, Watchable, Watcher};
use crate::{
    engines::{Limit, Limits, Monitor, Resting, Stretch, Watched},
    history::{Clock, Command, Event, Header, History, Initial, Spec, StockHistory, Texts, What},
};

/// Operations of a key whose commands are kept, at most: some 10 MB.
const MOST_COMMANDS: usize = 1 << 15;

/// A monitor for each key that is being acted on, and what an explanation needs beside operations.
pub struct Watch<S: Watchable> {
    header: Header,
    clock: Clock,
    keys: Keys<S::Watcher>,
    /// The names of the units sold.
    units: Texts,
}

/// A [`Monitor`] of a stock counter, and the commands that were sent.
pub struct Active {
    monitor: Monitor,
    commands: BTreeMap<u64, Vec<Command<'static>>>,
    /// Operations to which nothing has come: neither an answer nor that they are lost.
    open: FxHashSet<u64>,
}

impl Active {
    fn new(monitor: Monitor) -> Self {
        Self {
            monitor,
            commands: BTreeMap::new(),
            open: FxHashSet::default(),
        }
    }
}

impl Watcher for Active {
    type Spec = Stock;
    type Rest = Resting;

    fn resume(rest: &mut Resting, limits: Limits) -> Self {
        Self::new(Monitor::resume(std::mem::take(rest), limits))
    }

    fn event(&mut self, event: Event<Stock>) {
        if !matches!(self.monitor.watched(), Watched::Linearizable) {
            // There is nothing more to learn about it, and what is kept of it stays as it is.
            return;
        }
        if !matches!(event.what, What::Invoke(_)) {
            self.open.remove(&event.operation);
        }
        match event.what {
            What::Invoke(op) => {
                self.open.insert(event.operation);
                self.monitor.invoke(event.process, event.time, op);
            }
            What::Ok(ret) => self.monitor.respond(event.operation, event.time, ret),
            What::Fail => self.monitor.fail(event.operation),
            What::Info(_) => self.monitor.lose(event.operation),
        }
        if !event.commands.is_empty() {
            self.commands.insert(event.operation, event.commands);
        }
    }

    fn violates(&self) -> bool {
        matches!(self.monitor.watched(), Watched::Violation(_))
    }

    fn rest(&mut self) -> Option<Resting> {
        self.monitor.rest()
    }

    fn tidy(&mut self) {
        self.commands = self.commands.split_off(&self.monitor.oldest());
        while self.commands.len() > MOST_COMMANDS {
            self.commands.pop_first();
        }
    }

    fn glance(&mut self) -> bool {
        matches!(self.monitor.glance(), Watched::Violation(_))
    }

    fn fork(&self) -> Self {
        Self::new(self.monitor.clone())
    }

    fn end(self, key: String, operations: u64) -> End {
        End {
            key,
            operations,
            watched: self.monitor.finish(),
            commands: self.commands,
            open: self.open,
        }
    }
}

/// What came of it.
pub enum Seen {
    /// Every key is linearizable so far.
    Linearizable,
    /// A key is not: the history of that key, or of its end, that shows it. `None` when the violation spans more than is
    /// kept.
    Violation {
        /// The key.
        key: String,
        /// Operations of the key before those in `history`.
        before: u64,
        /// Operations in `history`, or on the key where there is none, to which nothing had come so far: neither an answer nor
        /// that they are lost.
        open: u64,
        /// What shows it.
        history: Option<Box<History>>,
    },
    /// No violation was found, but this key was not decided.
    Undecided {
        /// The key.
        key: String,
        /// The limit that was reached.
        limit: Limit,
    },
}

impl Watchable for Stock {
    type Watcher = Active;

    fn watcher(initial: u64, limits: Limits) -> Active {
        Active::new(Monitor::new(initial, limits))
    }
}

impl<S: Watchable> Watch<S> {
    /// Of a history with this header.
    #[must_use]
    pub fn new(header: Header, limits: Limits) -> Self {
        Self {
            header,
            clock: Clock::Nanoseconds,
            keys: Keys::new(S::of(limits)),
            units: Texts::new(),
        }
    }

    /// Operations so far, those that certainly had no effect not counted.
    #[must_use]
    pub const fn operations(&self) -> u64 {
        self.keys.operations()
    }

    /// How many keys there are.
    #[must_use]
    pub const fn keys(&self) -> usize {
        self.keys.len()
    }

    /// The name of a key that was started.
    #[must_use]
    pub fn key(&self, key: u32) -> &str {
        self.keys.name(key)
    }

    /// What the times of the events are.
    pub const fn set_clock(&mut self, clock: Clock) {
        self.clock = clock;
    }

    /// The next key that events will name has this name and holds this at first.
    pub fn start_key(&mut self, name: String, initial: S::Initial) {
        let watcher = S::watcher(initial, self.keys.limits());
        self.keys.start(name, watcher);
    }

    /// The next unit that is named.
    pub fn name_unit(&mut self, name: &str) {
        self.units.intern(name);
    }

    /// The next event, of a key that was started. Names a key that has just been found to be a violation.
    ///
    /// # Panics
    /// When the key was not started.
    pub fn event(&mut self, event: Event<S>) -> Option<u32> {
        self.keys.event(event)
    }

    /// Nothing has come for a while: is a key a violation whatever the answers still to come? The first of these.
    pub fn glance(&mut self) -> Option<u32> {
        self.keys.glance()
    }

    /// Is a key a violation with these events, in order, whatever comes after their time? The first of these. They are not the
    /// next ones yet: there may be more of their time.
    ///
    /// # Panics
    /// When a key was not started.
    #[must_use]
    pub fn with(&self, events: &[Event<S>]) -> Option<u32> {
        self.keys.with(events)
    }

    /// What is known in the end of the keys that are not linearizable.
    #[must_use]
    pub fn ends(self) -> Ends {
        Ends {
            keys: self.keys.ends(),
            header: self.header,
            clock: self.clock,
            units: self.units,
        }
    }
}

/// The keys that are not linearizable, as far as is known.
pub struct Ends {
    pub(super) keys: Vec<End>,
    pub(super) header: Header,
    pub(super) clock: Clock,
    pub(super) units: Texts,
}

impl Ends {
    /// Those that are violations, and their operations.
    pub fn violations(&self) -> impl Iterator<Item = (&str, u64)> {
        let violations = self.keys.iter().filter(|end| end.is_violation());
        violations.map(|end| (end.key.as_str(), end.operations))
    }

    /// What the history is about.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The first violation, or else the first key that was not decided, or else that all are linearizable.
    #[must_use]
    pub fn first(self) -> Seen {
        self.all().next().unwrap_or(Seen::Linearizable)
    }

    /// Every violation, or else every key that was not decided.
    pub fn all(mut self) -> impl Iterator<Item = Seen> {
        if self.keys.iter().any(End::is_violation) {
            self.keys.retain(End::is_violation);
        }
        let keys = std::mem::take(&mut self.keys);
        keys.into_iter().map(move |end| self.seen(end))
    }

    fn seen(&self, end: End) -> Seen {
        let End { key, watched, .. } = end;
        match watched {
            Watched::Linearizable => Seen::Linearizable,
            Watched::Undecided(limit) => Seen::Undecided { key, limit },
            Watched::Violation(stretches) => {
                let stretch = stretches.into_iter().next();
                let before = stretch.as_ref().and_then(|stretch| stretch.numbers.first().copied());
                let numbers = stretch.iter().flat_map(|stretch| &stretch.numbers);
                let open = match &stretch {
                    Some(_) => numbers.filter(|number| end.open.contains(number)).count(),
                    None => end.open.len(),
                };
                let history = stretch.map(|stretch| {
                    let shown = history(self.header.clone(), &key, stretch, &end.commands, self.units.clone());
                    Box::new(History {
                        clock: self.clock,
                        ..shown
                    })
                });
                Seen::Violation {
                    key,
                    before: before.unwrap_or(0),
                    open: open as u64,
                    history,
                }
            }
        }
    }
}

/// The stretch as a history of its own.
fn history(
    header: Header,
    key: &str,
    stretch: Stretch,
    commands: &BTreeMap<u64, Vec<Command<'static>>>,
    units: Texts,
) -> History {
    let mut body = StockHistory::new(key, stretch.initial);
    for (index, number) in stretch.numbers.iter().enumerate() {
        for command in commands.get(number).into_iter().flatten() {
            body.commands.push(index, command);
        }
    }
    body.operations = stretch.operations;
    let header = Header {
        spec: Spec::Stock,
        initial: Initial::Every(stretch.initial.into()),
        metadata: header.metadata,
    };
    History::stock(header, vec![body], units)
}
