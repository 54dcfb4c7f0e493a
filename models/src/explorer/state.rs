//! Where the server and all clients are.

use oversell_spec::stock::StockOp;
use smallvec::SmallVec;
use std::sync::Arc;

use super::{
    faults::Budget,
    monitor::{Monitor, Rules, Wrong},
    nodes::NodeRef,
};
use crate::redis_model::RedisModel;

/// What a client is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Phase {
    /// Nothing; its next operation has not begun.
    Idle,
    /// An operation is under way.
    Busy,
    /// All its operations are done.
    Finished,
    /// It stopped for ever.
    Crashed,
}

/// A client: where its code stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Client {
    /// Which list of operations it works on. Those with the same may be exchanged.
    pub(super) program: u8,
    /// Which of them is next, or under way.
    pub(super) operation: u8,
    pub(super) phase: Phase,
    /// An earlier attempt of this operation may have changed something.
    pub(super) effect: bool,
    /// The replies of this attempt.
    pub(super) node: NodeRef,
}

impl Client {
    pub(super) fn is_done(&self) -> bool {
        matches!(self.phase, Phase::Finished | Phase::Crashed)
    }
}

/// The state of server, clients, and what was told so far.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub(super) server: RedisModel,
    pub(super) clients: SmallVec<[Client; 4]>,
    pub(super) monitor: Monitor,
    /// Units that buyers were told are theirs.
    pub(super) told: u64,
    /// The same of each buyer, where there is a limit to them.
    pub(super) told_each: SmallVec<[u64; 2]>,
    /// Units of restocks that have begun.
    pub(super) restocked: u64,
    /// Units of purchases whose outcome nobody will ever learn.
    pub(super) unknown: u64,
    /// Somebody was told "sold out" although enough was left, whoever else took what he may have taken.
    pub(super) denied: bool,
    pub(super) budget: Budget,
    /// The server before its last writes, the oldest first; only where it may fail over.
    pub(super) before: Vec<Arc<RedisModel>>,
}

impl State {
    /// How the answers so far stopped making sense, if they did.
    #[must_use]
    pub fn wrong(&self) -> Option<Wrong> {
        self.monitor.wrong()
    }

    /// Has every client come to its end?
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.clients.iter().all(Client::is_done)
    }

    /// The bytes that it takes beside itself, about.
    pub(super) fn bytes(&self) -> usize {
        self.server.bytes() + self.monitor.bytes()
    }

    /// The open operation of `client` will never return.
    pub(super) fn abandon(&mut self, rules: &Rules, client: usize, op: StockOp) {
        if let StockOp::Buy { quantity } = op {
            self.unknown = self.unknown.saturating_add(quantity);
        }
        self.monitor.abandon(rules, client, op);
    }

    /// The order in which this state becomes its representative: new client i is the old `order[i]`. `None` when it is
    /// its own.
    ///
    /// Clients with the same operations and connections of their own may be exchanged without anything else being
    /// different: the server treats all connections alike, and no client knows its number. So two states that differ by
    /// such an exchange have the same future up to it, and one of them is enough. Any choice out of the exchanged states
    /// is sound; that this one does not always tell ties apart costs states, not proofs.
    pub(super) fn order(&self, own_connections: bool) -> Option<SmallVec<[usize; 8]>> {
        let key = |client: usize| {
            let it = &self.clients[client];
            (
                it.program,
                it.phase,
                it.operation,
                it.effect,
                it.node.mark,
                if own_connections {
                    self.server.session_mark(client)
                } else {
                    0
                },
                self.monitor.column(client),
            )
        };
        let keys: SmallVec<[_; 8]> = (0..self.clients.len()).map(key).collect();
        if keys.is_sorted() {
            return None;
        }
        let mut order: SmallVec<[usize; 8]> = (0..keys.len()).collect();
        order.sort_by_key(|&client| keys[client]);
        Some(order)
    }

    /// The new client i is the old `order[i]`.
    pub(super) fn rearrange(&mut self, order: &[usize], own_connections: bool) {
        self.clients = order.iter().map(|&old| self.clients[old]).collect();
        if own_connections {
            self.server.rearrange_sessions(order);
        }
        self.monitor.rearrange(order);
        // What the old servers' connections remembered died with them.
    }
}
