//! Where the records of a run are gathered.

use std::collections::BTreeSet;

use super::{Clock, Recorded, Watcher};
use crate::history::{Operation, Response, StockHistory, Texts, Unknown};
use oversell_models::spec::stock::{StockOp, StockRet, Unit};
use oversell_models::strategy::Purchase;

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

/// The history of a run, one key after the other.
///
/// All clients of a run live on one thread and write here: no locks, no merging afterwards. Operations are entered when
/// they are invoked, and so stand in the order of their invocations.
#[derive(Debug)]
pub struct Journal {
    clock: Clock,
    recording: Recording,
    keys: Vec<StockHistory>,
    units: Texts,
    /// Operations of the current key that certainly had no effect.
    failed: BTreeSet<usize>,
    watcher: Option<Box<dyn Watcher>>,
}

/// An operation that was invoked.
#[derive(Clone, Copy, Debug)]
pub struct Ticket {
    /// When, in nanoseconds on the run's clock.
    pub invoked: u64,
    index: usize,
}

impl Journal {
    /// An empty one.
    #[must_use]
    pub fn new(clock: Clock, recording: Recording) -> Self {
        Self {
            clock,
            recording,
            keys: Vec::new(),
            units: Texts::default(),
            failed: BTreeSet::new(),
            watcher: None,
        }
    }

    /// Lets somebody hear of everything that is recorded from now on.
    pub fn watched_by(&mut self, watcher: Box<dyn Watcher>) {
        self.watcher = Some(watcher);
    }

    /// From now on operations are about this key, which has `stock` units.
    pub fn start_key(&mut self, key: &str, stock: u64) {
        self.close_key();
        self.keys.push(StockHistory::new(key, stock));
        if let Some(watcher) = &mut self.watcher {
            watcher.start_key(stock);
        }
    }

    /// How many operations of the current key were invoked.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.last().map_or(0, |key| key.operations.len())
    }

    /// Has the current key no operations?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Notes an invocation, stamped now: to be called right before the operation starts.
    pub fn invoke(&mut self, process: i64, op: StockOp) -> Ticket {
        let mut ticket = Ticket {
            invoked: self.clock.now(),
            index: 0,
        };
        if self.recording != Recording::Off
            && let Some(key) = self.keys.last_mut()
        {
            ticket.index = key.operations.len();
            if let Some(watcher) = &mut self.watcher {
                watcher.invoked(ticket.index as u64, process, ticket.invoked, op);
            }
            key.operations.push(Operation {
                process,
                invoked: ticket.invoked,
                op,
                response: None,
            });
        }
        ticket
    }

    /// Notes a response, which came at `at`.
    pub fn respond<C>(&mut self, ticket: Ticket, at: u64, ret: StockRet, connection: &Recorded<C>) {
        self.tell(ticket, |watcher| watcher.responded(ticket.index as u64, at, ret));
        if let Some(key) = self.open(ticket) {
            key.operations[ticket.index].response = Some(Response { at, ret });
            connection.flush(ticket.index, &mut key.commands);
        }
    }

    /// Notes that nobody knows whether the operation took effect.
    pub fn unknown<C>(&mut self, ticket: Ticket, why: &str, connection: &Recorded<C>) {
        let at = self.clock.now();
        self.tell(ticket, |watcher| watcher.lost(ticket.index as u64));
        if let Some(key) = self.open(ticket) {
            key.unknown.push(Unknown {
                operation: u32::try_from(ticket.index).unwrap_or(u32::MAX),
                at,
                why: why.into(),
            });
            connection.flush(ticket.index, &mut key.commands);
        }
    }

    /// Notes that the operation certainly had no effect.
    pub fn failed(&mut self, ticket: Ticket) {
        if self.open(ticket).is_some() {
            self.failed.insert(ticket.index);
            self.tell(ticket, |watcher| watcher.failed(ticket.index as u64));
        }
    }

    /// Nothing more will happen to the current key; whoever watches can judge it.
    pub fn end_key(&mut self) {
        if let Some(watcher) = &mut self.watcher {
            watcher.ended();
        }
    }

    /// Nothing more will come about the current key.
    fn close_key(&mut self) {
        self.end_key();
        let failed = std::mem::take(&mut self.failed);
        if let Some(key) = self.keys.last_mut() {
            key.unknown.sort_by_key(|unknown| unknown.operation);
            key.discard(&failed);
        }
    }

    /// What a purchase looks like in a history; names units.
    pub fn purchase(&mut self, purchase: &Purchase) -> StockRet {
        match purchase {
            Purchase::SoldOut => StockRet::SoldOut,
            Purchase::Bought { remaining, unit } => StockRet::Bought {
                remaining: *remaining,
                unit: match unit {
                    Some(name) if self.recording != Recording::Off => Some(Unit(self.units.intern(name))),
                    _ => None,
                },
            },
        }
    }

    fn tell(&mut self, ticket: Ticket, what: impl FnOnce(&mut dyn Watcher)) {
        if self.watcher.is_some()
            && self.open(ticket).is_some()
            && let Some(watcher) = &mut self.watcher
        {
            what(watcher.as_mut());
        }
    }

    fn open(&mut self, ticket: Ticket) -> Option<&mut StockHistory> {
        if self.recording == Recording::Off {
            return None;
        }
        // A straggler of an earlier key is impossible: a key is left only when all its clients have stopped.
        self.keys.last_mut().filter(|key| ticket.index < key.operations.len())
    }

    /// The histories by key, and the names of the units.
    #[must_use]
    pub fn finish(mut self) -> (Vec<StockHistory>, Texts) {
        self.close_key();
        (self.keys, self.units)
    }
}
