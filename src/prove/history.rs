//! A schedule as a history.

use oversell_checker::history::{
    Body, Clock, Command, Header, History, KeyHistory, OnSale, Operation, Response, Spec, Texts,
};
use oversell_models::explorer::{Setup, Step};
use oversell_spec::{
    sales::{Buyer, SalesOp},
    stock::{StockOp, StockRet, Unit},
};

/// The schedule as a history. Its clock counts steps: an operation begins with its first command and ends with its last
/// reply.
pub(super) fn history(setup: &Setup, steps: &[Step]) -> History {
    let mut names = Texts::new();
    let stock = setup.stock;
    let body = match setup.limit {
        None => Body::Stock(vec![key(stock, steps, &mut names, |op, _| op)]),
        Some(limit) => Body::Sales(vec![key(OnSale { stock, limit }, steps, &mut names, |op, buyer| {
            SalesOp {
                op,
                buyer: buyer.map(Buyer),
            }
        })]),
    };
    History {
        header: Header::new(Spec::Stock, stock),
        clock: Clock::Lines,
        body,
        units: names,
    }
}

fn key<Op, Initial>(
    initial: Initial,
    steps: &[Step],
    names: &mut Texts,
    asked: impl Fn(StockOp, Option<u32>) -> Op,
) -> KeyHistory<Op, StockRet, Initial> {
    let mut history = KeyHistory::new("", initial);
    // The operation that each client is in, and the number under which it acts.
    let mut open: Vec<Option<usize>> = Vec::new();
    let mut failed = Vec::new();
    for (place, step) in steps.iter().enumerate() {
        let Some(client) = step.client else { continue };
        open.resize(open.len().max(client + 1), None);
        // All of a step happens at one time, and steps at different ones: intervals are closed.
        let at = place as u64 + 1;
        if let Some(op) = step.begins {
            let again = history.operations.iter().filter(|other: &&Operation<Op, StockRet>| {
                other.process % 1000 == client as i64 + 1 && other.response.is_none()
            });
            // A process that never heard of its operation acts no more: the client goes on under another number.
            let process = client as i64 + 1 + 1000 * again.count() as i64;
            open[client] = Some(history.operations.len());
            history.operations.push(Operation {
                process,
                invoked: at,
                op: asked(op, step.buyer.as_deref().map(|buyer| names.intern(buyer))),
                response: None,
            });
        }
        let Some(operation) = open[client] else { continue };
        if let (Some(request), Some(reply)) = (&step.request, &step.reply) {
            let arrived = step.arrived();
            history.commands.push(
                operation,
                &Command {
                    sent: at,
                    received: arrived.then_some(at),
                    command: request.to_string().into(),
                    reply: arrived.then(|| reply.to_string().into()),
                },
            );
        }
        if let Some(answer) = &step.answer {
            open[client] = None;
            match answer.told(|unit| Unit(names.intern(unit))) {
                Some(ret) => history.operations[operation].response = Some(Response { at, ret }),
                None if step.without_effect => failed.push(operation as u32),
                None => {}
            }
        }
    }
    history.settle(failed);
    history
}
