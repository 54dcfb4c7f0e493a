//! Orders of operations for the timeline: of a whole history that is linearizable, or of the beginning of one that is
//! not.

use oversell_spec::SequentialSpec;
use oversell_spec::{Kv, Register};

use oversell_checker::{
    counterexample::{Tell, effects::Units},
    engines::{Limits, Verdict, check_sales, check_stock, general},
    history::{KeyHistory, Operation},
};

/// An order, as indices into the operations of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) indices: Vec<usize>,
    /// It explains what was answered before this time; `None`: all.
    pub(super) until: Option<u64>,
}

/// A key whose operations can be put in order, and drawn.
pub(super) trait Ordered {
    type Op: Tell<Ret = Self::Ret> + Clone;
    type Ret: Clone;
    fn key(&self) -> &KeyHistory<Self::Op, Self::Ret, Self::Initial>;
    type Initial: Units;
    /// The stock in the beginning, where this is about stock.
    fn stock(&self) -> Option<u64> {
        self.key().initial.units()
    }
    fn check(&self, operations: &[Operation<Self::Op, Self::Ret>], limits: &Limits) -> Verdict;

    /// An order of everything, or else of a beginning; none when neither is found within the limits.
    fn order(&self, limits: &Limits) -> Option<Order> {
        let operations = &self.key().operations;
        match self.check(operations, limits) {
            Verdict::Linearizable(witness) => Some(Order {
                indices: witness.0,
                until: None,
            }),
            Verdict::Undecided(_) => None,
            Verdict::Violation(violation) => {
                let until = operations.get(violation.certain_at?)?.returned();
                // Indices stay, as operations are in the order of their invocations.
                let beginning: Vec<_> = operations
                    .iter()
                    .take_while(|operation| operation.invoked < until)
                    .map(|operation| Operation {
                        response: operation.response.clone().filter(|response| response.at < until),
                        ..operation.clone()
                    })
                    .collect();
                match self.check(&beginning, limits) {
                    Verdict::Linearizable(witness) => Some(Order {
                        indices: witness.0,
                        until: Some(until),
                    }),
                    Verdict::Violation(_) | Verdict::Undecided(_) => None,
                }
            }
        }
    }
}

impl Ordered for oversell_checker::history::StockHistory {
    type Op = oversell_spec::stock::StockOp;
    type Ret = oversell_spec::stock::StockRet;
    type Initial = u64;

    fn key(&self) -> &Self {
        self
    }

    fn check(&self, operations: &[Operation<Self::Op, Self::Ret>], limits: &Limits) -> Verdict {
        check_stock(self.initial, operations, limits)
    }
}

impl Ordered for oversell_checker::history::SalesHistory {
    type Op = oversell_spec::sales::SalesOp;
    type Ret = oversell_spec::stock::StockRet;
    type Initial = oversell_checker::history::OnSale;

    fn key(&self) -> &Self {
        self
    }

    fn check(&self, operations: &[Operation<Self::Op, Self::Ret>], limits: &Limits) -> Verdict {
        check_sales(self.initial, operations, limits)
    }
}

impl Ordered for oversell_checker::history::RegisterHistory {
    type Op = <Register<String> as SequentialSpec>::Op;
    type Ret = <Register<String> as SequentialSpec>::Ret;
    type Initial = String;

    fn key(&self) -> &Self {
        self
    }

    fn check(&self, operations: &[Operation<Self::Op, Self::Ret>], limits: &Limits) -> Verdict {
        general::check_foreseeing(&Register(self.initial.clone()), operations, limits)
    }
}

impl Ordered for oversell_checker::history::KvHistory {
    type Op = <Kv as SequentialSpec>::Op;
    type Ret = <Kv as SequentialSpec>::Ret;
    type Initial = String;

    fn key(&self) -> &Self {
        self
    }

    fn check(&self, operations: &[Operation<Self::Op, Self::Ret>], limits: &Limits) -> Verdict {
        general::check_foreseeing(&Kv(self.initial.clone()), operations, limits)
    }
}
