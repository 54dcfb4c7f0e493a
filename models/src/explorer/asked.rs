//! What clients ask for where nothing happens to them, and who they are to the code.

use oversell_spec::stock::StockOp;

use super::{
    Setup,
    carry_out::carry_out,
    learn::{Arguments, Request, Task, Who},
    nodes::Nodes,
};
use crate::redis_model::RedisModel;

/// What is asked for where nothing happens to anybody.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The requests of all operations.
    pub operations: Vec<Request>,
    /// The words of the requests that read the stock.
    pub of_stock: Arguments,
}

impl Asked {
    pub(super) fn of(nodes: &Nodes, setup: &Setup, server: &RedisModel) -> Self {
        let mut reads = server.clone();
        let execute = |request: &Request| carry_out(&mut reads, setup.clients.len(), request);
        Self {
            operations: each_alone(nodes, setup, server.clone()).0,
            // Where it cannot be read, nothing is known to be the stock.
            of_stock: nodes
                .named(Task::Operate(StockOp::Read), observer(2), execute)
                .unwrap_or_default(),
        }
    }
}

/// The requests of all clients, each alone on this server after the one before, and the server after them. What one of them
/// cannot do ends it there.
pub(super) fn each_alone(nodes: &Nodes, setup: &Setup, mut server: RedisModel) -> (Vec<Request>, RedisModel) {
    let mut requests = Vec::new();
    for (number, operations) in setup.clients.iter().enumerate() {
        for (operation, op) in operations.iter().enumerate() {
            let execute = |request: &Request| {
                requests.push(request.clone());
                carry_out(&mut server, setup.clients.len(), request)
            };
            let _ = nodes.alone(Task::Operate(*op), name(setup, number, operation as u8), execute);
        }
    }
    (requests, server)
}

/// Whoever prepares and reads at the end, which no client is.
pub(super) const fn observer(operation: u8) -> Who {
    Who {
        client: u16::MAX,
        operation,
    }
}

/// Who a client is to its own code. Interchangeable clients are all the same one.
pub(super) fn name(setup: &Setup, client: usize, operation: u8) -> Who {
    Who {
        client: if setup.symmetric { 0 } else { client as u16 },
        operation,
    }
}
