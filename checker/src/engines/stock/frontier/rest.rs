//! What is left of a history from an instant on at which only one past was left.

use rustc_hash::FxHashSet;

use super::role::Change;
use crate::{
    engines::stock::view::{Horizon, View},
    history::StockOperation,
};

/// The only past there can have been.
#[derive(Debug)]
pub(in crate::engines::stock) struct Settled {
    pub(in crate::engines::stock) level: u64,
    /// What is open and has not taken effect.
    pub(in crate::engines::stock) open: Vec<u32>,
    /// What is indeterminate and has not taken effect: what it does, and which, by invocation.
    pub(in crate::engines::stock) lost: Vec<(Change, Vec<u32>)>,
}

/// The end of a history, as a history of its own.
pub(crate) struct Rest {
    /// What was invoked by then has taken effect or is one of its operations.
    pub(crate) at: u64,
    /// Units there are when it begins.
    pub(crate) level: u64,
    /// Its operations.
    pub(crate) operations: Vec<StockOperation>,
    /// Where they stand in the whole, ascending.
    pub(crate) indices: Vec<usize>,
}

impl Rest {
    /// What is left of a history at an instant at which only this past was left.
    pub(super) fn of(view: View<'_>, at: u64, settled: Settled) -> Self {
        let pending: FxHashSet<u32> = settled
            .open
            .into_iter()
            .chain(settled.lost.into_iter().flat_map(|(_, lost)| lost))
            .collect();
        let operations = view.operations();
        let left = |&index: &usize| operations[index].invoked > at || pending.contains(&(index as u32));
        let indices: Vec<usize> = (0..operations.len()).filter(left).collect();
        Self {
            at,
            level: settled.level,
            operations: indices.iter().map(|&index| operations[index]).collect(),
            indices,
        }
    }

    /// The same response in the rest, or the first behind it.
    pub(in crate::engines::stock) fn horizon(&self, whole: Horizon) -> Horizon {
        Horizon {
            at: whole.at,
            index: self.indices.partition_point(|&index| index < whole.index),
        }
    }
}
