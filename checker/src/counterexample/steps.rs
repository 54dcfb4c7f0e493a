//! The sound steps on operations of a stock counter: each can only make a history easier to linearize.
//!
//! None of them leaves out a purchase: its unit would be free again, and the rest might fail for that reason alone.

use oversell_spec::stock::{StockOp, StockRet};

use super::{
    ledger::is_sold_out,
    shrink::{Item, Step},
};
use crate::history::{Response, StockOperation};

pub(super) type StockItem = Item<StockOp, StockRet>;
type StockStep = Option<Step<StockOp, StockRet>>;

/// All of them, the ones that take most away first.
pub(super) const STEPS: [fn(&StockItem) -> StockStep; 8] = [
    drop_observer,
    forget_all,
    forget_level,
    forget_unit,
    forget_time,
    forget_answer,
    forget_invocation,
    forget_response,
];

/// How many of them leave out operations or what they were told; the others only let an operation take longer.
pub(super) const TAKE_AWAY: usize = 6;

/// Reads and sold-outs change nothing, nor does a read without an answer: any order is one without them, too.
pub(super) fn only_observes(operation: &StockOperation) -> bool {
    operation.op == StockOp::Read || is_sold_out(operation)
}

fn drop_observer(item: &StockItem) -> StockStep {
    only_observes(&item.relaxed).then_some(Step::Remove)
}

/// It may have taken effect at any time or never.
fn forget_all(item: &StockItem) -> StockStep {
    item.relax(|operation| {
        operation.invoked = 0;
        operation.response = None;
    })
}

/// It has taken effect, who knows when, and said no more than that.
fn forget_time(item: &StockItem) -> StockStep {
    changes(item)?.response?;
    item.relax(|operation| {
        operation.invoked = 0;
        change_response(operation, |response| Response {
            at: u64::MAX,
            ret: without_unit(without_level(response.ret)),
        });
    })
}

/// Whether it took effect is not known, but not before it was invoked.
fn forget_answer(item: &StockItem) -> StockStep {
    changes(item)?;
    item.relax(|operation| operation.response = None)
}

fn forget_level(item: &StockItem) -> StockStep {
    changes(item)?;
    item.relax(|operation| change_answer(operation, without_level))
}

fn forget_unit(item: &StockItem) -> StockStep {
    item.relax(|operation| change_answer(operation, without_unit))
}

fn forget_invocation(item: &StockItem) -> StockStep {
    item.relax(|operation| operation.invoked = 0)
}

fn forget_response(item: &StockItem) -> StockStep {
    item.relax(|operation| {
        change_response(operation, |response| Response {
            at: u64::MAX,
            ..response
        });
    })
}

fn changes(item: &StockItem) -> Option<&StockOperation> {
    Some(&item.relaxed).filter(|operation| !only_observes(operation))
}

fn change_response(operation: &mut StockOperation, change: impl Fn(Response<StockRet>) -> Response<StockRet>) {
    operation.response = operation.response.map(change);
}

pub(super) fn change_answer(operation: &mut StockOperation, change: impl Fn(StockRet) -> StockRet) {
    change_response(operation, |response| Response {
        ret: change(response.ret),
        ..response
    });
}

pub(super) fn without_level(ret: StockRet) -> StockRet {
    match ret {
        StockRet::Bought { unit, .. } => StockRet::Bought { remaining: None, unit },
        StockRet::Restocked { .. } => StockRet::Restocked { stock: None },
        other => other,
    }
}

pub(super) fn without_unit(ret: StockRet) -> StockRet {
    match ret {
        StockRet::Bought { remaining, .. } => StockRet::Bought { remaining, unit: None },
        other => other,
    }
}
