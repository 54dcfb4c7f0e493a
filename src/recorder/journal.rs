//! Notes what the clients of a run do.

use oversell_checker::history::{CommandLog, StockEvent, Texts, What};
use oversell_models::strategy::Purchase;
use oversell_spec::{
    sales::{Buyer, SalesOp},
    stock::{StockRet, Unit},
};

use super::{Clock, Entry, Outbox, Recorded};

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
pub struct Journal {
    clock: Clock,
    /// Keys so far.
    keys: u64,
    /// Operations of the current key.
    operations: u64,
    /// The names of the units sold of the current key, and of those who bought.
    units: Texts,
    /// Without one, nothing is recorded.
    outbox: Option<Outbox>,
}

/// An operation that was invoked.
#[derive(Clone, Copy, Debug)]
pub struct Ticket {
    /// When, in nanoseconds on the run's clock.
    pub invoked: u64,
    operation: u64,
    process: i64,
}

impl Journal {
    /// An empty one, which passes everything on.
    #[must_use]
    pub fn new(clock: Clock, outbox: Option<Outbox>) -> Self {
        Self {
            clock,
            keys: 0,
            operations: 0,
            units: Texts::new(),
            outbox,
        }
    }

    /// From now on operations are about this key, which has `stock` units.
    pub fn start_key(&mut self, key: &str, stock: u64) {
        self.keys += 1;
        self.operations = 0;
        self.units.clear();
        self.push(|| Entry::Key(key.into(), stock));
    }

    /// Nothing more will happen to the current key: it can be judged.
    pub fn end_key(&mut self) {
        self.push(|| Entry::End);
    }

    /// Notes what is no event.
    fn push(&mut self, entry: impl FnOnce() -> Entry) {
        if let Some(outbox) = &mut self.outbox {
            outbox.push(self.clock.now(), entry(), |_, _| {});
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
        self.outbox.as_ref().is_some_and(Outbox::is_behind)
    }

    /// To be called now and then, also when nothing happens: passes on what has waited long enough.
    pub fn tick(&mut self) {
        if let Some(outbox) = &mut self.outbox {
            outbox.tick(self.clock.now());
        }
    }

    /// Notes an invocation, stamped now: to be called right before the operation starts.
    pub fn invoke(&mut self, process: i64, op: impl Into<SalesOp>) -> Ticket {
        let ticket = Ticket {
            invoked: self.clock.now(),
            operation: self.operations,
            process,
        };
        self.operations += 1;
        self.event(ticket, ticket.invoked, What::Invoke(op.into()), |_, _| {});
        ticket
    }

    /// Notes what an operation came to at `at`.
    pub fn complete<C, Op: Into<SalesOp>>(
        &mut self,
        ticket: Ticket,
        at: u64,
        what: What<Op, StockRet>,
        connection: &Recorded<C>,
    ) {
        let what = match what {
            What::Invoke(op) => What::Invoke(op.into()),
            What::Ok(ret) => What::Ok(ret),
            What::Fail => What::Fail,
            What::Info(why) => What::Info(why),
        };
        let tells = what != What::Fail;
        self.event(ticket, at, what, |place, log| {
            if tells {
                connection.flush(place, log);
            }
        });
    }

    fn event(
        &mut self,
        ticket: Ticket,
        time: u64,
        what: What<SalesOp, StockRet>,
        add: impl FnOnce(usize, &mut CommandLog),
    ) {
        let Some(outbox) = &mut self.outbox else { return };
        let event = StockEvent {
            line: 0,
            time,
            process: ticket.process,
            key: 0,
            operation: ticket.operation,
            what,
            commands: (),
        };
        outbox.push(time, Entry::Event(event), add);
    }

    /// What a purchase looks like in a history; names units. To be noted before anything else is.
    pub fn purchase(&mut self, purchase: &Purchase) -> StockRet {
        purchase.told(|name| self.unit(name))
    }

    /// The number of this unit of the current key.
    fn unit(&mut self, name: &str) -> Option<Unit> {
        self.name(name).map(Unit)
    }

    /// The number of this buyer, for a [`SalesOp`] on the current key. To be asked before the invocation is noted.
    pub fn buyer(&mut self, name: &str) -> Option<Buyer> {
        self.name(name).map(Buyer)
    }

    fn name(&mut self, name: &str) -> Option<u32> {
        self.outbox.as_ref()?;
        let known = self.units.len();
        let number = self.units.intern(name);
        if self.units.len() > known {
            self.push(|| Entry::Unit(name.into()));
        }
        Some(number)
    }
}
