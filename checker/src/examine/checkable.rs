//! How each specification that history files know is checked and explained.

use oversell_spec::{Sales, Stock};

use super::watcher::Followable;
use crate::{
    counterexample::{
        Finding, SalesFinding, StockFinding, Words, explain_sales, explain_stock,
        general::{self, Explainable},
    },
    engines::{Limits, Verdict, Violation, check_sales, check_stock, general as engine},
    history::{KeyHistory, OnSale, Operation, SalesHistory, SalesOperation, StockHistory, StockOperation, Vocabulary},
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

impl Checkable for Sales {
    type State = u64;

    fn verdict(initial: &OnSale, operations: &[SalesOperation], limits: &Limits) -> Verdict {
        check_sales(*initial, operations, limits)
    }

    fn explain(key: &SalesHistory, words: &Words<'_>, violation: &Violation, limits: &Limits) -> SalesFinding {
        explain_sales(key, words, violation, limits)
    }
}

/// By the general search.
impl<V: Followable + Explainable> Checkable for V {
    type State = String;

    fn verdict(
        initial: &String,
        operations: &[Operation<<V as Vocabulary>::Op, <V as Vocabulary>::Ret>],
        limits: &Limits,
    ) -> Verdict {
        engine::check_foreseeing(&V::with(initial.clone()), operations, limits)
    }

    fn explain(
        key: &KeyHistory<<V as Vocabulary>::Op, <V as Vocabulary>::Ret, String>,
        words: &Words<'_>,
        violation: &Violation,
        limits: &Limits,
    ) -> Finding<String, <V as Vocabulary>::Op, <V as Vocabulary>::Ret> {
        let initial = V::with(key.initial.clone());
        let mut finding = general::explain(
            &initial,
            &key.operations,
            words,
            violation,
            limits,
            engine::decide_foreseeing,
        );
        let start = V::with(finding.counterexample.initial.clone());
        finding.explanation += &general::about_failed(&start, &key.failed, &finding, words);
        finding
    }
}
