//! Where operations stand as a certificate counts them: by invocation, at one time by process.
//!
//! So a history has the same certificate when it is written anew: where times are equal, lines may change places then, but those of one
//! process do not.

use crate::history::Operation;

/// The places of the operations of one key.
pub(super) enum Places {
    /// They stand in that order already.
    AsTheyAre,
    /// By place, the index of each; and the other way round.
    Sorted { index: Vec<usize>, place: Vec<usize> },
}

impl Places {
    pub(super) fn of<Op, Ret>(operations: &[Operation<Op, Ret>]) -> Self {
        let order = |operation: &Operation<Op, Ret>| (operation.invoked, operation.process);
        if operations.is_sorted_by_key(order) {
            return Self::AsTheyAre;
        }
        let mut index: Vec<usize> = (0..operations.len()).collect();
        index.sort_by_key(|&index| order(&operations[index]));
        let mut place = vec![0; index.len()];
        for (at, &index) in index.iter().enumerate() {
            place[index] = at;
        }
        Self::Sorted { index, place }
    }

    /// The index of the operation at this place.
    pub(super) fn index(&self, place: usize) -> Option<usize> {
        match self {
            Self::AsTheyAre => Some(place),
            Self::Sorted { index, .. } => index.get(place).copied(),
        }
    }

    /// The place of the operation with this index.
    pub(super) fn place(&self, index: usize) -> usize {
        match self {
            Self::AsTheyAre => index,
            Self::Sorted { place, .. } => place.get(index).copied().unwrap_or(index),
        }
    }
}
