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
    let forgotten = StockOperation {
        invoked: 0,
        response: None,
        ..item.relaxed
    };
    relaxed(item, forgotten)
}

/// It has taken effect, who knows when, and said no more than that.
fn forget_time(item: &StockItem) -> StockStep {
    let ret = item.relaxed.response?.ret;
    (!only_observes(&item.relaxed)).then_some(())?;
    let forgotten = StockOperation {
        invoked: 0,
        response: Some(Response {
            at: u64::MAX,
            ret: without_unit(without_level(ret)),
        }),
        ..item.relaxed
    };
    relaxed(item, forgotten)
}

/// Whether it took effect is not known, but not before it was invoked.
fn forget_answer(item: &StockItem) -> StockStep {
    (!only_observes(&item.relaxed)).then_some(())?;
    let forgotten = StockOperation {
        response: None,
        ..item.relaxed
    };
    relaxed(item, forgotten)
}

fn forget_level(item: &StockItem) -> StockStep {
    (!only_observes(&item.relaxed)).then_some(())?;
    relaxed(item, with_answer(item.relaxed, without_level))
}

fn forget_unit(item: &StockItem) -> StockStep {
    relaxed(item, with_answer(item.relaxed, without_unit))
}

fn forget_invocation(item: &StockItem) -> StockStep {
    relaxed(
        item,
        StockOperation {
            invoked: 0,
            ..item.relaxed
        },
    )
}

fn forget_response(item: &StockItem) -> StockStep {
    let response = item.relaxed.response.map(|response| Response {
        at: u64::MAX,
        ..response
    });
    relaxed(
        item,
        StockOperation {
            response,
            ..item.relaxed
        },
    )
}

fn relaxed(item: &StockItem, relaxed: StockOperation) -> StockStep {
    (relaxed != item.relaxed).then_some(Step::Relax(relaxed))
}

fn with_answer(operation: StockOperation, change: impl Fn(StockRet) -> StockRet) -> StockOperation {
    let response = operation.response.map(|response| Response {
        at: response.at,
        ret: change(response.ret),
    });
    StockOperation { response, ..operation }
}

pub(super) fn without_level(ret: StockRet) -> StockRet {
    match ret {
        StockRet::Bought { unit, .. } => StockRet::Bought { remaining: None, unit },
        StockRet::Restocked { .. } => StockRet::Restocked { stock: None },
        other => other,
    }
}

fn without_unit(ret: StockRet) -> StockRet {
    match ret {
        StockRet::Bought { remaining, .. } => StockRet::Bought { remaining, unit: None },
        other => other,
    }
}
