//! Checks a history of registers, or of a key-value store, while it arrives, key by key.

use std::collections::BTreeMap;

use oversell_spec::SequentialSpec;
use oversell_spec::{Kv, Register};
use rustc_hash::FxHashSet;

use super::{
    watch::Ends,
    watched_keys::{End, Keys, Watcher},
};
use crate::{
    engines::{
        Limits, Watched,
        general::{AtRest, Followed, Monitor},
    },
    history::{Clock, Event, Header, Texts, Vocabulary, What},
};

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
    keys: Keys<Active<V>>,
}

struct Active<V: Followable> {
    monitor: Monitor<V>,
    /// Operations to which nothing has come: neither an answer nor that they are lost.
    open: FxHashSet<u64>,
}

impl<V: Followable> Active<V> {
    fn new(monitor: Monitor<V>) -> Self {
        Self {
            monitor,
            open: FxHashSet::default(),
        }
    }
}

impl<V: Followable> Watcher for Active<V> {
    type Spec = V;
    type Rest = AtRest;

    fn resume(rest: &mut AtRest, limits: Limits) -> Self {
        Self::new(Monitor::resume(rest, limits))
    }

    fn event(&mut self, event: Event<V>) {
        if !matches!(self.monitor.watched(), Watched::Linearizable) {
            return;
        }
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

    fn rest(&mut self) -> Option<AtRest> {
        self.monitor.rest()
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
            commands: BTreeMap::new(),
            open: self.open,
        }
    }
}

impl<V: Followable> ValueWatch<V> {
    /// Of a history with this header.
    #[must_use]
    pub fn new(header: Header, limits: Limits) -> Self {
        Self {
            header,
            keys: Keys::new(Limits {
                configurations: limits.configurations.min(MOST_CONFIGURATIONS),
                ..limits
            }),
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

    /// The next key that events will name has this name and holds this at first.
    pub fn start_key(&mut self, name: String, initial: String) {
        let monitor = Monitor::new(&V::with(initial), self.keys.limits());
        self.keys.start(name, Active::new(monitor));
    }

    /// The next event, of a key that was started. Names a key that has just been found to be a violation.
    ///
    /// # Panics
    /// When the key was not started.
    pub fn event(&mut self, event: Event<V>) -> Option<u32> {
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
    pub fn with(&self, events: &[Event<V>]) -> Option<u32> {
        self.keys.with(events)
    }

    /// Is this key a violation, whatever the answers still to come?
    ///
    /// # Panics
    /// When it was not started.
    pub fn glance_at(&mut self, key: u32) -> bool {
        self.keys.glance_at(key)
    }

    /// What is known in the end of the keys that are not linearizable. No part of the history is kept: what shows a violation
    /// has to be read again.
    #[must_use]
    pub fn ends(self) -> Ends {
        Ends {
            keys: self.keys.ends(),
            header: self.header,
            clock: Clock::Nanoseconds,
            units: Texts::new(),
        }
    }
}
