//! Restocks, but no answer that depends on a level other than `bought`: any quantities.
//!
//! Every restock, also an indeterminate one, takes effect at its invocation, every buy at its response, no indeterminate
//! buy at all. No other order has a higher level at any buy, so if this one fails, all do.

use super::{
    Refuted,
    summary::Summary,
    view::{View, What},
};
use crate::checker::Witness;

pub(super) fn check(view: View<'_>, initial: u64, summary: &Summary) -> Result<Witness, Refuted> {
    // At one time restocks come first: intervals are closed.
    let mut effects: Vec<(u64, bool, u32)> = Vec::with_capacity(summary.len());
    effects.extend(view.iter().filter_map(|seen| match seen.what {
        What::Bought { .. } => Some((seen.returned, true, seen.index)),
        What::Restocked { .. } | What::MaybeRestock { .. } => Some((seen.invoked, false, seen.index)),
        _ => None,
    }));
    effects.sort_unstable();
    let mut level = initial;
    for &(_, _, index) in &effects {
        level = match view.seen(index).what {
            What::Bought { quantity, .. } => level.checked_sub(quantity),
            What::Restocked { quantity, .. } | What::MaybeRestock { quantity } => level.checked_add(quantity),
            _ => None,
        }
        .ok_or(Refuted)?;
    }
    Ok(Witness(
        effects.into_iter().map(|(_, _, index)| index as usize).collect(),
    ))
}
