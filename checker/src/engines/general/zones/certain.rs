//! With which response it was certain that there is no order: one walk over the responses, O(n log n).
//!
//! A prefix is decided as any history is. When a response is added, only its cluster changes: `f` is the response if it is the
//! cluster's first, and `s` may grow. Responses come in their order, so `f` never falls; and a cluster that is new cannot have to
//! stand before any other, as all was invoked by then. So what is to be seen after each response is whether its cluster and
//! another must stand before each other, and the others are kept by `f`, in which they came.

use std::ops::Range;

use super::clusters::Clusters;
use crate::{engines::general::certain::responses, history::Operation};

/// A time, or before all times.
pub(super) type Time = Option<u64>;

/// The index of the response; `None` when the history is linearizable.
pub(super) fn first_certain<Op, Ret>(clusters: &Clusters, operations: &[Operation<Op, Ret>]) -> Option<usize> {
    // By place, that is in the order of their first responses, which the initial value had before all.
    let mut first_response: Vec<Time> = vec![None];
    let mut last_invocation = Latest::of(clusters.len());
    let mut places = vec![None; clusters.len()];
    places[Clusters::INITIAL] = Some(0);
    for (at, index) in responses(operations) {
        let Some(cluster) = clusters.cluster(index) else {
            continue;
        };
        // Later prefixes may have the write, but still after the read.
        let Some(begins) = clusters.begins(cluster, operations).filter(|&begins| begins <= at) else {
            return Some(index);
        };
        let place = *places[cluster].get_or_insert_with(|| {
            first_response.push(Some(at));
            first_response.len() - 1
        });
        let invocation = last_invocation.raise(place, operations[index].invoked.max(begins));
        let before = first_response.partition_point(|&response| response < invocation);
        let others = [0..place.min(before), place + 1..before];
        let after = others.into_iter().map(|others| last_invocation.among(others)).max();
        if after.flatten() > first_response[place] {
            return Some(index);
        }
    }
    None
}

/// The latest of the times at a range of places.
struct Latest {
    /// A heap-shaped tree: the places are its second half, each node above has the later of its two children.
    nodes: Vec<Time>,
}

impl Latest {
    fn of(places: usize) -> Self {
        Self {
            nodes: vec![None; 2 * places],
        }
    }

    /// Makes the time at a place at least `time`, and says what it then is.
    fn raise(&mut self, place: usize, time: u64) -> Time {
        let leaf = place + self.nodes.len() / 2;
        let mut node = leaf;
        while node > 0 && self.nodes[node] < Some(time) {
            self.nodes[node] = Some(time);
            node /= 2;
        }
        self.nodes[leaf]
    }

    fn among(&self, places: Range<usize>) -> Time {
        let half = self.nodes.len() / 2;
        let (mut low, mut high) = (places.start + half, places.end + half);
        let mut latest = None;
        while low < high {
            if low % 2 == 1 {
                latest = latest.max(self.nodes[low]);
                low += 1;
            }
            if high % 2 == 1 {
                high -= 1;
                latest = latest.max(self.nodes[high]);
            }
            low /= 2;
            high /= 2;
        }
        latest
    }
}
