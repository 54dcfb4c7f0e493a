//! What is explored: a strategy, its clients and what each of them does, the stock, the faults.

use oversell_spec::stock::StockOp;

use super::{Misuse, faults::Fault, monitor::Rules};
use crate::strategy::{AnyStrategy, Info, buyer_name};

/// The key of the item in the model; replays on a real server use another.
pub const KEY: &str = "stock";

/// Clients are numbered with one byte in schedules and states.
const MOST_CLIENTS: usize = 64;
/// Operations of one client.
const MOST_OPERATIONS: usize = 64;

/// What is explored.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The code.
    pub strategy: AnyStrategy,
    /// Units on sale at the start.
    pub stock: u64,
    /// What each client does, one after the other.
    pub clients: Vec<Vec<StockOp>>,
    /// Which buyer each client is. By default each is its own, but where there is a limit the first two are one, in two windows.
    pub buyers: Vec<u8>,
    /// Units that one buyer may have.
    pub limit: Option<u64>,
    /// The faults that may happen, each at most so many times in one run.
    pub faults: Vec<(Fault, u8)>,
    /// With [`Fault::Failover`], at most so many of the last writes are gone.
    pub lost_writes: u8,
    /// Are clients with the same operations interchangeable? Taken back where a client's own number shows in what it
    /// does.
    pub symmetric: bool,
    /// Does the server's clock go on by a microsecond with each `TIME`, or stand still?
    pub ticking: bool,
    /// Does the server know from the start the scripts that each client alone would load, as after an earlier sale?
    pub warm: bool,
}

impl Setup {
    /// So many clients, each of which buys one unit; the limit of the strategy, no faults.
    pub fn new(strategy: AnyStrategy, clients: usize, stock: u64) -> Self {
        Self {
            limit: strategy.info().limit,
            strategy,
            stock,
            clients: vec![vec![StockOp::Buy { quantity: 1 }]; clients],
            buyers: Vec::new(),
            faults: Vec::new(),
            lost_writes: 1,
            symmetric: true,
            ticking: false,
            warm: false,
        }
    }

    /// With this fault, at most once.
    #[must_use]
    pub fn with(mut self, fault: Fault) -> Self {
        self.faults.retain(|(other, _)| *other != fault);
        self.faults.push((fault, 1));
        self
    }

    /// Which buyer this client is.
    #[must_use]
    pub fn buyer(&self, client: usize) -> u8 {
        let by_default = match self.limit {
            Some(_) => client.saturating_sub(1),
            None => client,
        };
        // Whoever prepares and reads has a number beyond all clients.
        let by_default = if client < self.clients.len() {
            by_default as u8
        } else {
            0
        };
        self.buyers.get(client).copied().unwrap_or(by_default)
    }

    /// What its code calls the buyer that this client is.
    #[must_use]
    pub fn buyer_name(&self, client: usize) -> String {
        buyer_name(buyer_number(self.buyer(client)))
    }

    /// Who buys with which limit.
    pub(super) fn rules(&self) -> Rules {
        Rules {
            limit: self.limit,
            buyers: (0..self.clients.len()).map(|client| self.buyer(client)).collect(),
        }
    }

    pub(super) fn may(&self, fault: Fault) -> bool {
        self.faults.iter().any(|&(other, times)| other == fault && times > 0)
    }
}

/// The number by which code knows this buyer.
#[must_use]
pub fn buyer_number(buyer: u8) -> u64 {
    u64::from(buyer) + 1
}

/// Does the strategy offer all that is to be done with it?
pub(super) fn offered(setup: &Setup, info: &Info) -> Result<(), Misuse> {
    let refuse = |what: String| Err(Misuse::NotOffered(what));
    if setup.clients.len() > MOST_CLIENTS || setup.clients.iter().any(|list| list.len() > MOST_OPERATIONS) {
        return refuse(format!(
            "at most {MOST_CLIENTS} clients with {MOST_OPERATIONS} operations each can be explored"
        ));
    }
    for op in setup.clients.iter().flatten() {
        match *op {
            StockOp::Buy { quantity } if quantity > info.max_quantity => {
                return refuse(format!(
                    "`{}` sells at most {} a purchase",
                    info.name, info.max_quantity
                ));
            }
            StockOp::Read if !info.reads => return refuse(format!("`{}` cannot read the stock", info.name)),
            StockOp::Restock { .. } if !info.restocks => return refuse(format!("`{}` cannot restock", info.name)),
            _ => {}
        }
    }
    Ok(())
}
