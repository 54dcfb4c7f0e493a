//! Checks a history of registers, or of a key-value store, while it arrives, key by key.

use std::collections::BTreeMap;

use oversell_spec::SequentialSpec;
use oversell_spec::{Kv, Register};
use rustc_hash::FxHashSet;

use super::watched_keys::{End, Watchable, Watcher};
use crate::{
    engines::{
        Limits, Watched,
        general::{AtRest, Followed, Monitor},
    },
    history::{Event, Vocabulary, What},
};

/// Configurations for each few hundred operations on a key, at most: it takes a second or so to find that these are too many.
const MOST_CONFIGURATIONS: u64 = 1 << 21;

/// A specification whose histories are followed as texts.
pub trait Followable:
    Followed + Vocabulary<Op = <Self as SequentialSpec>::Op, Ret = <Self as SequentialSpec>::Ret, Initial = String>
{
}

impl Followable for Register<String> {}
impl Followable for Kv {}

/// A [`Monitor`] of a key that is being acted on.
pub struct Active<V: Followable> {
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

/// No part of the history is kept: what shows a violation has to be read again.
impl<V: Followable> Watchable for V {
    type Watcher = Active<V>;

    fn watcher(initial: String, limits: Limits) -> Active<V> {
        Active::new(Monitor::new(&V::with(initial), limits))
    }

    fn of(limits: Limits) -> Limits {
        Limits {
            configurations: limits.configurations.min(MOST_CONFIGURATIONS),
            ..limits
        }
    }
}
