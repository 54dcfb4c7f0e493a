//! The order under construction, when the level only falls.
//!
//! While nothing is restocked, "fewer than q are left" stays true once it is true. So a sold-out is put as late as real
//! time lets it: just before the first operation z that was invoked after it returned. Nothing is lost by that. Were some
//! w behind it in the order that returned before the sold-out was invoked, then w would have returned before z was
//! invoked, and would stand behind z: the order of the others would be wrong without the sold-out. Therefore the engines
//! decide the order of all other operations first, and the sold-outs fall into place.

use super::{
    decision::Refuted,
    view::{Seen, View, What},
};
use crate::engines::Witness;

/// An order that grows at its end.
pub(super) struct Line<'a> {
    view: View<'a>,
    order: Vec<usize>,
    level: u64,
    /// When each returned, and its index; the earliest first.
    sold_outs: Vec<(u64, u32)>,
    next: usize,
}

impl<'a> Line<'a> {
    /// An empty order of `view`, which has `sold_outs` sold-outs and `len` operations in all.
    pub(super) fn new(view: View<'a>, initial: u64, sold_outs: usize, len: usize) -> Self {
        let mut waiting = Vec::with_capacity(sold_outs);
        if sold_outs > 0 {
            waiting.extend(
                view.iter()
                    .filter(|seen| matches!(seen.what, What::SoldOut { .. }))
                    .map(|seen| (seen.returned, seen.index)),
            );
            waiting.sort_unstable();
        }
        Self {
            view,
            order: Vec::with_capacity(len),
            level: initial,
            sold_outs: waiting,
            next: 0,
        }
    }

    /// The history that is put in order.
    pub(super) const fn view(&self) -> View<'a> {
        self.view
    }

    /// Puts a read or an effect of `taken` units at the end; before it, the sold-outs that can wait no longer.
    #[inline]
    pub(super) fn push(&mut self, seen: &Seen, taken: u64) -> Result<(), Refuted> {
        self.sold_outs_returned_before(seen.invoked)?;
        self.order.push(seen.index as usize);
        self.level = self.level.checked_sub(taken).ok_or(Refuted)?;
        Ok(())
    }

    #[inline]
    fn sold_outs_returned_before(&mut self, time: u64) -> Result<(), Refuted> {
        while let Some(&(returned, index)) = self.sold_outs.get(self.next)
            && returned < time
        {
            self.sold_out(index)?;
        }
        Ok(())
    }

    fn sold_out(&mut self, index: u32) -> Result<(), Refuted> {
        match self.view.seen(index).what {
            What::SoldOut { quantity } if self.level < quantity => {
                self.order.push(index as usize);
                self.next += 1;
                Ok(())
            }
            _ => Err(Refuted),
        }
    }

    /// The whole order.
    pub(super) fn finish(mut self) -> Result<Witness, Refuted> {
        while let Some(&(_, index)) = self.sold_outs.get(self.next) {
            self.sold_out(index)?;
        }
        Ok(Witness(self.order))
    }
}
