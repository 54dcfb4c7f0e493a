//! Checks a history of stock counters while it arrives, key by key.

use std::collections::BTreeMap;

use oversell_models::spec::Stock;
use rustc_hash::FxHashSet;

use crate::{
    checker::{Limit, Limits, Monitor, Resting, Stretch, Watched},
    history::{Clock, Command, Event, Header, History, Initial, Spec, StockHistory, Texts, What},
};

/// Every so many events what nobody needs any more is let go.
const TIDY: u64 = 1 << 14;
/// A key about which nothing has come for so many events may rest.
const IDLE: u64 = 1 << 16;

/// Operations of a key whose commands are kept, at most: some 10 MB.
const MOST_COMMANDS: usize = 1 << 15;

/// A [`Monitor`] for each key that is being acted on, and what an explanation needs beside operations.
pub struct Watch {
    header: Header,
    clock: Clock,
    limits: Limits,
    keys: Vec<Key>,
    /// The keys that do not rest.
    active: Vec<u32>,
    /// The names of the units sold.
    units: Texts,
    operations: u64,
    events: u64,
}

struct Key {
    name: String,
    operations: u64,
    state: State,
}

enum State {
    Active(Box<Active>),
    Resting(Resting),
}

struct Active {
    monitor: Monitor,
    commands: BTreeMap<u64, Vec<Command<'static>>>,
    /// Operations to which nothing has come: neither an answer nor that they are lost.
    open: FxHashSet<u64>,
    /// It has had events since it was last looked at.
    changed: bool,
    /// How many events there had been when its last one came.
    last: u64,
}

impl Active {
    fn new(monitor: Monitor, last: u64) -> Self {
        Self {
            monitor,
            commands: BTreeMap::new(),
            open: FxHashSet::default(),
            changed: false,
            last,
        }
    }

    fn event(&mut self, event: Event<Stock>) {
        if !matches!(self.monitor.watched(), Watched::Linearizable) {
            // There is nothing more to learn about it, and what is kept of it stays as it is.
            return;
        }
        self.changed = true;
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

impl Watch {
    /// Of a history with this header.
    #[must_use]
    pub fn new(header: Header, limits: Limits) -> Self {
        Self {
            header,
            clock: Clock::Nanoseconds,
            limits,
            keys: Vec::new(),
            active: Vec::new(),
            units: Texts::new(),
            operations: 0,
            events: 0,
        }
    }

    /// Operations so far, those that certainly had no effect not counted.
    #[must_use]
    pub const fn operations(&self) -> u64 {
        self.operations
    }

    /// How many keys there are.
    #[must_use]
    pub const fn keys(&self) -> usize {
        self.keys.len()
    }

    /// What the times of the events are.
    pub const fn set_clock(&mut self, clock: Clock) {
        self.clock = clock;
    }

    /// The next key that events will name has this name and starts with so many units.
    pub fn start_key(&mut self, name: String, initial: u64) {
        self.active.push(number(self.keys.len()));
        let monitor = Monitor::new(initial, self.limits);
        self.keys.push(Key {
            name,
            operations: 0,
            state: State::Active(Box::new(Active::new(monitor, self.events))),
        });
    }

    /// The name of a key that was started.
    #[must_use]
    pub fn key(&self, key: u32) -> &str {
        &self.keys[key as usize].name
    }

    /// The next unit that is named.
    pub fn name_unit(&mut self, name: &str) {
        self.units.intern(name);
    }

    /// The next event, of a key that was started. Names a key that has just been found to be a violation.
    ///
    /// # Panics
    /// When the key was not started.
    pub fn event(&mut self, event: Event<Stock>) -> Option<u32> {
        let number = event.key;
        let key = &mut self.keys[number as usize];
        match event.what {
            What::Invoke(_) => (key.operations, self.operations) = (key.operations + 1, self.operations + 1),
            What::Fail => (key.operations, self.operations) = (key.operations - 1, self.operations - 1),
            What::Ok(_) | What::Info(_) => {}
        }
        self.events += 1;
        if let State::Resting(resting) = &mut key.state {
            let monitor = Monitor::resume(std::mem::take(resting), self.limits);
            key.state = State::Active(Box::new(Active::new(monitor, self.events)));
            self.active.push(number);
        }
        let mut found = None;
        if let State::Active(active) = &mut key.state {
            active.last = self.events;
            let before = active.violates();
            active.event(event);
            found = (!before && active.violates()).then_some(number);
        }
        if self.events.is_multiple_of(TIDY) {
            let idle = self.tidy();
            found = found.or(idle);
        }
        found
    }

    /// Lets go what nobody needs. Keys that were idle may be found to be violations with that.
    fn tidy(&mut self) -> Option<u32> {
        let mut found = None;
        let (keys, events) = (&mut self.keys, self.events);
        self.active.retain(|&number| {
            let State::Active(active) = &mut keys[number as usize].state else {
                return false;
            };
            if active.last + IDLE <= events && !active.violates() {
                if let Some(resting) = active.monitor.rest() {
                    keys[number as usize].state = State::Resting(resting);
                    return false;
                }
                found = found.or(active.violates().then_some(number));
            }
            active.commands = active.commands.split_off(&active.monitor.oldest());
            while active.commands.len() > MOST_COMMANDS {
                active.commands.pop_first();
            }
            true
        });
        found
    }

    /// Nothing has come for a while: is a key a violation whatever the answers still to come? The first of these.
    pub fn glance(&mut self) -> Option<u32> {
        let mut found = None;
        for &number in &self.active {
            if let State::Active(active) = &mut self.keys[number as usize].state
                && std::mem::take(&mut active.changed)
                && !active.violates()
                && let Watched::Violation(_) = active.monitor.glance()
            {
                found = found.or(Some(number));
            }
        }
        found
    }

    /// What is known when there is no more, or nobody wants to hear it.
    #[must_use]
    pub fn finish(self) -> Seen {
        self.ends().first()
    }

    /// What is known in the end of the keys that are not linearizable.
    #[must_use]
    pub fn ends(self) -> Ends {
        let mut keys = Vec::new();
        for key in self.keys {
            let State::Active(active) = key.state else { continue };
            match active.monitor.finish() {
                Watched::Linearizable => {}
                watched => keys.push(End {
                    key: key.name,
                    operations: key.operations,
                    watched,
                    commands: active.commands,
                    open: active.open,
                }),
            }
        }
        Ends {
            keys,
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

pub(super) struct End {
    pub(super) key: String,
    pub(super) operations: u64,
    pub(super) watched: Watched,
    pub(super) commands: BTreeMap<u64, Vec<Command<'static>>>,
    pub(super) open: FxHashSet<u64>,
}

impl Ends {
    /// Each of them, and its operations.
    pub fn keys(&self) -> impl Iterator<Item = (&str, u64)> {
        self.keys.iter().map(|end| (end.key.as_str(), end.operations))
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
        let violates = |end: &End| matches!(end.watched, Watched::Violation(_));
        if self.keys.iter().any(violates) {
            self.keys.retain(violates);
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

fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
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
