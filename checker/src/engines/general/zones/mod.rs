//! An object that holds one value at a time, in histories that tell of each value read which write it is from: decided without
//! a search, in O(n log n).
//!
//! Gibbons and Korach, *Testing shared memories* (SIAM J. Comput. 1997). A write with all reads of its value is a *cluster*; so are
//! the reads of the initial value, whose write was before everything. In every order a cluster stands in one piece, its
//! write first: the value is there from its write to the next write, and never again. What no answer shows may be left out: an
//! indeterminate read, and an indeterminate write whose value nobody read. So a history is linearizable if and only if
//!
//! 1. every read has a write that was invoked no later than the read returned. Then the write and its reads, by invocation, are an
//!    order of the cluster;
//! 2. the clusters can be ordered. Let `f` be the first response in a cluster and `s` its last invocation. C must stand before D
//!    exactly when something in C was over before something in D began: `f(C) < s(D)`.
//!
//! *When this has a cycle, two clusters must stand before each other.* In a shortest cycle of three or more, C before D before E,
//! C need not stand before E (of three, E must stand before C, so that these two would be a shorter one): `f(C) ≥ s(E) > f(D)`.
//! So `f` falls at each step of the cycle and cannot come back to where it was.
//!
//! *Without such two, the clusters by the lesser of `f` and `s` are an order*, at one time those with `s ≤ f` first. Let C have to stand
//! before D: `f(C) < s(D)`, and, as D need not stand before C, `s(C) ≤ f(D)`. What is left to see is that C is sorted first.
//! - `s(C) ≤ f(C)`: then `s(C)` is below `s(D)` and not above `f(D)`; when it equals the latter, C is of those that go first.
//! - `f(C) < s(C)`: then `f(C)` is below `s(D)`, and below `s(C) ≤ f(D)`.
//!
//! So one look at that order decides: a cluster that must stand before one sorted ahead of it is one of two in a cycle. Intervals are
//! closed, which is why all that is strict here is strict: what touches may take effect at one instant.

mod access;
mod certain;
mod clusters;

use std::hash::Hash;

pub(super) use access::Access;
use certain::Time;
use clusters::Clusters;

use crate::{
    engines::{Verdict, Violation, Witness},
    history::Operation,
};

/// The verdict, if this is a history that can be decided here: `access` knows all its operations, and no value that was read was
/// written twice, nor written when it was there from the start.
pub(super) fn decide<'a, V, Op, Ret>(
    initial: &'a V,
    operations: &'a [Operation<Op, Ret>],
    access: impl Fn(&'a Op, Option<&'a Ret>) -> Option<Access<'a, V>>,
) -> Option<Verdict>
where
    V: PartialEq + Hash,
{
    let accesses = operations
        .iter()
        .map(|operation| access(&operation.op, operation.response.as_ref().map(|response| &response.ret)))
        .collect::<Option<Vec<_>>>()?;
    let clusters = Clusters::of(initial, operations, &accesses)?;
    Some(match order(&clusters, operations) {
        Some(witness) => Verdict::Linearizable(witness),
        None => Verdict::Violation(Violation {
            certain_at: certain::first_certain(&clusters, operations),
        }),
    })
}

/// The first response in a cluster, and its last invocation.
#[derive(Clone, Copy, Debug)]
struct Zone {
    response: Time,
    invocation: Time,
}

/// The order, if there is one.
fn order<Op, Ret>(clusters: &Clusters, operations: &[Operation<Op, Ret>]) -> Option<Witness> {
    if clusters.read_too_early(operations) {
        return None;
    }
    let zones = zones(clusters, operations);
    let mut sorted: Vec<u32> = (0..zones.len() as u32).collect();
    sorted.sort_unstable_by_key(|&cluster| {
        let zone = zones[cluster as usize];
        (zone.response.min(zone.invocation), zone.response < zone.invocation)
    });
    let mut latest = None;
    for &cluster in &sorted {
        let zone = zones[cluster as usize];
        if zone.response < latest {
            return None;
        }
        latest = latest.max(zone.invocation);
    }
    Some(Witness(clusters.one_after_the_other(&sorted, operations)))
}

fn zones<Op, Ret>(clusters: &Clusters, operations: &[Operation<Op, Ret>]) -> Vec<Zone> {
    let nothing_yet = Zone {
        response: Some(u64::MAX),
        invocation: None,
    };
    let mut zones = vec![nothing_yet; clusters.len()];
    zones[Clusters::INITIAL].response = None;
    for (operation, cluster) in operations.iter().zip(clusters.of_each()) {
        if let Some(cluster) = cluster {
            let zone = &mut zones[cluster];
            // An open operation returns after everything.
            zone.response = zone.response.min(Some(operation.returned()));
            zone.invocation = zone.invocation.max(Some(operation.invoked));
        }
    }
    zones
}
