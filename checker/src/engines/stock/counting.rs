//! Only `bought` and `sold-out`, no restock: counting is enough.
//!
//! All that was bought must fit the stock. Beyond that, only the sold-outs ask for anything, and each asks that enough is
//! gone before it. So the best order of the buys is the order of their invocations: it puts before any sold-out every buy
//! that may stand there. A sold-out comes in that order, too, where the level is low enough already, and
//! otherwise as late as it may. For the same reason every indeterminate buy that the stock has room for
//! takes effect, the earliest invoked first; all of them must be of one unit, or choosing among them is a problem of its
//! own.
//!
//! *As late as it may.* While nothing is restocked, "fewer than q are left" stays true once it is true. So a sold-out may stand as
//! late as real time lets it: just before the first operation z that was invoked after it returned. Nothing is lost by that. Were some
//! w behind it in the order that returned before the sold-out was invoked, then w would have returned before z was
//! invoked, and would stand behind z: the order of the others would be wrong without the sold-out. Therefore
//! the order of all other operations is decided first, and the sold-outs fall into place.
//!
//! So what happens in a [chunk](super::outline) follows from three things: the level before it, how many indeterminate buys
//! there is still room for, and which sold-outs wait from before. Where none waits, and none in it will, as the level is
//! too low for all of them, the chunk is *plain*: its order is that of its invocations, which it takes no look at its
//! operations to know, unless some of them have no place in the order. Plain chunks are put in order side by side.

use std::{cmp::Reverse, collections::BinaryHeap, ops::Range};

use rayon::prelude::*;

use super::{
    decision::Refuted,
    outline::{Chunk, MANY, Outline, TOGETHER},
    view::{Horizon, Seen, What},
};
use crate::engines::Witness;

pub(super) fn check(outline: &Outline<'_>, initial: u64) -> Result<Witness, Refuted> {
    let spare = u128::from(initial).checked_sub(outline.summary.bought).ok_or(Refuted)?;
    let mut line = Line {
        level: initial,
        spare: if outline.summary.sold_outs > 0 { spare } else { 0 },
        waiting: BinaryHeap::new(),
    };
    let mut parts = Vec::with_capacity(outline.chunks.len() + 1);
    for (number, chunk) in outline.chunks.iter().enumerate() {
        parts.push(if line.is_plain(chunk) {
            line.pass(number, chunk)?
        } else {
            line.walk(outline.seen(number))?
        });
    }
    parts.push(line.finish()?);
    Ok(Witness(put_together(outline, &parts)))
}

/// A part of the order.
enum Part {
    /// That of the invocations of this chunk, with so many indeterminate buys, the first of them.
    Plain { chunk: usize, maybes: usize, len: usize },
    /// This one.
    Walked(Vec<usize>),
}

impl Part {
    const fn len(&self) -> usize {
        match self {
            Self::Plain { len, .. } => *len,
            Self::Walked(order) => order.len(),
        }
    }

    fn write(&self, outline: &Outline<'_>, to: &mut [usize]) {
        match self {
            Self::Walked(order) => to.copy_from_slice(order),
            Self::Plain { chunk, len, .. } if outline.places(*chunk).len() == *len => {
                for (to, place) in to.iter_mut().zip(outline.places(*chunk)) {
                    *to = outline.invocations.index(place);
                }
            }
            Self::Plain { chunk, maybes, .. } => {
                let mut maybes = *maybes;
                let takes_place = |seen: &Seen| {
                    let maybe = matches!(seen.what, What::MaybeBuy { .. });
                    let takes = !maybe || maybes > 0;
                    maybes -= usize::from(maybe && takes);
                    takes
                };
                for (to, seen) in to.iter_mut().zip(outline.seen(*chunk).filter(takes_place)) {
                    *to = seen.index as usize;
                }
            }
        }
    }
}

fn put_together(outline: &Outline<'_>, parts: &[Part]) -> Vec<usize> {
    let mut order = vec![0; parts.iter().map(Part::len).sum()];
    let mut rest = order.as_mut_slice();
    let mut places = Vec::with_capacity(parts.len());
    for part in parts {
        let (place, behind) = rest.split_at_mut(part.len());
        places.push((part, place));
        rest = behind;
    }
    if parts.len() <= MANY {
        places.into_iter().for_each(|(part, place)| part.write(outline, place));
    } else {
        let shared = places.into_par_iter().with_min_len(TOGETHER);
        shared.for_each(|(part, place)| part.write(outline, place));
    }
    order
}

/// The first response with which the violation is certain, given that all buys are of one unit.
///
/// When something is known up to a response h, its answer among it, the order above fails in one of three ways:
/// * more were bought than there were: h is the first with which that is so;
/// * a sold-out returned at t, and of the buys invoked by t, too few are not known to be sold out, too, to have emptied the
///   stock. Of two sold-outs the one that returned first has fewer of them, so only the first of all matters, and h is
///   as many sold-outs later as there were buys to spare;
/// * a sold-out returned at t, and a buy invoked later got a unit: the units left by then are at least as many. Again the
///   first sold-out matters only.
///
/// Chunks that lie before or behind what matters are counted as a whole.
pub(super) fn first_certain(outline: &Outline<'_>, initial: u64) -> Option<Horizon> {
    let oversold = first_oversold(outline, initial);
    let refused = outline.chunks.iter().filter_map(|chunk| chunk.first_sold_out).min();
    let refused = refused.and_then(|first| first_refused(outline, initial, first.at));
    [oversold, refused].into_iter().flatten().min()
}

const fn bought(seen: &Seen) -> bool {
    matches!(seen.what, What::Bought { .. })
}

/// The response of the buy that got more than there was: when all who bought are counted from 0 by their response, number
/// `initial`.
fn first_oversold(outline: &Outline<'_>, initial: u64) -> Option<Horizon> {
    if outline.summary.bought <= u128::from(initial) {
        return None;
    }
    // It returns in `window`. Of those invoked before the chunk of number `initial` by invocation, there are too few to
    // reach it; with those of that chunk there are enough, and all of them have returned by the end of the window.
    let number = initial as usize;
    let mut window: Range<u64> = 0..0;
    let mut before = 0;
    for chunk in &outline.chunks {
        window.end = window.end.max(chunk.ends);
        let buys = chunk.summary.valued + chunk.summary.unvalued;
        if buys > 0 {
            window.start = chunk.begins;
        }
        before += buys;
        if before > number {
            break;
        }
    }
    let over = |chunk: &Chunk| chunk.ends < window.start;
    let over_before = outline.chunks.iter().filter(|chunk| over(chunk));
    let mut earlier: usize = over_before
        .map(|chunk| chunk.summary.valued + chunk.summary.unvalued)
        .sum();
    let mut within = Vec::new();
    for seen in outline
        .seen_in(|chunk| !over(chunk) && chunk.begins <= window.end)
        .filter(bought)
    {
        if seen.returned < window.start {
            earlier += 1;
        } else if seen.returned <= window.end {
            within.push(seen.horizon());
        }
    }
    Some(*within.select_nth_unstable(number - earlier).1)
}

/// The response that shows that the first sold-out of all, which returned at `first`, was false.
fn first_refused(outline: &Outline<'_>, initial: u64, first: u64) -> Option<Horizon> {
    let in_time = |seen: &Seen| seen.invoked <= first;
    let all_in_time = |chunk: &Chunk| chunk.begins_last <= first;
    let on_the_border = |chunk: &Chunk| chunk.begins <= first && !all_in_time(chunk);
    let whole = outline.chunks.iter().filter(|chunk| all_in_time(chunk));
    let begun =
        whole.map(|chunk| chunk.summary.len()).sum::<usize>() + outline.seen_in(on_the_border).filter(in_time).count();
    // None of them returned before the first of them.
    let open = |chunk: &Chunk| chunk.begins <= first && chunk.ends >= first && chunk.summary.sold_outs > 0;
    let refused = outline.seen_in(open).filter(in_time);
    let refused = refused.filter(|seen| matches!(seen.what, What::SoldOut { .. }));
    let mut refused: Vec<Horizon> = refused.map(|seen| seen.horizon()).collect();
    refused.sort_unstable();
    let too_few = refused.get((begun as u64).saturating_sub(initial) as usize).copied();
    let later = outline.chunks.iter().filter(|chunk| chunk.begins > first);
    let sold_later = later.filter_map(|chunk| chunk.first_bought).min();
    let on_the_border = outline
        .seen_in(on_the_border)
        .filter(|seen| bought(seen) && !in_time(seen));
    let sold_on_the_border = on_the_border.map(|seen| seen.horizon()).min();
    [too_few, sold_later, sold_on_the_border].into_iter().flatten().min()
}

/// What the order that is in the making leaves for what comes behind it.
struct Line {
    level: u64,
    /// Units of indeterminate buys that still have room.
    spare: u128,
    /// Sold-outs that came too early for the level, the one that returns first in front, with what they asked for.
    waiting: BinaryHeap<Reverse<(u64, u32, u64)>>,
}

impl Line {
    fn is_plain(&self, chunk: &Chunk) -> bool {
        self.waiting.is_empty() && (chunk.summary.sold_outs == 0 || self.level < chunk.least_sold_out)
    }

    /// Goes past a plain chunk.
    fn pass(&mut self, number: usize, chunk: &Chunk) -> Result<Part, Refuted> {
        // Those that have room are of one unit.
        let maybes = self.spare.min(chunk.summary.maybe_buys as u128);
        self.spare -= maybes;
        let taken = u64::try_from(chunk.summary.bought + maybes).map_err(|_| Refuted)?;
        self.level = self.level.checked_sub(taken).ok_or(Refuted)?;
        let maybes = maybes as usize;
        Ok(Part::Plain {
            chunk: number,
            maybes,
            len: chunk.summary.valued + chunk.summary.unvalued + chunk.summary.sold_outs + maybes,
        })
    }

    /// Goes through a chunk.
    fn walk(&mut self, operations: impl Iterator<Item = Seen>) -> Result<Part, Refuted> {
        let mut order = Vec::new();
        for seen in operations {
            let taken = match seen.what {
                What::Bought { quantity, .. } => quantity,
                What::MaybeBuy { quantity } if self.spare >= u128::from(quantity) => {
                    self.spare -= u128::from(quantity);
                    quantity
                }
                What::SoldOut { quantity } if self.level >= quantity => {
                    self.waiting.push(Reverse((seen.returned, seen.index, quantity)));
                    continue;
                }
                What::SoldOut { .. } => 0,
                _ => continue,
            };
            while let Some(Reverse((returned, ..))) = self.waiting.peek()
                && *returned < seen.invoked
            {
                self.sold_out(&mut order)?;
            }
            order.push(seen.index as usize);
            self.level = self.level.checked_sub(taken).ok_or(Refuted)?;
        }
        Ok(Part::Walked(order))
    }

    /// Puts in line what still waits.
    fn finish(mut self) -> Result<Part, Refuted> {
        let mut order = Vec::new();
        while self.sold_out(&mut order)? {}
        Ok(Part::Walked(order))
    }

    /// Puts the sold-out that returns first in line; `false` when there is none.
    fn sold_out(&mut self, order: &mut Vec<usize>) -> Result<bool, Refuted> {
        let Some(Reverse((_, index, quantity))) = self.waiting.pop() else {
            return Ok(false);
        };
        order.push(index as usize);
        if self.level < quantity { Ok(true) } else { Err(Refuted) }
    }
}
