//! The parts of a counterexample.

use oversell_spec::stock::{StockOp, StockRet};

use crate::history::{Operation, Response};

/// A start, a handful of operations, and what is known of all others: no order of them explains the answers.
///
/// It follows from the history it was taken from by steps that can only make a history *easier* to linearize, so the
/// whole history has no order either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterexample<State, Op, Ret> {
    /// The state before the first of the operations.
    pub initial: State,
    /// The operations, by invocation.
    pub operations: Vec<Shown<Op, Ret>>,
    /// What else may or must have happened meanwhile.
    pub others: Others,
}

/// An operation of a counterexample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown<Op, Ret> {
    /// Where it stands in the history that was checked.
    pub index: usize,
    /// As it was recorded.
    pub original: Operation<Op, Ret>,
    /// What of it the contradiction needs: values may be forgotten, the interval may be wider.
    pub relaxed: Operation<Op, Ret>,
}

impl<Op: Clone, Ret: Clone> Shown<Op, Ret> {
    /// An operation of which everything is needed.
    pub fn whole(index: usize, operation: &Operation<Op, Ret>) -> Self {
        Self {
            index,
            original: operation.clone(),
            relaxed: operation.clone(),
        }
    }

    /// An operation of which only what was asked and this answer is needed, not when it was.
    pub fn anytime(index: usize, operation: &Operation<Op, Ret>, ret: Ret) -> Self {
        let mut shown = Self::whole(index, operation);
        shown.relaxed.invoked = 0;
        shown.relaxed.response = Some(Response { at: u64::MAX, ret });
        shown
    }
}

/// A counterexample of the stock counter.
pub type StockCounterexample = Counterexample<u64, StockOp, StockRet>;

/// Operations that are not shown, gathered: units sold and units put back at instants nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Others {
    /// Units sold besides the operations shown.
    pub sold: Span,
    /// Units put back besides the operations shown.
    pub restocked: Span,
}

impl Others {
    /// Nothing else happened.
    pub const NONE: Self = Self {
        sold: Span::NONE,
        restocked: Span::NONE,
    };

    /// Any number of units may have been sold besides.
    pub const ANY_SALES: Self = Self {
        sold: Span { least: 0, most: None },
        restocked: Span::NONE,
    };

    /// Is there nothing to say of others?
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }
}

/// A number that is known within bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// At least this many.
    pub least: u64,
    /// At most this many; `None`: any number.
    pub most: Option<u64>,
}

impl Span {
    /// None at all.
    pub const NONE: Self = Self {
        least: 0,
        most: Some(0),
    };
}
