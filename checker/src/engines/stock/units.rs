//! A named unit is sold once.

use oversell_spec::stock::StockRet;

use super::view::{Horizon, View};
use crate::history::Response;

/// The response with which a unit has first been sold twice, if any has. O(n), or O(n log n) for scattered names.
pub(super) fn first_duplicate(view: View<'_>) -> Option<Horizon> {
    let operations = view.operations();
    let mut sold: Vec<(u32, u64, usize)> = Vec::new();
    for (index, operation) in operations.iter().enumerate() {
        if let Some(Response { at, ret }) = operation.response
            && let StockRet::Bought { unit: Some(unit), .. } = ret
            && view.knows(at, index)
        {
            sold.push((unit.0, at, index));
        }
    }
    sold.sort_unstable();
    sold.windows(2)
        .filter(|pair| pair[0].0 == pair[1].0)
        .map(|pair| Horizon {
            at: pair[1].1,
            index: pair[1].2,
        })
        .min()
}
