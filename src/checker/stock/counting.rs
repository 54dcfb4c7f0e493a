//! Only `bought` and `sold-out`, no restock: counting is enough.
//!
//! All that was bought must fit the stock. Beyond that, only the sold-outs ask for anything, and each asks that enough is
//! gone before it. So the best order of the buys is the order of their invocations: it puts before any sold-out every buy
//! that may stand there (see [`super::line`]). For the same reason every indeterminate buy that the stock has room for
//! takes effect, the earliest invoked first; all of them must be of one unit, or choosing among them is a problem of its
//! own.

use super::{
    Refuted,
    invocations::Invocations,
    line::Line,
    summary::Summary,
    view::{View, What},
};
use crate::checker::Witness;

pub(super) fn check(view: View<'_>, initial: u64, summary: &Summary) -> Result<Witness, Refuted> {
    let spare = u128::from(initial).checked_sub(summary.bought).ok_or(Refuted)?;
    let mut spare = if summary.sold_outs > 0 { spare } else { 0 };
    let mut line = Line::new(view, initial, summary.sold_outs, summary.len());
    for seen in Invocations::of(view, summary).iter() {
        match seen.what {
            What::Bought { quantity, .. } => line.push(&seen, quantity)?,
            What::MaybeBuy { quantity } if spare >= u128::from(quantity) => {
                spare -= u128::from(quantity);
                line.push(&seen, quantity)?;
            }
            _ => {}
        }
    }
    line.finish()
}
