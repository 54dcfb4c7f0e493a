//! Keys of which each is watched while its operations arrive, and that rest when nothing comes any more.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use crate::{
    engines::{Limits, Watched},
    history::{Command, Event, Vocabulary, What},
};

/// Every so many events it is looked at which keys may rest.
const TIDY: u64 = 1 << 14;
/// A key about which nothing has come for so many events may rest.
const IDLE: u64 = 1 << 16;

/// What watches one key.
pub trait Watcher: Sized {
    /// The specification.
    type Spec: Vocabulary;
    /// What is kept of a key that rests.
    type Rest: Clone;

    /// Goes on with a key that rested; what is left of `rest` is needed no more.
    fn resume(rest: &mut Self::Rest, limits: Limits) -> Self;

    /// The next event on the key.
    fn event(&mut self, event: Event<Self::Spec>);

    /// Is the key known to be a violation?
    fn violates(&self) -> bool;

    /// Lets the key rest, if nothing more is to be known of it than its state. It may be found to be a violation with that.
    fn rest(&mut self) -> Option<Self::Rest>;

    /// Lets go what nobody needs.
    fn tidy(&mut self) {}

    /// Nothing has come for a while: is it a violation whatever the answers still to come?
    fn glance(&mut self) -> bool;

    /// One more that knows as much, to ask what would be.
    fn fork(&self) -> Self;

    /// What is known of a key of this name in the end, after so many operations.
    fn end(self, key: String, operations: u64) -> End;
}

/// A specification whose histories can be checked while they arrive.
pub trait Watchable: Vocabulary {
    /// What watches one key.
    #[doc(hidden)]
    type Watcher: Watcher<Spec = Self>;

    /// Of a key that holds this at first.
    #[doc(hidden)]
    fn watcher(initial: Self::Initial, limits: Limits) -> Self::Watcher;

    /// What one key may spend of these limits.
    #[doc(hidden)]
    fn of(limits: Limits) -> Limits {
        limits
    }
}

/// What is known of one key in the end.
pub struct End {
    pub(super) key: String,
    pub(super) operations: u64,
    pub(super) watched: Watched,
    pub(super) commands: BTreeMap<u64, Vec<Command<'static>>>,
    pub(super) open: FxHashSet<u64>,
}

impl End {
    pub(super) const fn is_violation(&self) -> bool {
        matches!(self.watched, Watched::Violation(_))
    }
}

/// The keys of a history.
pub(super) struct Keys<W: Watcher> {
    limits: Limits,
    keys: Vec<Key<W>>,
    /// The keys that do not rest.
    active: Vec<u32>,
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
    /// It has had events since it was last looked at.
    changed: bool,
    /// How many events there had been when its last one came.
    last: u64,
}

impl<W: Watcher> Keys<W> {
    pub(super) const fn new(limits: Limits) -> Self {
        Self {
            limits,
            keys: Vec::new(),
            active: Vec::new(),
            operations: 0,
            events: 0,
        }
    }

    pub(super) const fn limits(&self) -> Limits {
        self.limits
    }

    /// Operations so far, those that certainly had no effect not counted.
    pub(super) const fn operations(&self) -> u64 {
        self.operations
    }

    /// How many keys there are.
    pub(super) const fn len(&self) -> usize {
        self.keys.len()
    }

    /// The name of a key that was started.
    pub(super) fn name(&self, key: u32) -> &str {
        &self.keys[key as usize].name
    }

    /// The next key that events will name.
    pub(super) fn start(&mut self, name: String, watcher: W) {
        self.active.push(u32::try_from(self.keys.len()).unwrap_or(u32::MAX));
        let state = self.active(watcher);
        self.keys.push(Key {
            name: name.into(),
            operations: 0,
            state,
        });
    }

    fn active(&self, watcher: W) -> State<W> {
        State::Active(Box::new(Active {
            watcher,
            changed: false,
            last: self.events,
        }))
    }

    /// The next event, of a key that was started. Names a key that has just been found to be a violation.
    pub(super) fn event(&mut self, event: Event<W::Spec>) -> Option<u32> {
        let number = event.key;
        let key = &mut self.keys[number as usize];
        match event.what {
            What::Invoke(_) => (key.operations, self.operations) = (key.operations + 1, self.operations + 1),
            What::Fail => (key.operations, self.operations) = (key.operations - 1, self.operations - 1),
            What::Ok(_) | What::Info(_) => {}
        }
        self.events += 1;
        if let State::Resting(rest) = &mut key.state {
            let watcher = W::resume(rest, self.limits);
            let state = self.active(watcher);
            self.keys[number as usize].state = state;
            self.active.push(number);
        }
        let mut found = None;
        if let State::Active(active) = &mut self.keys[number as usize].state {
            active.last = self.events;
            if !active.watcher.violates() {
                active.changed = true;
                active.watcher.event(event);
                found = active.watcher.violates().then_some(number);
            }
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
            active.watcher.tidy();
            true
        });
        found
    }

    /// Nothing has come for a while: is a key a violation whatever the answers still to come? The first of these.
    pub(super) fn glance(&mut self) -> Option<u32> {
        let mut found = None;
        for &number in &self.active {
            if let State::Active(active) = &mut self.keys[number as usize].state
                && std::mem::take(&mut active.changed)
                && !active.watcher.violates()
                && active.watcher.glance()
            {
                found = found.or(Some(number));
            }
        }
        found
    }

    /// Is a key a violation with these events, whatever comes after their time? The first of these. They are not the next ones
    /// yet: there may be more of their time.
    pub(super) fn with(&self, events: &[Event<W::Spec>]) -> Option<u32> {
        let mut by_key: Vec<&Event<W::Spec>> = events.iter().collect();
        by_key.sort_by_key(|event| event.key);
        let mut keys = by_key.chunk_by(|one, other| one.key == other.key);
        keys.find_map(|events| {
            let number = events.first()?.key;
            let mut watcher = match &self.keys[number as usize].state {
                State::Active(active) if active.watcher.violates() => return None,
                State::Active(active) => active.watcher.fork(),
                State::Resting(rest) => W::resume(&mut rest.clone(), self.limits),
            };
            for &event in events {
                watcher.event(event.clone());
            }
            (watcher.violates() || watcher.glance()).then_some(number)
        })
    }

    /// What is known in the end of the keys that are not linearizable.
    pub(super) fn ends(self) -> Vec<End> {
        let ends = self.keys.into_iter().filter_map(|key| match key.state {
            State::Active(active) => Some(active.watcher.end(key.name.into(), key.operations)),
            State::Resting(_) => None,
        });
        ends.filter(|end| !matches!(end.watched, Watched::Linearizable))
            .collect()
    }
}
