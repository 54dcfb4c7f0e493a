//! What the special engines cannot take goes to the general search.

use oversell_spec::{
    Stock,
    stock::{StockOp, StockRet},
};

use super::{
    decision::{Decision, Refutation},
    view::{View, What},
};
use crate::{
    engines::{Verdict, Witness, budget::Budget, general},
    history::{Response, StockOperation},
};

/// Units are left out: they were looked at before.
pub(super) fn check(view: View<'_>, initial: u64, budget: Budget) -> Decision {
    let mut kept = Vec::new();
    let mut operations: Vec<StockOperation> = Vec::new();
    for seen in view.iter() {
        let (op, ret) = match seen.what {
            What::Bought { quantity, remaining } => (
                StockOp::Buy { quantity },
                Some(StockRet::Bought { remaining, unit: None }),
            ),
            What::SoldOut { quantity } => (StockOp::Buy { quantity }, Some(StockRet::SoldOut)),
            What::Read { level } => (StockOp::Read, Some(StockRet::Stock(level))),
            What::Restocked { quantity, stock } => (StockOp::Restock { quantity }, Some(StockRet::Restocked { stock })),
            What::MaybeBuy { quantity } => (StockOp::Buy { quantity }, None),
            What::MaybeRestock { quantity } => (StockOp::Restock { quantity }, None),
            What::Nonsense => return Decision::Refuted(Refutation::NOTHING),
        };
        kept.push(seen.index as usize);
        operations.push(StockOperation {
            process: 0,
            invoked: seen.invoked,
            op,
            response: ret.map(|ret| Response { at: seen.returned, ret }),
        });
    }
    match general::search(&Stock::new(initial), &operations, budget) {
        Verdict::Linearizable(Witness(order)) => {
            Decision::Order(Witness(order.into_iter().map(|index| kept[index]).collect()))
        }
        Verdict::Violation(_) => Decision::Refuted(Refutation::NOTHING),
        Verdict::Undecided(limit) => Decision::Undecided(limit),
    }
}
