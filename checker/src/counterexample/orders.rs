//! Orders that have explained one attempt to leave something out are tried on the next, before the checker is asked.
//!
//! An attempt fails when it has an order. That order breaks only what was left out, and mostly only a part of it: so every
//! attempt that leaves that part out has the same order, and is known to fail. An order is no more than a guess here: it
//! counts when the specification accepts it.

use std::cell::RefCell;

use oversell_spec::Stock;

use crate::{
    engines::{Verdict, Witness, witness},
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};

    use super::*;
    use crate::{
        counterexample::{shrink::Step, steps::STEPS, window::Part},
        engines::{Limits, check_stock, families::small},
    };

    #[test]
    fn what_an_order_explains_is_not_asked_and_is_no_violation() {
        let mut random = SmallRng::seed_from_u64(19);
        let (asked, mut questions, mut violations) = (Cell::new(0), 0, 0);
        for _ in 0..2_000 {
            let check = |initial: u64, operations: &[StockOperation]| {
                asked.set(asked.get() + 1);
                check_stock(initial, operations, &Limits::default())
            };
            let orders = Orders::new(&check);
            let (initial, history) = small::random(&mut random, 8);
            let whole = Part::whole(initial, &history).items;
            for _ in 0..20 {
                let step = STEPS[random.random_range(0..STEPS.len())];
                let mut operations = Vec::new();
                for item in &whole {
                    match step(item).filter(|_| random.random_bool(0.3)) {
                        None => operations.push(item.relaxed),
                        Some(Step::Remove) => {}
                        Some(Step::Relax(relaxed)) => operations.push(relaxed),
                    }
                }
                let truth = check_stock(initial, &operations, &Limits::default());
                let violation = matches!(truth, Verdict::Violation(_));
                assert_eq!(
                    orders.is_violation(initial, &operations),
                    violation,
                    "{initial} {operations:#?}"
                );
                questions += 1;
                violations += usize::from(violation);
            }
        }
        let passes = questions - violations;
        assert!(violations > 1_000 && passes > 1_000, "{violations} {passes}");
        assert!(
            asked.get() < violations + passes / 2,
            "{} {violations} {passes}",
            asked.get()
        );
    }
}
