//! A history of whichever specification, checked as it comes.

use oversell_models::spec::{Kv, Register};

use super::feed::{Further, Gathered, Group};
use crate::{
    checker::Limits,
    history::{Event, Header, Spec},
    trial::{Ends, Followable, ValueWatch, Watch},
};

/// See the module.
pub(super) struct Watching {
    spec: Spec,
    what: What,
    /// The line of the last event.
    line: u64,
}

enum What {
    Stock(Box<Watch>),
    Register(Box<ValueWatch<Register<String>>>),
    Kv(Box<ValueWatch<Kv>>),
}

/// Does the same with a watch of any kind.
macro_rules! each {
    ($watching:expr, $name:ident => $do:expr) => {
        match $watching {
            What::Stock($name) => $do,
            What::Register($name) => $do,
            What::Kv($name) => $do,
        }
    };
}

impl Watching {
    pub(super) fn new(header: Header, limits: Limits) -> Self {
        Self {
            spec: header.spec,
            line: 0,
            what: match header.spec {
                Spec::Stock => What::Stock(Box::new(Watch::new(header, limits))),
                Spec::Register => What::Register(Box::new(ValueWatch::new(header, limits))),
                Spec::Kv => What::Kv(Box::new(ValueWatch::new(header, limits))),
            },
        }
    }

    pub(super) const fn spec(&self) -> Spec {
        self.spec
    }

    /// The line of the last event that was checked.
    pub(super) const fn line(&self) -> u64 {
        self.line
    }

    pub(super) fn operations(&self) -> u64 {
        each!(&self.what, watch => watch.operations())
    }

    pub(super) fn keys(&self) -> usize {
        each!(&self.what, watch => watch.keys())
    }

    pub(super) fn key(&self, key: u32) -> &str {
        each!(&self.what, watch => watch.key(key))
    }

    /// Is a key a violation whatever the answers still to come?
    pub(super) fn glance(&mut self) -> Option<u32> {
        each!(&mut self.what, watch => watch.glance())
    }

    pub(super) fn ends(self) -> Ends {
        each!(self.what, watch => watch.ends())
    }

    /// Checks what has come. `found` hears of each key that is found to be a violation.
    pub(super) fn add(&mut self, group: Group, found: &mut impl FnMut(&Self, u32) -> Further) -> Further {
        match (&mut self.what, group) {
            (What::Stock(watch), Group::Stock(gathered)) => {
                for (key, initial) in gathered.keys {
                    watch.start_key(key, initial);
                }
                for unit in gathered.units {
                    watch.name_unit(&unit);
                }
                if let Some(clock) = gathered.clock {
                    watch.set_clock(clock);
                }
                for event in gathered.events {
                    self.line = event.line;
                    if let What::Stock(watch) = &mut self.what
                        && let Some(key) = watch.event(event)
                        && found(self, key) == Further::Enough
                    {
                        return Further::Enough;
                    }
                }
                Further::Yes
            }
            (What::Register(_), Group::Register(gathered)) => self.add_values(gathered, found, |what| match what {
                What::Register(watch) => Some(watch),
                _ => None,
            }),
            (What::Kv(_), Group::Kv(gathered)) => self.add_values(gathered, found, |what| match what {
                What::Kv(watch) => Some(watch),
                _ => None,
            }),
            // The header says what all of it is.
            _ => Further::Yes,
        }
    }

    fn add_values<V: Followable>(
        &mut self,
        gathered: Gathered<V>,
        found: &mut impl FnMut(&Self, u32) -> Further,
        watch: impl Fn(&mut What) -> Option<&mut Box<ValueWatch<V>>>,
    ) -> Further {
        for (key, initial) in gathered.keys {
            if let Some(watch) = watch(&mut self.what) {
                watch.start_key(key, initial);
            }
        }
        let mut check = |this: &mut Self, event: Event<V>| {
            this.line = event.line;
            let key = watch(&mut this.what).and_then(|watch| watch.event(event));
            key.map_or(Further::Yes, |key| found(this, key))
        };
        let enough = gathered
            .events
            .into_iter()
            .any(|event| check(self, event) == Further::Enough);
        if enough { Further::Enough } else { Further::Yes }
    }
}
