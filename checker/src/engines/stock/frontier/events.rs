//! A history in time, as the walk goes through it.

use crate::engines::stock::{
    invocations::Invocations,
    view::{Seen, View},
};

/// More operations open at once than this are left to the general search.
pub(in crate::engines::stock) const MOST_OPEN: usize = 1024;

/// Responses in order, and invocations in order. At one time invocations come first: intervals are closed.
pub(super) struct Events<'a> {
    pub(super) view: View<'a>,
    pub(super) invocations: Invocations<'a>,
    pub(super) responses: Vec<(u64, u32)>,
}

impl<'a> Events<'a> {
    pub(super) fn of(view: View<'a>) -> Self {
        let mut responses: Vec<(u64, u32)> = view
            .iter()
            .filter(completed)
            .map(|seen| (seen.returned, seen.index))
            .collect();
        responses.sort_unstable();
        Self {
            view,
            invocations: Invocations::of(view),
            responses,
        }
    }

    /// The most completed operations that are open at one time.
    pub(super) fn most_open(&self) -> usize {
        let mut invocations = self.invocations.iter().filter(completed).peekable();
        let mut invoked = 0;
        let mut most = 0;
        for (returned, &(time, _)) in self.responses.iter().enumerate() {
            while invocations.next_if(|seen| seen.invoked <= time).is_some() {
                invoked += 1;
            }
            most = most.max(invoked - returned);
        }
        most
    }
}

fn completed(seen: &Seen) -> bool {
    !seen.is_indeterminate()
}
