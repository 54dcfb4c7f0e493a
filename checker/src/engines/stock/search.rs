//! What the special engines cannot take goes to the general search.

use oversell_spec::{Stock, stock::StockRet};

use super::{
    decision::{Decision, Refutation},
    view::View,
};
use crate::{
    engines::{Verdict, budget::Budget, general},
    history::{Response, StockOperation},
};

/// Units are left out: they were looked at before.
pub(super) fn check(view: View<'_>, initial: u64, budget: Budget) -> Decision {
    let unnamed = |mut operation: StockOperation| {
        if let Some(Response {
            ret: StockRet::Bought { unit, .. },
            ..
        }) = &mut operation.response
        {
            *unit = None;
        }
        operation
    };
    let operations: Vec<StockOperation> = view.operations().iter().copied().map(unnamed).collect();
    let horizon = view.horizon();
    match general::search(&Stock::new(initial), &operations, (horizon.at, horizon.index), budget).0 {
        Verdict::Linearizable(order) => Decision::Order(order),
        Verdict::Violation(_) => Decision::Refuted(Refutation::NOTHING),
        Verdict::Undecided(limit) => Decision::Undecided(limit),
    }
}
