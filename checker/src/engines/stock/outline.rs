//! A history in chunks of a few thousand operations, in the order of their invocations: what each contains, and when.
//!
//! One pass gathers it, on all cores where the history is long. It decides the engine, and later it tells which chunks
//! need not be looked at again.

use std::ops::Range;

use rayon::prelude::*;

use super::{
    invocations::Invocations,
    summary::Summary,
    view::{Horizon, Seen, View, What},
};

/// Operations of a chunk.
pub(super) const CHUNK: usize = if cfg!(any(test, fuzzing)) { 3 } else { 1 << 12 };

/// With so many chunks, work on them is shared by all cores: less takes no longer than to wake one.
pub(super) const MANY: usize = if cfg!(any(test, fuzzing)) { 3 } else { 16 };

/// So many of them are handed to a core at a time, at least.
pub(super) const TOGETHER: usize = if cfg!(any(test, fuzzing)) { 1 } else { 4 };

/// A chunk.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    pub(super) summary: Summary,
    /// The first and the last invocation; the first is behind the last where there is none.
    pub(super) begins: u64,
    pub(super) begins_last: u64,
    /// The last response.
    pub(super) ends: u64,
    /// The first response of those who bought, and of those who were told sold-out.
    pub(super) first_bought: Option<Horizon>,
    pub(super) first_sold_out: Option<Horizon>,
    /// The least quantity that was sold out.
    pub(super) least_sold_out: u64,
}

impl Chunk {
    fn of(invocations: &Invocations<'_>, places: Range<usize>) -> Self {
        let mut chunk = Self {
            summary: Summary::new(),
            begins: u64::MAX,
            begins_last: 0,
            ends: 0,
            first_bought: None,
            first_sold_out: None,
            least_sold_out: u64::MAX,
        };
        let first = |of: Option<Horizon>, seen: &Seen| Some(of.map_or(seen.horizon(), |of| of.min(seen.horizon())));
        for place in places {
            let Some(seen) = invocations.get(place) else { continue };
            chunk.summary.by_invocation &= chunk.begins_last <= seen.invoked;
            chunk.begins = chunk.begins.min(seen.invoked);
            chunk.begins_last = seen.invoked;
            chunk.summary.add(&seen);
            if seen.is_indeterminate() {
                continue;
            }
            chunk.ends = chunk.ends.max(seen.returned);
            match seen.what {
                What::Bought { .. } => chunk.first_bought = first(chunk.first_bought, &seen),
                What::SoldOut { quantity } => {
                    chunk.first_sold_out = first(chunk.first_sold_out, &seen);
                    chunk.least_sold_out = chunk.least_sold_out.min(quantity);
                }
                _ => {}
            }
        }
        chunk
    }
}

/// The chunks of a history, and what they contain together.
pub(super) struct Outline<'a> {
    pub(super) summary: Summary,
    pub(super) invocations: Invocations<'a>,
    pub(super) chunks: Vec<Chunk>,
}

impl<'a> Outline<'a> {
    /// O(n); where the operations do not stand in the order of their invocations, O(n log n).
    pub(super) fn of(view: View<'a>) -> Self {
        let mut outline = Self::chunked(Invocations::in_order(view));
        if !outline.summary.by_invocation {
            let summary = outline.summary;
            outline = Self::chunked(Invocations::of(view));
            outline.summary = summary;
        }
        outline
    }

    fn chunked(invocations: Invocations<'a>) -> Self {
        let len = invocations.len();
        let count = len.div_ceil(CHUNK);
        let chunk = |number: usize| Chunk::of(&invocations, places(number, len));
        let chunks: Vec<Chunk> = if count < MANY {
            (0..count).map(chunk).collect()
        } else {
            (0..count).into_par_iter().with_min_len(TOGETHER).map(chunk).collect()
        };
        let mut summary = Summary::new();
        let mut last = 0;
        for chunk in chunks.iter().filter(|chunk| chunk.begins <= chunk.begins_last) {
            summary.by_invocation &= last <= chunk.begins;
            last = chunk.begins_last;
        }
        for chunk in &chunks {
            summary.join(&chunk.summary);
        }
        Self {
            summary,
            invocations,
            chunks,
        }
    }

    /// The history.
    pub(super) const fn view(&self) -> View<'a> {
        self.invocations.view()
    }

    /// The places of a chunk in the order of invocations.
    pub(super) fn places(&self, chunk: usize) -> Range<usize> {
        places(chunk, self.invocations.len())
    }

    /// The operations of a chunk that matter.
    pub(super) fn seen(&self, chunk: usize) -> impl Iterator<Item = Seen> {
        self.places(chunk).filter_map(|place| self.invocations.get(place))
    }

    /// What stands in front of a place in the order of invocations and does not return before this time.
    pub(super) fn open_at(&self, place: usize, time: u64) -> impl Iterator<Item = Seen> {
        let chunks = (0..place.div_ceil(CHUNK)).filter(move |&chunk| self.chunks[chunk].ends >= time);
        let places = chunks
            .flat_map(move |chunk| self.places(chunk))
            .filter(move |&before| before < place);
        let seen = places.filter_map(|place| self.invocations.get(place));
        seen.filter(move |seen| seen.returned >= time)
    }

    /// The operations of the chunks that `which` lets pass: no other chunk is looked at.
    pub(super) fn seen_in(&self, which: impl Fn(&Chunk) -> bool) -> impl Iterator<Item = Seen> {
        let chosen = (0..self.chunks.len()).filter(move |&chunk| which(&self.chunks[chunk]));
        chosen.flat_map(|chunk| self.seen(chunk))
    }
}

fn places(chunk: usize, len: usize) -> Range<usize> {
    chunk * CHUNK..((chunk + 1) * CHUNK).min(len)
}
