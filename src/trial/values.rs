//! Checks a history of registers, or of a key-value store, while it arrives, key by key.

use std::collections::BTreeMap;

use oversell_models::spec::{Kv, Register};
use rustc_hash::FxHashSet;
use stateright::semantics::SequentialSpec;

use super::watch::{End, Ends};
use crate::{
    checker::{
        Limits, Watched,
        general::{AtRest, Followed, Monitor},
    },
    history::{Clock, Event, Header, Texts, Vocabulary, What},
};

/// Every so many events it is looked at which keys may rest.
const TIDY: u64 = 1 << 14;
/// A key about which nothing has come for so many events may rest.
const IDLE: u64 = 1 << 16;
/// Configurations for each few hundred operations on a key, at most: it takes a second or so to find that these are too many.
const MOST_CONFIGURATIONS: u64 = 1 << 21;

/// A specification whose histories can be followed by [`ValueWatch`].
pub trait Followable:
    Followed + Vocabulary<Op = <Self as SequentialSpec>::Op, Ret = <Self as SequentialSpec>::Ret, Initial = String>
{
}

impl Followable for Register<String> {}
impl Followable for Kv {}

/// A [`Monitor`] for each key that is being acted on.
pub struct ValueWatch<V: Followable> {
    header: Header,
    limits: Limits,
    keys: Vec<Key<V>>,
    /// The keys that do not rest.
    active: Vec<u32>,
    operations: u64,
    events: u64,
}

struct Key<V: Followable> {
    name: Box<str>,
    operations: u64,
    state: State<V>,
}

enum State<V: Followable> {
    Active(Box<Active<V>>),
    Resting(AtRest),
}

struct Active<V: Followable> {
    monitor: Monitor<V>,
    /// Operations to which nothing has come: neither an answer nor that they are lost.
    open: FxHashSet<u64>,
    /// It has had events since it was last looked at.
    changed: bool,
    /// How many events there had been when its last one came.
    last: u64,
}

impl<V: Followable> Active<V> {
    fn new(monitor: Monitor<V>, last: u64) -> Box<Self> {
        Box::new(Self {
            monitor,
            open: FxHashSet::default(),
            changed: false,
            last,
        })
    }

    fn event(&mut self, event: Event<V>) {
        if !matches!(self.monitor.watched(), Watched::Linearizable) {
            return;
        }
        self.changed = true;
        match event.what {
            What::Invoke(op) => {
                self.open.insert(event.operation);
                self.monitor.invoke(event.time, op);
                return;
            }
            What::Ok(ret) => self.monitor.respond(event.operation, event.time, ret),
            What::Fail => self.monitor.fail(event.operation),
            What::Info(_) => self.monitor.lose(event.operation),
        }
        self.open.remove(&event.operation);
    }

    fn violates(&self) -> bool {
        matches!(self.monitor.watched(), Watched::Violation(_))
    }
}

impl<V: Followable> ValueWatch<V> {
    /// Of a history with this header.
    #[must_use]
    pub fn new(header: Header, limits: Limits) -> Self {
        Self {
            header,
            limits: Limits {
                configurations: limits.configurations.min(MOST_CONFIGURATIONS),
                ..limits
            },
            keys: Vec::new(),
            active: Vec::new(),
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

    /// The name of a key that was started.
    #[must_use]
    pub fn key(&self, key: u32) -> &str {
        &self.keys[key as usize].name
    }

    /// The next key that events will name has this name and holds this at first.
    pub fn start_key(&mut self, name: String, initial: String) {
        self.active.push(u32::try_from(self.keys.len()).unwrap_or(u32::MAX));
        let monitor = Monitor::new(&V::with(initial), self.limits);
        self.keys.push(Key {
            name: name.into(),
            operations: 0,
            state: State::Active(Active::new(monitor, self.events)),
        });
    }

    /// The next event, of a key that was started. Names a key that has just been found to be a violation.
    ///
    /// # Panics
    /// When the key was not started.
    pub fn event(&mut self, event: Event<V>) -> Option<u32> {
        let number = event.key;
        let key = &mut self.keys[number as usize];
        match event.what {
            What::Invoke(_) => (key.operations, self.operations) = (key.operations + 1, self.operations + 1),
            What::Fail => (key.operations, self.operations) = (key.operations - 1, self.operations - 1),
            What::Ok(_) | What::Info(_) => {}
        }
        self.events += 1;
        if let State::Resting(resting) = &key.state {
            key.state = State::Active(Active::new(Monitor::resume(resting, self.limits), self.events));
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

    /// Lets idle keys rest. They may be found to be violations with that.
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

    /// What is known in the end of the keys that are not linearizable. No part of the history is kept: what shows a violation
    /// has to be read again.
    #[must_use]
    pub fn ends(self) -> Ends {
        let mut keys = Vec::new();
        for key in self.keys {
            let State::Active(active) = key.state else { continue };
            match active.monitor.finish() {
                Watched::Linearizable => {}
                watched => keys.push(End {
                    key: key.name.into(),
                    operations: key.operations,
                    watched,
                    commands: BTreeMap::new(),
                    open: active.open,
                }),
            }
        }
        Ends {
            keys,
            header: self.header,
            clock: Clock::Nanoseconds,
            units: Texts::new(),
        }
    }
}
