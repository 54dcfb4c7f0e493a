//! How each specification that history files know is checked and explained.

use oversell_spec::{Kv, Register, Stock};

use crate::{
    counterexample::{Finding, StockFinding, Words, explain_stock, general},
    engines::{
        Limits, Verdict, Violation, check_stock,
        general::{self as engine, Followed as _},
    },
    history::{KeyHistory, Operation, StockHistory, StockOperation, Vocabulary},
};

/// A specification that history files know, as it is checked and explained.
pub(super) trait Checkable: Vocabulary {
    /// The state that a counterexample starts from.
    type State;

    /// Are the operations linearizable from `initial` on?
    fn verdict(initial: &Self::Initial, operations: &[Operation<Self::Op, Self::Ret>], limits: &Limits) -> Verdict;

    /// Why they are not.
    fn explain(
        key: &KeyHistory<Self::Op, Self::Ret, Self::Initial>,
        words: &Words<'_>,
        violation: &Violation,
        limits: &Limits,
    ) -> Finding<Self::State, Self::Op, Self::Ret>;
}

impl Checkable for Stock {
    type State = u64;

    fn verdict(initial: &u64, operations: &[StockOperation], limits: &Limits) -> Verdict {
        check_stock(*initial, operations, limits)
    }

    fn explain(key: &StockHistory, words: &Words<'_>, violation: &Violation, limits: &Limits) -> StockFinding {
        explain_stock(key, words, violation, limits)
    }
}

/// By the general search, for specifications whose state is a text.
macro_rules! generally {
    ($spec:ty) => {
        impl Checkable for $spec {
            type State = String;

            fn verdict(initial: &String, operations: &[Operation<Self::Op, Self::Ret>], limits: &Limits) -> Verdict {
                engine::check_foreseeing(&Self::with(initial.clone()), operations, limits)
            }

            fn explain(
                key: &KeyHistory<Self::Op, Self::Ret, String>,
                words: &Words<'_>,
                violation: &Violation,
                limits: &Limits,
            ) -> Finding<String, Self::Op, Self::Ret> {
                let initial = Self::with(key.initial.clone());
                general::explain(
                    &initial,
                    &key.operations,
                    words,
                    violation,
                    limits,
                    engine::decide_foreseeing,
                )
            }
        }
    };
}

generally!(Register<String>);
generally!(Kv);
