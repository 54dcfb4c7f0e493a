//! Checks a history while it arrives, key by key. Keys rest when nothing comes any more.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::{
    ends::{End, Ends},
    watcher::{Watchable, Watcher},
};
use crate::{
    engines::{Limits, Watched},
    history::{Clock, Command, Event, Header, Texts, What},
};

/// Every so many events it is looked at which keys may rest.
const TIDY: u64 = 1 << 14;
/// A key about which nothing has come for so many events may rest.
const IDLE: u64 = 1 << 16;
/// Operations of a key whose commands are kept, at most: some 10 MB.
const MOST_COMMANDS: usize = 1 << 15;

/// A monitor for each key that is being acted on, and what an explanation needs beside operations.
pub struct Watch<S: Watchable> {
    header: Header,
    clock: Clock,
    limits: Limits,
    keys: Vec<Key<S::Watcher>>,
    /// The keys that do not rest.
    active: Vec<u32>,
    /// The names of the units sold.
    units: Texts,
    operations: u64,
    events: u64,
}

struct Key<W: Watcher> {
    name: Box<str>,
    operations: u64,
    state: State<W>,
}

enum State<W: Watcher> {
    Active(Box<Active<W>>),
    Resting(W::Rest),
}

struct Active<W> {
    watcher: W,
    /// The commands that were sent, where an explanation might need them.
    commands: BTreeMap<u64, Vec<Command<'static>>>,
    /// Operations to which nothing has come: neither an answer nor that they are lost.
    open: FxHashSet<u64>,
    /// It has had events since it was last looked at.
    changed: bool,
    /// How many events there had been when its last one came.
    last: u64,
}

impl<W: Watcher> State<W> {
    fn active(watcher: W, events: u64) -> Self {
        Self::Active(Box::new(Active {
            watcher,
            commands: BTreeMap::new(),
            open: FxHashSet::default(),
            changed: false,
            last: events,
        }))
    }
}

impl<W: Watcher> Active<W> {
    /// The next event. Says whether the key has just been found to be a violation.
    fn event(&mut self, mut event: Event<W::Spec>) -> bool {
        if !self.watcher.goes_on() {
            // What is kept of it stays as it is.
            return false;
        }
        self.changed = true;
        let (operation, commands) = (event.operation, std::mem::take(&mut event.commands));
        if matches!(event.what, What::Invoke(_)) {
            self.open.insert(operation);
        } else {
            self.open.remove(&operation);
        }
        if !commands.is_empty() && self.watcher.oldest().is_some() {
            self.commands.insert(operation, commands);
        }
        self.watcher.event(event);
        self.watcher.violates()
    }

    /// Lets go what nobody needs.
    fn tidy(&mut self) {
        if let Some(oldest) = self.watcher.oldest() {
            self.commands = self.commands.split_off(&oldest);
        }
        while self.commands.len() > MOST_COMMANDS {
            self.commands.pop_first();
        }
    }
}

impl<S: Watchable> Watch<S> {
    /// Of a history with this header.
    #[must_use]
    pub fn new(header: Header, limits: Limits) -> Self {
        Self {
            header,
            clock: Clock::Nanoseconds,
            limits: Limits {
                configurations: limits.configurations.min(S::MOST_CONFIGURATIONS),
                ..limits
            },
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

    /// The name of a key that was started.
    #[must_use]
    pub fn key(&self, key: u32) -> &str {
        &self.keys[key as usize].name
    }

    /// What the times of the events are.
    pub const fn set_clock(&mut self, clock: Clock) {
        self.clock = clock;
    }

    /// The next key that events will name has this name and holds this at first.
    pub fn start_key(&mut self, name: String, initial: S::Initial) {
        self.active.push(u32::try_from(self.keys.len()).unwrap_or(u32::MAX));
        self.keys.push(Key {
            name: name.into(),
            operations: 0,
            state: State::active(S::watcher(initial, self.limits), self.events),
        });
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
        let number = event.key;
        let key = &mut self.keys[number as usize];
        match event.what {
            What::Invoke(_) => (key.operations, self.operations) = (key.operations + 1, self.operations + 1),
            What::Fail => (key.operations, self.operations) = (key.operations - 1, self.operations - 1),
            What::Ok(_) | What::Info(_) => {}
        }
        self.events += 1;
        if let State::Resting(rest) = &mut key.state {
            key.state = State::active(S::Watcher::resume(rest, self.limits), self.events);
            self.active.push(number);
        }
        let mut found = None;
        if let State::Active(active) = &mut key.state {
            active.last = self.events;
            found = active.event(event).then_some(number);
        }
        if self.events.is_multiple_of(TIDY) {
            let idle = self.tidy();
            found = found.or(idle);
        }
        found
    }

    /// Lets idle keys rest, and go what nobody needs. Keys may be found to be violations with that.
    fn tidy(&mut self) -> Option<u32> {
        let mut found = None;
        let (keys, events) = (&mut self.keys, self.events);
        self.active.retain(|&number| {
            let State::Active(active) = &mut keys[number as usize].state else {
                return false;
            };
            if active.last + IDLE <= events && !active.watcher.violates() {
                if let Some(rest) = active.watcher.rest() {
                    keys[number as usize].state = State::Resting(rest);
                    return false;
                }
                found = found.or(active.watcher.violates().then_some(number));
            }
            active.tidy();
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
                && !active.watcher.violates()
                && matches!(active.watcher.glance(), Watched::Violation(_))
            {
                found = found.or(Some(number));
            }
        }
        found
    }

    /// Is a key a violation with these events, in order, whatever comes after their time? The first of these. They are not the
    /// next ones yet: there may be more of their time.
    ///
    /// # Panics
    /// When a key was not started.
    #[must_use]
    pub fn with(&self, events: &[Event<S>]) -> Option<u32> {
        let mut by_key: Vec<&Event<S>> = events.iter().collect();
        by_key.sort_by_key(|event| event.key);
        let mut keys = by_key.chunk_by(|one, other| one.key == other.key);
        keys.find_map(|events| {
            let number = events.first()?.key;
            let mut watcher = match &self.keys[number as usize].state {
                State::Active(active) if active.watcher.violates() => return None,
                State::Active(active) => active.watcher.clone(),
                State::Resting(rest) => S::Watcher::resume(&mut rest.clone(), self.limits),
            };
            for &event in events {
                if watcher.goes_on() {
                    watcher.event(event.clone());
                }
            }
            matches!(watcher.glance(), Watched::Violation(_)).then_some(number)
        })
    }

    /// What is known in the end of the keys that are not linearizable.
    #[must_use]
    pub fn ends(self) -> Ends {
        let keys = self.keys.into_iter().filter_map(|key| {
            let State::Active(active) = key.state else { return None };
            Some(End {
                key: key.name.into(),
                operations: key.operations,
                watched: active.watcher.finish(),
                commands: active.commands,
                open: active.open,
            })
        });
        Ends {
            keys: keys
                .filter(|end| !matches!(end.watched, Watched::Linearizable))
                .collect(),
            header: self.header,
            clock: self.clock,
            units: self.units,
        }
    }
}
