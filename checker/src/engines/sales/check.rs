//! From a history to its verdict.

use std::time::Instant;

use oversell_spec::Sales;

use super::{
    order::complete,
    plan::{Choice, Plan},
};
use crate::{
    engines::{Limits, Verdict, Violation, Witness, decide_stock, general, witness},
    history::{OnSale, SalesOperation},
};

/// Is the history of one stock counter linearizable of which one buyer may have so many units?
///
/// The operations may stand in any order.
pub fn check_sales(initial: OnSale, operations: &[SalesOperation], limits: &Limits) -> Verdict {
    let started = Instant::now();
    match decide_sales(initial, operations, limits) {
        Verdict::Violation(Violation { certain_at: None }) => Verdict::Violation(Violation {
            certain_at: first_certain(initial, operations, &limits.rest(started)),
        }),
        verdict => verdict,
    }
}

/// [`check_sales`], without looking for when a violation was certain.
pub fn decide_sales(initial: OnSale, operations: &[SalesOperation], limits: &Limits) -> Verdict {
    const VIOLATION: Verdict = Verdict::Violation(Violation { certain_at: None });
    let started = Instant::now();
    // What is wrong about one buyer is wrong whatever the stock was.
    let Ok(plan) = Plan::of(initial.limit, operations) else {
        return VIOLATION;
    };
    let attempt = |choices: &[Choice]| attempt(&plan, choices, initial, operations, &limits.rest(started));
    // As it mostly is: who was refused and can have had enough by then had.
    let had: Vec<Choice> = plan
        .open
        .iter()
        .map(|open| if open.can_have { Choice::Had } else { Choice::Free })
        .collect();
    match attempt(&had) {
        Attempt::Order(order) => return Verdict::Linearizable(order),
        // Nothing was supposed: an order of the whole is one of the projection.
        Attempt::Refuted if plan.open.is_empty() => return VIOLATION,
        Attempt::Stock(verdict) if plan.open.is_empty() => return verdict,
        _ => {}
    }
    // Nothing is supposed: an order of the whole is one of the projection.
    match attempt(&vec![Choice::Free; plan.open.len()]) {
        Attempt::Order(order) => return Verdict::Linearizable(order),
        Attempt::Refuted => return VIOLATION,
        Attempt::Stock(_) => {}
        Attempt::NotOfTheWhole(reasons) => {
            let choices: Vec<Choice> = reasons
                .into_iter()
                .zip(&had)
                .map(|(reason, &had)| if reason == Choice::SoldOut { reason } else { had })
                .collect();
            if let Attempt::Order(order) = attempt(&choices) {
                return Verdict::Linearizable(order);
            }
        }
    }
    let start = Sales::new(initial.stock, initial.limit);
    general::check(&start, operations, &limits.rest(started))
}

enum Attempt {
    /// An order of the whole: the specification has accepted it.
    Order(Witness),
    /// An order of the projection that is none of the whole as it was completed; what made each open refusal right in it.
    NotOfTheWhole(Vec<Choice>),
    /// The projection has no order.
    Refuted,
    /// It was not decided.
    Stock(Verdict),
}

fn attempt(
    plan: &Plan,
    choices: &[Choice],
    initial: OnSale,
    operations: &[SalesOperation],
    limits: &Limits,
) -> Attempt {
    let projection = plan.project(operations, choices);
    let order = match decide_stock(initial.stock, &projection.operations, limits) {
        Verdict::Linearizable(order) => order,
        Verdict::Violation(_) => return Attempt::Refuted,
        undecided => return Attempt::Stock(undecided),
    };
    let (order, reasons) = complete(plan, &projection, &order, initial.stock, operations);
    // The specification has the last word.
    match witness::verify(Sales::new(initial.stock, initial.limit), operations, &order) {
        Ok(()) => Attempt::Order(order),
        Err(_) => Attempt::NotOfTheWhole(reasons),
    }
}

/// The response with which a violation was certain: a prefix of a linearizable history is linearizable (what is open at its end
/// becomes indeterminate), so a bisection finds it. `None` when a prefix is undecided.
fn first_certain(initial: OnSale, operations: &[SalesOperation], limits: &Limits) -> Option<usize> {
    let started = Instant::now();
    let responses = general::responses(operations);
    let (mut linearizable, mut violating) = (0, responses.len().checked_sub(1)?);
    while linearizable < violating {
        let middle = usize::midpoint(linearizable, violating);
        match decide_sales(initial, &upto(operations, responses[middle]), &limits.rest(started)) {
            Verdict::Linearizable(_) => linearizable = middle + 1,
            Verdict::Violation(_) => violating = middle,
            Verdict::Undecided(_) => return None,
        }
    }
    Some(responses[violating].1)
}

/// The operations up to and with one response, given by its time and the index of its operation.
fn upto(operations: &[SalesOperation], last: (u64, usize)) -> Vec<SalesOperation> {
    let begun = operations.iter().enumerate();
    let begun = begun.filter(|(_, operation)| operation.invoked <= last.0);
    let known = begun.map(|(index, operation)| SalesOperation {
        response: operation.response.filter(|response| (response.at, index) <= last),
        ..*operation
    });
    known.collect()
}
