//! Looks for claims about values that were put there and read.

use std::collections::HashMap;

use oversell_spec::kv::{KvOp, KvRet};

use super::hints::{Hints, MOST_PLACES};
use crate::{
    certificate::{
        claim::{Claim, Shown},
        rules::{Outcome, Provable, recompute},
    },
    history::{KvOperation, Operation},
};

/// Tries the rules on values with the operations of the hints, or with all of them, where they are few.
pub(super) fn values<S: Provable>(
    initial: &S,
    operations: &[Operation<S::Op, S::Ret>],
    hints: &Hints,
) -> Option<Claim<usize>> {
    let hinted = hints.certain_at.iter().chain(&hints.operations).copied();
    let all = 0..if operations.len() <= MOST_PLACES {
        operations.len()
    } else {
        0
    };
    let places: Vec<usize> = hinted
        .take(MOST_PLACES)
        .chain(all)
        .filter(|&place| {
            operations
                .get(place)
                .is_some_and(|operation| operation.response.is_some())
        })
        .collect();
    let holds = |claim: &Claim<usize>| recompute(initial, operations, claim, 0) == Outcome::Confirmed;
    let absent = places.iter().filter_map(|&needy| absent::<S>(operations, needy));
    if let Some(claim) = absent.into_iter().find(holds) {
        return Some(claim);
    }
    let periods = periods(initial, operations);
    let interleaved = places
        .iter()
        .flat_map(|&place| interleaved::<S>(operations, &periods, place));
    if let Some(claim) = interleaved.into_iter().find(holds) {
        return Some(claim);
    }
    let (_, texts) = S::texts(initial, operations)?;
    let appended = places.iter().flat_map(|&place| appended(texts, place));
    appended.into_iter().find(holds)
}

/// The claim that most speaks for: of all operations before it that left another value, that which was invoked last.
fn absent<S: Provable>(operations: &[Operation<S::Op, S::Ret>], needy: usize) -> Option<Claim<usize>> {
    let asking = &operations[needy];
    let needed = S::finds(&asking.op, &asking.response.as_ref()?.ret)?;
    let before = operations.iter().enumerate().filter(|(_, operation)| {
        let response = operation.response.as_ref();
        response.is_some_and(|response| {
            response.at < asking.invoked && S::cannot_leave(&operation.op, &response.ret, needed)
        })
    });
    let since = before
        .max_by_key(|(_, operation)| operation.invoked)
        .map(|(index, _)| index);
    Some(Claim::Absent { needy, since })
}

/// When a value was there, of one that was put there once.
struct Period {
    /// The operation that showed it and returned first, with when; none: the beginning.
    first: (Option<usize>, u64),
    /// The one that was invoked last, with when; the initial value may not have been shown.
    last: Option<(usize, u64)>,
}

fn periods<'a, S: Provable>(initial: &'a S, operations: &'a [Operation<S::Op, S::Ret>]) -> HashMap<&'a str, Period> {
    let mut periods: HashMap<&str, Period> = HashMap::new();
    if let Some(value) = initial.value() {
        let first = (None, 0);
        periods.insert(value, Period { first, last: None });
    }
    for (index, operation) in operations.iter().enumerate() {
        let Some(response) = &operation.response else { continue };
        for value in S::shows(&operation.op, &response.ret).into_iter().flatten() {
            let period = periods.entry(value).or_insert(Period {
                first: (Some(index), response.at),
                last: None,
            });
            if period.first.0.is_some() && response.at < period.first.1 {
                period.first = (Some(index), response.at);
            }
            if period.last.is_none_or(|(_, invoked)| operation.invoked > invoked) {
                period.last = Some((index, operation.invoked));
            }
        }
    }
    periods
}

/// The value shown at this place against every other one: pairs of which each was there before the other.
fn interleaved<S: Provable>(
    operations: &[Operation<S::Op, S::Ret>],
    periods: &HashMap<&str, Period>,
    place: usize,
) -> Vec<Claim<usize>> {
    let operation = &operations[place];
    let Some(response) = &operation.response else {
        return Vec::new();
    };
    let values = S::shows(&operation.op, &response.ret);
    let shown = |period: &Period| {
        let (last, invoked) = period.last?;
        let (first, returned) = period.first;
        Some((
            Shown { first, last },
            first.map_or(0, |_| returned),
            first.is_none(),
            invoked,
        ))
    };
    let mut claims = Vec::new();
    for value in values.into_iter().flatten() {
        let Some((one, over, start, invoked)) = periods.get(value).and_then(shown) else {
            continue;
        };
        let others = periods.iter().filter(|(other, _)| **other != value);
        let conflicts = others.filter_map(|(_, period)| {
            let (other, other_over, other_start, other_invoked) = shown(period)?;
            let crossed = (start || over < other_invoked) && (other_start || other_over < invoked);
            crossed.then_some(Claim::Interleaved { one, other })
        });
        // Whether they were put there once, the rule finds out.
        claims.extend(conflicts.take(MOST_PLACES));
    }
    // The order of a map is no order.
    claims.sort_by_key(|claim| match claim {
        Claim::Interleaved { other, .. } => other.last,
        _ => 0,
    });
    claims
}

/// What a get lacks, and the gets that do not go with it.
fn appended(operations: &[KvOperation], get: usize) -> Vec<Claim<usize>> {
    let asking = &operations[get];
    let Some(KvRet::Value(value)) = asking.response.as_ref().map(|response| &response.ret) else {
        return Vec::new();
    };
    // From the latest on: the fewer puts lie between.
    let others = || operations.iter().enumerate().rev().filter(|&(index, _)| index != get);
    let missing = others().filter_map(|(append, operation)| match &operation.op {
        KvOp::Append(text) if operation.returned() < asking.invoked && !value.contains(text.as_str()) => {
            Some(Claim::MissingAppend { append, get })
        }
        _ => None,
    });
    let forked = others().flat_map(|(other, operation)| {
        let crossed = match operation.response.as_ref().map(|response| &response.ret) {
            Some(KvRet::Value(read)) => !value.starts_with(read) || !read.starts_with(value),
            _ => false,
        };
        let claim = |first: usize, second| Claim::Forked {
            first: Some(first),
            second,
        };
        crossed
            .then(|| [claim(other, get), claim(get, other)])
            .into_iter()
            .flatten()
    });
    let from_start = Claim::Forked {
        first: None,
        second: get,
    };
    missing
        .take(MOST_PLACES)
        .chain([from_start])
        .chain(forked.take(4 * MOST_PLACES))
        .collect()
}
