//! A key that is too long to be kept.

use std::collections::BTreeSet;

use oversell_spec::stock::{StockOp, StockRet};

use oversell_checker::{
    engines::Limits,
    examine::{Seen, Watch},
    history::{Command, Event, Happened, Header, StockEvent, StockHistory, Texts, What},
};

/// A key of which only the end is kept.
pub(super) struct Long {
    pub(super) name: String,
    pub(super) initial: u64,
    watch: Watch,
    /// How many names of units the watch knows.
    units: u32,
    /// Has it been found that the key violates?
    pub(super) violates: bool,
    /// Is what shows it kept already?
    pub(super) told: bool,
}

impl Long {
    /// Goes on where a history ends, in which `failed` had no effect.
    pub(super) fn after(
        begun: &StockHistory,
        failed: &BTreeSet<usize>,
        units: &Texts,
        header: Header,
        limits: Limits,
    ) -> Self {
        let mut watch = Watch::new(header, limits);
        watch.start_key(begun.key.clone(), begun.initial);
        let mut long = Self {
            name: begun.key.clone(),
            initial: begun.initial,
            watch,
            units: 0,
            violates: false,
            told: false,
        };
        long.name_units(units);
        // Invocations come before completions where times are equal.
        let mut ends = Vec::with_capacity(2 * begun.operations.len());
        for (index, operation) in begun.operations.iter().enumerate() {
            ends.push((operation.invoked, false, index));
            let response = operation.response.as_ref().map(|response| response.at);
            let failed = || failed.contains(&index).then_some(operation.invoked);
            ends.extend(response.or_else(failed).map(|at| (at, true, index)));
        }
        let unknown = begun.unknown.iter();
        ends.extend(unknown.map(|unknown| (unknown.at, true, unknown.operation as usize)));
        ends.sort_unstable();
        for (time, over, index) in ends {
            let operation = &begun.operations[index];
            let what = match operation.response {
                _ if !over => What::Invoke(operation.op),
                Some(response) => What::Ok(response.ret),
                None if failed.contains(&index) => What::Fail,
                None => What::Info(None),
            };
            let commands = begun.commands.of(index).filter(|_| over).map(Command::into_owned);
            long.add(index as u64, time, operation.process, what, commands.collect());
        }
        long
    }

    /// Learns the names of units that were added.
    pub(super) fn name_units(&mut self, units: &Texts) {
        while let Some(name) = units.get(self.units) {
            self.watch.name_unit(name);
            self.units += 1;
        }
    }

    pub(super) fn event<'a>(&mut self, number: u64, event: &StockEvent, commands: impl Iterator<Item = Command<'a>>) {
        let what = match &event.happened {
            Happened::Invoked => What::Invoke(event.op),
            Happened::Answered(ret) => What::Ok(*ret),
            Happened::Failed => What::Fail,
            Happened::Lost(why) => What::Info(Some(why.clone())),
        };
        let commands = commands.map(Command::into_owned).collect();
        self.add(number, event.at, event.process, what, commands);
    }

    fn add(
        &mut self,
        operation: u64,
        time: u64,
        process: i64,
        what: What<StockOp, StockRet>,
        commands: Vec<Command<'static>>,
    ) {
        let found = self.watch.event(Event {
            line: 0,
            time,
            process,
            key: 0,
            operation,
            what,
            commands,
        });
        self.violates |= found.is_some();
    }

    pub(super) fn finish(self) -> Seen {
        self.watch.finish()
    }
}
