//! What the clients of a run do.

use std::{ops::RangeInclusive, time::Duration};

use crate::{
    recorder::Recording,
    strategy::{Info, Provocation},
};

/// What the clients of a run do, how many they are, and when they stop.
///
/// A run is a series of rounds. Each round sells one item: a key of its own with [`stock`](Self::stock) units. A client
/// leaves a round when it has been told `sold-out`. Races show where an item runs out, so many small rounds find more
/// than one long one.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// Clients at once, each with at most one operation in flight. At least 1.
    pub clients: usize,
    /// Units of each item.
    pub stock: u64,
    /// Units asked for in one purchase: drawn from this range.
    pub quantity: RangeInclusive<u64>,
    /// Share of operations that read the stock, 0 to 1.
    pub read_ratio: f64,
    /// Share of operations that put units back, 0 to 1. With restocks an item may never run out: name a limit.
    pub restock_ratio: f64,
    /// Where every random choice comes from.
    pub seed: u64,
    /// Rounds; `None`: a new one while neither [`operations`](Self::operations) nor [`duration`](Self::duration) is
    /// used up.
    pub rounds: Option<u64>,
    /// Operations of the whole run, all rounds together; the last round is cut short. `None`: no limit.
    pub operations: Option<u64>,
    /// Time of the whole run; the last round is cut short. `None`: no limit.
    pub duration: Option<Duration>,
    /// Without any of the three limits above no new round is begun after this many operations,
    pub enough: u64,
    /// or after this time, so that a default run ends. Nor does a round by itself go on for longer, see [`most`](Self::most).
    pub long_enough: Duration,
    /// How long a client waits for one operation before it gives it up as unknown. What is done before and after (connecting, putting
    /// stock on sale, removing it) may take as long, and at least a second.
    pub timeout: Duration,
    /// Now and then a client stalls for this long at the worst moment its strategy names.
    pub stall: Option<Duration>,
    /// How much is recorded.
    pub recording: Recording,
}

impl Default for Workload {
    /// 16 clients, items of 100 units, purchases of one unit, until about 10,000 operations are recorded.
    fn default() -> Self {
        Self {
            clients: 16,
            stock: 100,
            quantity: 1..=1,
            read_ratio: 0.0,
            restock_ratio: 0.0,
            seed: 1,
            rounds: None,
            operations: None,
            duration: None,
            enough: 10_000,
            long_enough: Duration::from_millis(1500),
            timeout: Duration::from_secs(5),
            stall: None,
            recording: Recording::default(),
        }
    }
}

impl Workload {
    /// The default, with what it takes to provoke this strategy.
    #[must_use]
    pub fn provoking(provocation: &Provocation) -> Self {
        Self {
            quantity: provocation.quantity.clone(),
            stall: provocation.stall,
            ..Self::default()
        }
    }

    /// How many operations a round may have, and how long it may go on while the item is not sold out, so that it ends whatever the clients
    /// are told: [`enough`](Self::enough) and [`long_enough`](Self::long_enough), or what it takes to sell the item once, if that is more.
    /// `None`: as long as it takes, with a limit for the whole run.
    #[must_use]
    pub fn most(&self) -> (Option<u64>, Option<Duration>) {
        if self.operations.is_some() || self.duration.is_some() {
            return (None, None);
        }
        let least = (*self.quantity.start()).max(1);
        // A client is told `sold-out` once for each quantity it asks for.
        let quantities = self.quantity.end().saturating_sub(least).saturating_add(1);
        let sold_out = (self.clients as u64).saturating_mul(quantities);
        let purchases = (self.stock / least).saturating_add(sold_out) as f64;
        let share = (1.0 - self.read_ratio - 2.0 * self.restock_ratio).max(0.1);
        let operations = self.enough.max((2.0 * purchases / share) as u64);
        (Some(operations), self.rounds.is_none().then_some(self.long_enough))
    }

    /// How many buyers there are where one may have so many units: more than are needed to buy everything, and so few that clients
    /// often act for the same one.
    pub(super) fn buyers(&self, limit: u64) -> u64 {
        let enough = self.stock / limit.max(1);
        // Where each may have many, clients of their own would never come to it.
        let more = self.clients as u64 / limit.max(1);
        enough + more.max(1) + enough / 4
    }

    /// Leaves out what the strategy does not offer: larger purchases, reads, restocks.
    #[must_use]
    pub fn within(mut self, info: &Info) -> Self {
        let most = info.max_quantity;
        self.quantity = (*self.quantity.start()).min(most)..=(*self.quantity.end()).min(most);
        if !info.reads {
            self.read_ratio = 0.0;
        }
        if !info.restocks {
            self.restock_ratio = 0.0;
        }
        self
    }
}
