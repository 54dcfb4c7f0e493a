//! `same-unit`: two buyers were handed the same unit.
//!
//! Sound: the specification sells a named unit at most once, in any order.

use oversell_spec::stock::{StockRet, Unit};

use crate::history::StockOperation;

pub(super) fn same(operations: &[StockOperation], first: usize, second: usize) -> bool {
    first != second
        && matches!((unit(operations, first), unit(operations, second)), (Some(one), Some(other)) if one == other)
}

fn unit(operations: &[StockOperation], index: usize) -> Option<Unit> {
    match operations.get(index)?.response?.ret {
        StockRet::Bought { unit, .. } => unit,
        _ => None,
    }
}
