//! Checks a history of stock counters while it arrives, key by key.

use std::collections::BTreeMap;

use oversell_models::spec::Stock;

use crate::{
    checker::{Limit, Limits, Monitor, Stretch, Watched},
    history::{Clock, Command, Event, Header, History, Initial, Spec, StockHistory, Texts, What},
};

/// Every so many events the commands of operations that no explanation needs any more are let go.
const TIDY: u64 = 1 << 14;

/// A [`Monitor`] for each key, and what an explanation needs beside operations.
pub struct Watch {
    header: Header,
    clock: Clock,
    limits: Limits,
    keys: Vec<Key>,
    /// The names of the units sold.
    units: Texts,
    operations: u64,
    events: u64,
}

struct Key {
    name: String,
    monitor: Monitor,
    commands: BTreeMap<u64, Vec<Command<'static>>>,
    /// It has had events since it was last looked at.
    changed: bool,
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
            units: Texts::new(),
            operations: 0,
            events: 0,
        }
    }

    /// Operations invoked so far.
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
        self.keys.push(Key {
            name,
            monitor: Monitor::new(initial, self.limits),
            commands: BTreeMap::new(),
            changed: false,
        });
    }

    /// The next unit that is named.
    pub fn name_unit(&mut self, name: &str) {
        self.units.intern(name);
    }

    /// The next event, of a key that was started. Says whether its key has just been found to be a violation.
    ///
    /// # Panics
    /// When the key was not started.
    pub fn event(&mut self, event: Event<Stock>) -> bool {
        let key = &mut self.keys[event.key as usize];
        key.changed = true;
        match event.what {
            What::Invoke(op) => {
                self.operations += 1;
                key.monitor.invoke(event.process, event.time, op);
            }
            What::Ok(ret) => key.monitor.respond(event.operation, event.time, ret),
            What::Fail => key.monitor.fail(event.operation),
            What::Info(_) => key.monitor.lose(event.operation),
        }
        if !event.commands.is_empty() {
            key.commands.insert(event.operation, event.commands);
        }
        self.events += 1;
        if self.events.is_multiple_of(TIDY) {
            for key in &mut self.keys {
                key.commands = key.commands.split_off(&key.monitor.oldest());
            }
        }
        matches!(self.keys[event.key as usize].monitor.watched(), Watched::Violation(_))
    }

    /// Nothing has come for a while: is a key a violation whatever the answers still to come?
    pub fn glance(&mut self) -> bool {
        let mut found = false;
        for key in self.keys.iter_mut().filter(|key| key.changed) {
            key.changed = false;
            found |= matches!(key.monitor.glance(), Watched::Violation(_));
        }
        found
    }

    /// What is known when there is no more, or nobody wants to hear it.
    #[must_use]
    pub fn finish(self) -> Seen {
        let mut undecided = None;
        for key in self.keys {
            match key.monitor.finish() {
                Watched::Linearizable => {}
                Watched::Undecided(limit) => undecided = undecided.or(Some((key.name, limit))),
                Watched::Violation(stretches) => {
                    let stretch = stretches.into_iter().next();
                    let before = stretch.as_ref().and_then(|stretch| stretch.numbers.first().copied());
                    let history = stretch.map(|stretch| {
                        let shown = history(self.header, &key.name, stretch, &key.commands, self.units);
                        Box::new(History {
                            clock: self.clock,
                            ..shown
                        })
                    });
                    return Seen::Violation {
                        key: key.name,
                        before: before.unwrap_or(0),
                        history,
                    };
                }
            }
        }
        undecided.map_or(Seen::Linearizable, |(key, limit)| Seen::Undecided { key, limit })
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
