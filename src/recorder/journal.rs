//! Where the records of a run are gathered.

use oversell_checker::history::{CommandLog, Happened, StockEvent, StockHistory, Texts};
use oversell_models::strategy::Purchase;
use oversell_spec::stock::{StockOp, StockRet, Unit};

use super::{Clock, Collector, Entry, Outbox, Recorded};

/// How much is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Recording {
    /// Nothing: there is no history and no verdict, only counts. To measure what recording costs.
    Off,
    /// Operations.
    Operations,
    /// Operations and the commands inside them.
    #[default]
    Commands,
}

/// The record of a run, one key after the other.
///
/// All clients of a run live on one thread and write here: no locks, no merging afterwards. Events are entered when they
/// happen, and so stand in order of time.
#[derive(Debug)]
pub struct Journal {
    clock: Clock,
    recording: Recording,
    /// Keys so far.
    keys: u64,
    /// Operations of the current key.
    operations: usize,
    to: To,
}

/// Where the record goes.
#[derive(Debug)]
enum To {
    Memory(Collector),
    Tape(Outbox),
}

/// An operation that was invoked.
#[derive(Clone, Copy, Debug)]
pub struct Ticket {
    /// When, in nanoseconds on the run's clock.
    pub invoked: u64,
    index: usize,
    process: i64,
    op: StockOp,
}

impl Journal {
    /// An empty one, which keeps everything in memory.
    #[must_use]
    pub fn new(clock: Clock, recording: Recording) -> Self {
        Self::writing(clock, recording, To::Memory(Collector::default()))
    }

    /// An empty one, which passes everything on.
    #[must_use]
    pub fn to_tape(clock: Clock, recording: Recording, outbox: Outbox) -> Self {
        Self::writing(clock, recording, To::Tape(outbox))
    }

    fn writing(clock: Clock, recording: Recording, to: To) -> Self {
        Self {
            clock,
            recording,
            keys: 0,
            operations: 0,
            to,
        }
    }

    fn is_off(&self) -> bool {
        self.recording == Recording::Off
    }

    /// From now on operations are about this key, which has `stock` units.
    pub fn start_key(&mut self, key: &str, stock: u64) {
        self.keys += 1;
        self.operations = 0;
        if self.is_off() {
            return;
        }
        match &mut self.to {
            To::Memory(collector) => collector.start_key(key, stock),
            To::Tape(outbox) => outbox.push(self.clock.now(), Entry::Key(key.into(), stock), |_, _| {}),
        }
    }

    /// Keys so far.
    #[must_use]
    pub const fn keys(&self) -> u64 {
        self.keys
    }

    /// Does so much wait to be written that clients should ask for nothing more?
    #[must_use]
    pub fn is_behind(&self) -> bool {
        matches!(&self.to, To::Tape(outbox) if outbox.is_behind())
    }

    /// To be called now and then, also when nothing happens: passes on what has waited long enough.
    pub fn tick(&mut self) {
        if let To::Tape(outbox) = &mut self.to {
            outbox.tick(self.clock.now());
        }
    }

    /// Notes an invocation, stamped now: to be called right before the operation starts.
    pub fn invoke(&mut self, process: i64, op: StockOp) -> Ticket {
        let ticket = Ticket {
            invoked: self.clock.now(),
            index: self.operations,
            process,
            op,
        };
        if self.is_off() {
            return ticket;
        }
        self.operations += 1;
        match &mut self.to {
            To::Memory(collector) => collector.invoke(process, ticket.invoked, op),
            To::Tape(outbox) => outbox.push(
                ticket.invoked,
                ticket.entry(ticket.invoked, Happened::Invoked),
                |_, _| {},
            ),
        }
        ticket
    }

    /// Notes a response, which came at `at`.
    pub fn respond<C>(&mut self, ticket: Ticket, at: u64, ret: StockRet, connection: &Recorded<C>) {
        let add = |place, log: &mut CommandLog| connection.flush(place, log);
        if self.is_off() {
            return;
        }
        match &mut self.to {
            To::Memory(collector) => {
                let log = collector.respond(ticket.index, at, ret);
                log.into_iter().for_each(|log| add(ticket.index, log));
            }
            To::Tape(outbox) => outbox.push(at, ticket.entry(at, Happened::Answered(ret)), add),
        }
    }

    /// Notes that nobody knows whether the operation took effect.
    pub fn unknown<C>(&mut self, ticket: Ticket, why: &str, connection: &Recorded<C>) {
        let at = self.clock.now();
        let add = |place, log: &mut CommandLog| connection.flush(place, log);
        if self.is_off() {
            return;
        }
        match &mut self.to {
            To::Memory(collector) => {
                let log = collector.lose(ticket.index, at, why);
                log.into_iter().for_each(|log| add(ticket.index, log));
            }
            To::Tape(outbox) => outbox.push(at, ticket.entry(at, Happened::Lost(why.into())), add),
        }
    }

    /// Notes that the operation certainly had no effect.
    pub fn failed(&mut self, ticket: Ticket) {
        let at = self.clock.now();
        if self.is_off() {
            return;
        }
        match &mut self.to {
            To::Memory(collector) => collector.fail(ticket.index),
            To::Tape(outbox) => outbox.push(at, ticket.entry(at, Happened::Failed), |_, _| {}),
        }
    }

    /// Nothing more will happen to the current key: it can be judged.
    pub fn end_key(&mut self) {
        if !self.is_off()
            && let To::Tape(outbox) = &mut self.to
        {
            outbox.push(self.clock.now(), Entry::End, |_, _| {});
        }
    }

    /// What a purchase looks like in a history; names units. To be noted before anything else is.
    pub fn purchase(&mut self, purchase: &Purchase) -> StockRet {
        match purchase {
            Purchase::SoldOut => StockRet::SoldOut,
            Purchase::Bought { remaining, unit } => StockRet::Bought {
                remaining: *remaining,
                unit: unit.as_deref().filter(|_| !self.is_off()).map(|name| {
                    Unit(match &mut self.to {
                        To::Memory(collector) => collector.units.intern(name),
                        To::Tape(outbox) => outbox.unit(name),
                    })
                }),
            },
        }
    }

    /// The histories by key, and the names of the units. Empty where they were passed on.
    #[must_use]
    pub fn finish(self) -> (Vec<StockHistory>, Texts) {
        match self.to {
            To::Memory(mut collector) => (collector.take(), collector.units),
            To::Tape(_) => (Vec::new(), Texts::new()),
        }
    }
}

impl Ticket {
    fn entry(&self, at: u64, happened: Happened) -> Entry {
        let event = StockEvent {
            at,
            process: self.process,
            op: self.op,
            happened,
        };
        Entry::Event(self.index as u64, event)
    }
}
