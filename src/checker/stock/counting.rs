//! Only `bought` and `sold-out`, no restock: counting is enough.
//!
//! All that was bought must fit the stock. Beyond that, only the sold-outs ask for anything, and each asks that enough is
//! gone before it. So the best order of the buys is the order of their invocations: it puts before any sold-out every buy
//! that may stand there (see [`super::line`]). A sold-out comes in that order, too, where the level is low enough already, and
//! otherwise as late as it may. For the same reason every indeterminate buy that the stock has room for
//! takes effect, the earliest invoked first; all of them must be of one unit, or choosing among them is a problem of its
//! own.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::{
    Refuted,
    invocations::Invocations,
    summary::Summary,
    view::{Horizon, Seen, View, What},
};
use crate::checker::Witness;

pub(super) fn check(view: View<'_>, initial: u64, summary: &Summary) -> Result<Witness, Refuted> {
    let spare = u128::from(initial).checked_sub(summary.bought).ok_or(Refuted)?;
    let mut spare = if summary.sold_outs > 0 { spare } else { 0 };
    let mut line = Line {
        order: Vec::with_capacity(summary.len()),
        level: initial,
        waiting: BinaryHeap::new(),
    };
    for seen in Invocations::of(view, summary).iter() {
        let taken = match seen.what {
            What::Bought { quantity, .. } => quantity,
            What::MaybeBuy { quantity } if spare >= u128::from(quantity) => {
                spare -= u128::from(quantity);
                quantity
            }
            What::SoldOut { quantity } if line.level >= quantity => {
                line.waiting.push(Reverse((seen.returned, seen.index, quantity)));
                continue;
            }
            What::SoldOut { .. } => 0,
            _ => continue,
        };
        line.sold_outs_returned_before(seen.invoked)?;
        line.order.push(seen.index as usize);
        line.level = line.level.checked_sub(taken).ok_or(Refuted)?;
    }
    while line.sold_out()? {}
    Ok(Witness(line.order))
}

/// The first response with which the violation is certain, given that all buys are of one unit.
///
/// When something is known up to a response h, its answer among it, the order above fails in one of three ways:
/// * more were bought than there were: h is the first with which that is so;
/// * a sold-out returned at t, and of the buys invoked by t, too few are not known to be sold out, too, to have emptied the
///   stock. Of two sold-outs the one that returned first has fewer of them, so only the first of all matters, and h is
///   as many sold-outs later as there were buys to spare;
/// * a sold-out returned at t, and a buy invoked later got a unit: the units left by then are at least as many. Again the
///   first sold-out matters only.
pub(super) fn first_certain(view: View<'_>, initial: u64, summary: &Summary) -> Option<Horizon> {
    let bought = |seen: &Seen| matches!(seen.what, What::Bought { .. });
    let oversold = (summary.bought > u128::from(initial)).then(|| {
        let mut responses: Vec<Horizon> = view.iter().filter(bought).map(|seen| seen.horizon()).collect();
        *responses.select_nth_unstable(initial as usize).1
    });
    let sold_outs = || view.iter().filter(|seen| matches!(seen.what, What::SoldOut { .. }));
    let refused = sold_outs().map(|seen| seen.horizon()).min().and_then(|first| {
        let in_time = |seen: &Seen| seen.invoked <= first.at;
        let begun = view.iter().filter(in_time).count() as u64;
        let mut refused: Vec<Horizon> = sold_outs().filter(in_time).map(|seen| seen.horizon()).collect();
        refused.sort_unstable();
        let too_few = refused.get(begun.saturating_sub(initial) as usize).copied();
        let later = view.iter().filter(bought).filter(|seen| !in_time(seen));
        let sold_later = later.map(|seen| seen.horizon()).min();
        [too_few, sold_later].into_iter().flatten().min()
    });
    [oversold, refused].into_iter().flatten().min()
}

/// The order in the making.
struct Line {
    order: Vec<usize>,
    level: u64,
    /// Sold-outs that came too early for the level, the one that returns first in front, with what they asked for.
    waiting: BinaryHeap<Reverse<(u64, u32, u64)>>,
}

impl Line {
    #[inline]
    fn sold_outs_returned_before(&mut self, time: u64) -> Result<(), Refuted> {
        while self
            .waiting
            .peek()
            .is_some_and(|Reverse((returned, ..))| *returned < time)
        {
            self.sold_out()?;
        }
        Ok(())
    }

    /// Puts the sold-out that returns first in line; `false` when there is none.
    fn sold_out(&mut self) -> Result<bool, Refuted> {
        let Some(Reverse((_, index, quantity))) = self.waiting.pop() else {
            return Ok(false);
        };
        self.order.push(index as usize);
        if self.level < quantity { Ok(true) } else { Err(Refuted) }
    }
}
