//! A key that is too long to be kept.

use oversell_checker::{
    engines::Limits,
    examine::{Seen, Watch},
    history::{Command, Event, Header, StockEvent, Texts, What},
};

use super::{super::sold::Sold, gathered::Gathered};

/// A key of which only the end is kept.
pub(super) struct Long<S: Sold> {
    pub(super) name: String,
    pub(super) initial: S::Initial,
    watch: Watch<S>,
    /// How many names of units the watch knows.
    units: u32,
    /// Has it been found that the key violates?
    pub(super) violates: bool,
    /// Is what shows it kept already?
    pub(super) told: bool,
}

impl<S: Sold> Long<S> {
    /// Goes on where that ends.
    pub(super) fn after(begun: &Gathered<S>, units: &Texts, header: Header, limits: Limits) -> Self {
        let key = &begun.key;
        let mut watch = Watch::new(header, limits);
        watch.start_key(key.key.clone(), key.initial);
        let mut long = Self {
            name: key.key.clone(),
            initial: key.initial,
            watch,
            units: 0,
            violates: false,
            told: false,
        };
        // Invocations come before completions where times are equal.
        let mut events = Vec::with_capacity(2 * key.operations.len());
        for (index, operation) in key.operations.iter().enumerate() {
            events.push((operation.invoked, index, What::Invoke(operation.op)));
            let response = operation
                .response
                .map(|response| (response.at, index, What::Ok(response.ret)));
            events.extend(response);
        }
        let failed = begun.failed.iter().map(|&index| index as usize);
        events.extend(failed.map(|index| (key.operations[index].invoked, index, What::Fail)));
        let unknown = key.unknown.iter();
        events.extend(unknown.map(|unknown| (unknown.at, unknown.operation as usize, What::Info(None))));
        events.sort_by_key(|(time, _, what)| (*time, !matches!(what, What::Invoke(_))));
        for (time, index, what) in events {
            let over = !matches!(what, What::Invoke(_));
            let commands = key.commands.of(index).filter(|_| over).map(Command::into_owned);
            let event = Event {
                line: 0,
                time,
                process: key.operations[index].process,
                key: 0,
                operation: index as u64,
                what,
                commands: commands.collect(),
            };
            long.watch(event, units);
        }
        long
    }

    /// The next event; `units` are the names of the units so far.
    pub(super) fn event<'a>(&mut self, event: &StockEvent, units: &Texts, commands: impl Iterator<Item = Command<'a>>) {
        self.watch(S::happened(event.with(commands)), units);
    }

    fn watch(&mut self, event: Event<S>, units: &Texts) {
        while let Some(name) = units.get(self.units) {
            self.watch.name_unit(name);
            self.units += 1;
        }
        self.violates |= self.watch.event(event).is_some();
    }

    pub(super) fn finish(self) -> Seen {
        self.watch.ends().first()
    }
}
