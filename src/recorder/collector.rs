//! Gathers the histories of keys in memory.

use std::collections::BTreeSet;

use oversell_spec::stock::{StockOp, StockRet};

use oversell_checker::history::{CommandLog, Operation, Response, StockHistory, Texts, Unknown};

/// The histories of keys, one after the other, while they are recorded.
#[derive(Debug, Default)]
pub struct Collector {
    keys: Vec<StockHistory>,
    /// The names of the units sold.
    pub units: Texts,
    /// Operations of the current key that certainly had no effect.
    failed: BTreeSet<usize>,
}

impl Collector {
    /// From now on operations are about this key, which has `stock` units.
    pub fn start_key(&mut self, key: &str, stock: u64) {
        self.close_key();
        self.keys.push(StockHistory::new(key, stock));
    }

    /// The histories of the keys so far, the current one among them.
    #[must_use]
    pub fn keys(&self) -> &[StockHistory] {
        &self.keys
    }

    /// Gathers the current key no longer, and lets go what was gathered of it. Returns it as it was, with what had no effect.
    pub fn let_go(&mut self) -> Option<(StockHistory, BTreeSet<usize>)> {
        Some((self.keys.pop()?, std::mem::take(&mut self.failed)))
    }

    /// An operation is invoked.
    pub fn invoke(&mut self, process: i64, at: u64, op: StockOp) {
        if let Some(key) = self.keys.last_mut() {
            key.operations.push(Operation {
                process,
                invoked: at,
                op,
                response: None,
            });
        }
    }

    /// The operation with this index is answered. Returns where its commands go.
    pub fn respond(&mut self, operation: usize, at: u64, ret: StockRet) -> Option<&mut CommandLog> {
        let key = self.keys.last_mut()?;
        key.operations.get_mut(operation)?.response = Some(Response { at, ret });
        Some(&mut key.commands)
    }

    /// Nobody knows whether it took effect. Returns where its commands go.
    pub fn lose(&mut self, operation: usize, at: u64, why: &str) -> Option<&mut CommandLog> {
        let key = self.keys.last_mut()?;
        key.unknown.push(Unknown {
            operation: u32::try_from(operation).unwrap_or(u32::MAX),
            at,
            why: why.into(),
        });
        Some(&mut key.commands)
    }

    /// It certainly had no effect.
    pub fn fail(&mut self, operation: usize) {
        self.failed.insert(operation);
    }

    /// Nothing more will come about the current key.
    fn close_key(&mut self) {
        let failed = std::mem::take(&mut self.failed);
        if let Some(key) = self.keys.last_mut() {
            key.unknown.sort_by_key(|unknown| unknown.operation);
            key.discard(&failed);
        }
    }

    /// The histories so far, which are gathered no longer. The names of units stay.
    pub fn take(&mut self) -> Vec<StockHistory> {
        self.close_key();
        std::mem::take(&mut self.keys)
    }
}
