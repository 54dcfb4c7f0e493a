//! From a history to its verdict.

use std::time::Instant;

use oversell_spec::Sales;

use super::{
    order::complete,
    plan::{Choice, Open, Plan, Projection},
};
use crate::{
    engines::{Limits, Verdict, Violation, Witness, decide_stock, general, witness},
    history::{OnSale, SalesOperation},
};

/// So often it is tried again with other reasons for refusals.
const MOST_ATTEMPTS: usize = 12;

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
    let attempt = |choices: &[Choice], roomy| {
        let projection = plan.project(operations, choices, roomy);
        attempt(&plan, &projection, initial, operations, &limits.rest(started))
    };
    let had = |open: &Open| if open.can_have { Choice::Had } else { Choice::Free };
    // As it mostly is: who was refused and can have had enough by then had.
    if let Attempt::Order(order) = attempt(&plan.open.iter().map(had).collect::<Vec<_>>(), false) {
        return Verdict::Linearizable(order);
    }
    // Nothing is supposed: an order of the whole is one of the projection.
    let mut choices = vec![Choice::Free; plan.open.len()];
    let mut reasons = match attempt(&choices, true) {
        Attempt::Order(order) => return Verdict::Linearizable(order),
        Attempt::Refuted => return VIOLATION,
        Attempt::Stock(verdict) if plan.open.is_empty() => return verdict,
        Attempt::Stock(_) => Vec::new(),
        Attempt::NotOfTheWhole(reasons) => reasons,
    };
    // Who was refused when too few were left in that order was refused for that, the others as they had enough.
    let by_order = reasons.iter().zip(&plan.open).map(|(&reason, open)| match reason {
        Choice::SoldOut => reason,
        Choice::Had | Choice::Free => had(open),
    });
    let by_order: Vec<Choice> = by_order.collect();
    if let Attempt::Order(order) = attempt(&by_order, false) {
        return Verdict::Linearizable(order);
    }
    // Something is supposed only of those that nothing makes right in the last order: first the one, then the other.
    for _ in 0..MOST_ATTEMPTS {
        for ((choice, reason), open) in choices.iter_mut().zip(&reasons).zip(&plan.open) {
            *choice = match *choice {
                _ if *reason != Choice::Free => *choice,
                Choice::Free if open.can_have => Choice::Had,
                _ if open.or_sold_out => Choice::SoldOut,
                choice => choice,
            };
        }
        match attempt(&choices, false) {
            Attempt::Order(order) => return Verdict::Linearizable(order),
            Attempt::NotOfTheWhole(others) => reasons = others,
            Attempt::Refuted | Attempt::Stock(_) => break,
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
    projection: &Projection,
    initial: OnSale,
    operations: &[SalesOperation],
    limits: &Limits,
) -> Attempt {
    let order = match decide_stock(initial.stock, &projection.operations, limits) {
        Verdict::Linearizable(order) => order,
        Verdict::Violation(_) => return Attempt::Refuted,
        undecided => return Attempt::Stock(undecided),
    };
    let (order, reasons) = complete(plan, projection, &order, initial.stock, operations);
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
