//! Restocks, but no answer that depends on a level other than `bought`: any quantities.
//!
//! Every restock, also an indeterminate one, takes effect at its invocation, every buy at its response, no indeterminate
//! buy at all. No other order has a higher level at any buy, so if this one fails, all do.

use super::{
    decision::Refuted,
    summary::Summary,
    view::{Horizon, View, What},
};
use crate::engines::Witness;

pub(super) fn check(view: View<'_>, initial: u64, summary: &Summary) -> Result<Witness, Refuted> {
    let order = order(view, initial, summary).map_err(|_| Refuted)?;
    Ok(Witness(order.into_iter().map(|index| index as usize).collect()))
}

/// The first purchase for which there cannot have been enough, in any history: whatever its other answers are, they only
/// rule out more. It is certain with the response to it, of which this is the place.
pub(super) fn first_without_stock(view: View<'_>, initial: u64, summary: &Summary) -> Option<Horizon> {
    // There was enough for all together: no need to look when.
    if summary.bought <= u128::from(initial) {
        return None;
    }
    order(view, initial, summary).err()
}

fn order(view: View<'_>, initial: u64, summary: &Summary) -> Result<Vec<u32>, Horizon> {
    // At one time restocks come first: intervals are closed.
    let mut effects: Vec<(u64, bool, u32)> = Vec::with_capacity(summary.len());
    effects.extend(view.iter().filter_map(|seen| match seen.what {
        What::Bought { .. } => Some((seen.returned, true, seen.index)),
        What::Restocked { .. } | What::MaybeRestock { .. } => Some((seen.invoked, false, seen.index)),
        _ => None,
    }));
    effects.sort_unstable();
    let mut level = initial;
    for &(at, _, index) in &effects {
        level = match view.seen(index).what {
            What::Bought { quantity, .. } => level.checked_sub(quantity),
            What::Restocked { quantity, .. } | What::MaybeRestock { quantity } => level.checked_add(quantity),
            _ => None,
        }
        .ok_or(Horizon {
            at,
            index: index as usize,
        })?;
    }
    Ok(effects.into_iter().map(|(_, _, index)| index).collect())
}
