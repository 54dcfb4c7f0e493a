//! What is explored: a strategy, its clients and what each of them does, the stock, the faults.

use oversell_spec::stock::StockOp;

use super::{Misuse, faults::Fault, monitor::Rules};
use crate::strategy::{AnyStrategy, Info};

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
    /// Which buyer each client is; by default each is its own.
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
}

impl Setup {
    /// So many clients, each of which buys one unit; no faults.
    pub fn new(strategy: AnyStrategy, clients: usize, stock: u64) -> Self {
        Self {
            strategy,
            stock,
            clients: vec![vec![StockOp::Buy { quantity: 1 }]; clients],
            buyers: Vec::new(),
            limit: None,
            faults: Vec::new(),
            lost_writes: 1,
            symmetric: true,
            ticking: false,
        }
    }

    /// With this fault, at most once.
    #[must_use]
    pub fn with(mut self, fault: Fault) -> Self {
        self.faults.retain(|(other, _)| *other != fault);
        self.faults.push((fault, 1));
        self
    }

    /// Who buys with which limit.
    pub(super) fn rules(&self) -> Rules {
        let own = |client: usize| self.buyers.get(client).copied().unwrap_or(client as u8);
        Rules {
            limit: self.limit,
            buyers: (0..self.clients.len()).map(own).collect(),
        }
    }

    pub(super) fn may(&self, fault: Fault) -> bool {
        self.faults.iter().any(|&(other, times)| other == fault && times > 0)
    }
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
