//! From an order of the stock alone to one of the whole.

use oversell_spec::{SequentialSpec as _, Stock, stock::StockRet};

use super::plan::{Choice, Plan, Projection};
use crate::{engines::Witness, history::SalesOperation};

/// An order of all operations, made of one of the projection. Whether the specification accepts it has to be tried.
///
/// What is missing changes nothing. It is put where the buyer has had most: behind all that was invoked by the time of its answer,
/// as late as its interval allows. So an order keeps real time: what precedes it in time was invoked by then, and what it precedes
/// was not. A refusal that is right elsewhere, as too few were left, is put there.
///
/// What made each of the open ones right is said, too; `Free`: nothing did.
pub(super) fn complete(
    plan: &Plan,
    projection: &Projection,
    order: &Witness,
    initial: u64,
    operations: &[SalesOperation],
) -> (Witness, Vec<Choice>) {
    let at = |index: u32| &operations[index as usize];
    let order: Vec<u32> = order.0.iter().map(|&place| projection.origin[place]).collect();
    // The latest invocation up to each place, and the level before each.
    let mut latest = Vec::with_capacity(order.len());
    let mut levels = Vec::with_capacity(order.len() + 1);
    let mut places = vec![u32::MAX; operations.len()];
    let mut stock = Stock::new(initial);
    for (place, &index) in (0..).zip(&order) {
        let operation = at(index);
        latest.push(latest.last().copied().unwrap_or(0).max(operation.invoked));
        levels.push(stock.level());
        places[index as usize] = place;
        // The state follows from what was asked: whatever is bought is taken.
        if !matches!(
            operation.response.map(|response| response.ret),
            Some(StockRet::SoldOut | StockRet::Refused)
        ) {
            stock.invoke(&operation.op.op);
        }
    }
    levels.push(stock.level());
    let last = |index: u32| latest.partition_point(|&invoked| invoked <= at(index).returned());
    let mut slots: Vec<(usize, u64, u32)> = projection
        .aside
        .iter()
        .map(|&index| (last(index), at(index).returned(), index))
        .collect();
    let mut reasons = Vec::with_capacity(plan.open.len());
    let mut moved = Vec::new();
    for open in &plan.open {
        let end = last(open.index);
        let had = open
            .purchases
            .iter()
            .filter(|&&index| (places[index as usize] as usize) < end);
        let had: u128 = had.map(|&index| u128::from(at(index).op.quantity())).sum();
        let short = |place: &usize| levels[*place] < at(open.index).op.quantity();
        // The first place behind all that precedes it.
        let first = || {
            let precedes = |place: &usize| at(order[*place]).precedes(at(open.index));
            (0..end).rev().find(precedes).map_or(0, |place| place + 1)
        };
        let found = || (first()..=end).rev().find(short).filter(|_| open.or_sold_out);
        reasons.push(if had >= u128::from(open.need) {
            Choice::Had
        } else if let Some(place) = found() {
            moved.push((open.index, place));
            Choice::SoldOut
        } else {
            Choice::Free
        });
    }
    moved.sort_unstable();
    for (slot, _, index) in &mut slots {
        if let Ok(found) = moved.binary_search_by_key(index, |&(index, _)| index) {
            *slot = moved[found].1;
        }
    }
    slots.sort_unstable();
    let mut slots = slots.into_iter().peekable();
    let mut whole = Vec::with_capacity(operations.len());
    for place in 0..=order.len() {
        while let Some((.., index)) = slots.next_if(|&(slot, ..)| slot == place) {
            whole.push(index as usize);
        }
        whole.extend(order.get(place).map(|&index| index as usize));
    }
    (Witness(whole), reasons)
}
