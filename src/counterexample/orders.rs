//! Orders that have explained one attempt to leave something out are tried on the next, before the checker is asked.
//!
//! An attempt fails when it has an order. That order breaks only what was left out, and mostly only a part of it: so every
//! attempt that leaves that part out has the same order, and is known to fail. An order is no more than a guess here: it
//! counts when the specification accepts it.

use std::cell::RefCell;

use oversell_models::spec::Stock;

use crate::{
    checker::{Verdict, Witness, witness},
    history::StockOperation,
};

/// So many orders are kept, the ones that were of use last.
const MOST_KEPT: usize = 512;

/// Orders of more operations are not kept: there are few such attempts.
const MOST_OPERATIONS: usize = 4096;

/// Decides, and says nothing else.
pub(super) struct Orders<'a> {
    check: &'a dyn Fn(u64, &[StockOperation]) -> Verdict,
    /// The one that was of use last stands last.
    kept: RefCell<Vec<Witness>>,
}

impl<'a> Orders<'a> {
    pub(super) const fn new(check: &'a dyn Fn(u64, &[StockOperation]) -> Verdict) -> Self {
        Self {
            check,
            kept: RefCell::new(Vec::new()),
        }
    }

    /// Is this a violation? `false` where that is not known.
    pub(super) fn is_violation(&self, initial: u64, operations: &[StockOperation]) -> bool {
        let mut kept = self.kept.borrow_mut();
        let explains = |order: &Witness| witness::verify(Stock::new(initial), operations, order).is_ok();
        if let Some(place) = kept.iter().rposition(explains) {
            kept[place..].rotate_left(1);
            return false;
        }
        match (self.check)(initial, operations) {
            Verdict::Violation(_) => true,
            Verdict::Undecided(_) => false,
            Verdict::Linearizable(order) => {
                if operations.len() <= MOST_OPERATIONS {
                    if kept.len() == MOST_KEPT {
                        kept.remove(0);
                    }
                    kept.push(order);
                }
                false
            }
        }
    }
}
