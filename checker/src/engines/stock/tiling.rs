//! Every buy says what remains, no restock, any quantities: the answers fix the order.
//!
//! A buy of q that left v took the stock from v + q to v: it covers those units, and no other buy may. Together the buys
//! must cover the stock from its top down without a gap. A read of v stands where the level is v. What is left to check is
//! real time: nothing may have returned before something in front of it was invoked.
//!
//! Units are counted from the top: a buy *stands at* the units gone before it and *reaches* as far as those gone after it.
//!
//! The operations come in blocks, in the order of their invocations, so that all that is touched fits the cache. Behind
//! each block, the order is made up to where the furthest of those stands that returned before the next block begins, and
//! no further: an operation yet to come may belong in front of the others. What that takes and is not there has not been
//! invoked yet, and would have to be in front of something that has returned: no order. What is left over is still open,
//! so a block that is as large as that keeps the sum of what is looked at within twice the history.
//!
//! A sold-out that comes when the level is too low for it already stands by its invocation, in front of the first
//! operation in line that was invoked later its place is found as in `counting.rs`, with its invocation for its
//! response. Any other, and whatever comes as long as one of those waits, stands as late as it may.
//!
//! Where nothing sold out waits behind a block, a [sweep](super::sweep) over the same history would have sold as many units
//! there: both go as far as the answers so far ask for, and no further. So it can go on from there: to say when a violation
//! was certain, or where a history of another kind begins as one of this kind.

use std::{cmp::Reverse, collections::BinaryHeap};

use rustc_hash::FxHashMap;

use super::{
    outline::{Chunk, Outline},
    sweep::Border,
    view::{Seen, What},
};
use crate::engines::Witness;

const NONE: u32 = u32::MAX;

/// Operations of a block, at least.
const BLOCK: usize = if cfg!(any(test, fuzzing)) { 3 } else { 1 << 10 };

/// So many units from the present level on are addressed directly; beyond, there is a table.
const AHEAD: usize = if cfg!(any(test, fuzzing)) { 2 } else { 1 << 12 };

/// No order tiles the stock.
struct Stuck;

/// The order; or, where there is none, the borders between blocks up to which there was one.
pub(super) fn check(outline: &Outline<'_>, initial: u64) -> Result<Witness, Vec<Border>> {
    let mut borders = Vec::new();
    let mut tiling = Tiling::new(initial, outline.summary.len());
    match tiling.go(outline, outline.invocations.len(), &mut borders) {
        Ok(()) => Ok(Witness(tiling.order)),
        Err(Stuck) => Err(borders),
    }
}

/// The borders up to which a history could be tiled that begins as one of this kind, and the order up to the last of them.
pub(super) fn begin(outline: &Outline<'_>, initial: u64) -> (Vec<Border>, Vec<usize>) {
    let mut borders = Vec::new();
    let other = |chunk: &Chunk| chunk.summary.unvalued + chunk.summary.maybe_buys > 0;
    let chunks = outline.chunks.iter().position(other).unwrap_or(outline.chunks.len());
    if chunks == 0 {
        return (borders, Vec::new());
    }
    let mut tiling = Tiling::new(initial, outline.summary.len());
    // Where it is stuck, a sweep from the last border is stuck, too.
    let _ = tiling.go(outline, outline.places(chunks - 1).end, &mut borders);
    tiling.order.truncate(borders.last().map_or(0, |border| border.ordered));
    (borders, tiling.order)
}

/// A buy or a read that is not in line.
struct Open {
    /// Where it stands, and how far it reaches: a read no further than where it stands.
    at: u64,
    reach: u64,
    invoked: u64,
    returned: u64,
    index: u32,
    /// The next read of the same level.
    next: u32,
    done: bool,
}

/// Who stands at a place: a buy, and the first and the last of a list of reads.
#[derive(Clone, Copy)]
struct Here {
    buy: u32,
    reads: u32,
    last_read: u32,
}

impl Here {
    const NOBODY: Self = Self {
        buy: NONE,
        reads: NONE,
        last_read: NONE,
    };
}

/// The order in the making.
#[derive(Default)]
struct Tiling {
    initial: u64,
    order: Vec<usize>,
    /// Units that are gone by its end, and the last invocation in it.
    gone: u64,
    latest: u64,
    open: Vec<Open>,
    /// Who of them stands where: from `base` on, and beyond.
    base: u64,
    near: Vec<Here>,
    far: FxHashMap<u64, Here>,
    /// Sold-outs that stand by their invocation, and how many of them are in line.
    early: Vec<(u64, u32)>,
    early_done: usize,
    /// Sold-outs that stand as late as they may, the one that returns first in front, with what they asked for.
    late: BinaryHeap<Reverse<(u64, u32, u64)>>,
}

impl Tiling {
    fn new(initial: u64, len: usize) -> Self {
        Self {
            initial,
            order: Vec::with_capacity(len),
            near: vec![Here::NOBODY; AHEAD],
            ..Self::default()
        }
    }

    /// Goes through the operations in front of a place.
    fn go(&mut self, outline: &Outline<'_>, to: usize, borders: &mut Vec<Border>) -> Result<(), Stuck> {
        let invocations = &outline.invocations;
        let mut place = 0;
        loop {
            let end = (place + BLOCK.max(self.open.len())).min(to);
            for seen in (place..end).filter_map(|place| invocations.get(place)) {
                self.take_in(&seen)?;
            }
            place = end;
            let next = invocations.from(place).next();
            self.make_up(next.map(|(_, seen)| seen.invoked))?;
            let Some((_, next)) = next else {
                return if self.late.is_empty() { Ok(()) } else { Err(Stuck) };
            };
            if self.late.is_empty() {
                borders.push(Border {
                    place,
                    until: next.invoked,
                    sold: self.gone,
                    ordered: self.order.len(),
                });
            }
            if place == to {
                return Ok(());
            }
        }
    }

    #[inline]
    fn take_in(&mut self, seen: &Seen) -> Result<(), Stuck> {
        let (at, width) = match seen.what {
            What::Bought {
                quantity,
                remaining: Some(level),
            } => {
                let before = u64::try_from(level).ok().and_then(|level| level.checked_add(quantity));
                (before.and_then(|level| self.initial.checked_sub(level)), quantity)
            }
            What::Read { level } => {
                let level = u64::try_from(level).ok();
                (level.and_then(|level| self.initial.checked_sub(level)), 0)
            }
            What::SoldOut { quantity } => {
                if self.late.is_empty() && self.initial - self.gone < quantity {
                    self.early.push((seen.invoked, seen.index));
                } else {
                    self.late.push(Reverse((seen.returned, seen.index, quantity)));
                }
                return Ok(());
            }
            _ => unreachable!("the others are for other engines"),
        };
        let at = at.filter(|&at| at >= self.gone).ok_or(Stuck)?;
        self.open.push(Open {
            at,
            reach: at + width,
            invoked: seen.invoked,
            returned: seen.returned,
            index: seen.index,
            next: NONE,
            done: false,
        });
        Ok(())
    }

    /// Makes up the order as far as what returned before `until` asks for.
    fn make_up(&mut self, until: Option<u64>) -> Result<(), Stuck> {
        let over = self
            .open
            .iter()
            .filter(|open| until.is_none_or(|until| open.returned < until));
        let furthest = over.map(|open| open.reach).max().unwrap_or(0);
        self.base = self.gone;
        for number in 0..self.open.len() {
            self.stand(number as u32)?;
        }
        self.read()?;
        while self.gone < furthest {
            let buy = std::mem::replace(&mut self.here(self.gone).buy, NONE);
            if buy == NONE {
                return Err(Stuck);
            }
            self.put(buy)?;
            self.gone = self.open[buy as usize].reach;
            self.read()?;
        }
        for number in 0..self.open.len() {
            let Open { at, done, .. } = self.open[number];
            if !done {
                // It overlaps with somebody, or its level has been passed.
                if at < self.gone {
                    return Err(Stuck);
                }
                *self.here(at) = Here::NOBODY;
            }
        }
        self.far.clear();
        self.open.retain(|open| !open.done);
        self.sold_outs()
    }

    #[inline]
    fn here(&mut self, at: u64) -> &mut Here {
        let ahead = (at - self.base) as usize;
        if ahead < AHEAD {
            &mut self.near[ahead]
        } else {
            self.far.entry(at).or_insert(Here::NOBODY)
        }
    }

    /// Enters where an operation stands; those of one level come in the order of their invocations.
    #[inline]
    fn stand(&mut self, number: u32) -> Result<(), Stuck> {
        let Open { at, reach, .. } = self.open[number as usize];
        let here = self.here(at);
        if at < reach {
            let before = std::mem::replace(&mut here.buy, number);
            return if before == NONE { Ok(()) } else { Err(Stuck) };
        }
        match std::mem::replace(&mut here.last_read, number) {
            NONE => here.reads = number,
            last => self.open[last as usize].next = number,
        }
        Ok(())
    }

    /// Puts every read of the present level in line.
    #[inline]
    fn read(&mut self) -> Result<(), Stuck> {
        let here = self.here(self.gone);
        let mut read = std::mem::replace(&mut here.reads, NONE);
        here.last_read = NONE;
        while read != NONE {
            self.put(read)?;
            read = std::mem::replace(&mut self.open[read as usize].next, NONE);
        }
        Ok(())
    }

    /// Puts a buy or a read in line, and in front of it the sold-outs that belong there.
    #[inline]
    fn put(&mut self, number: u32) -> Result<(), Stuck> {
        let open = &mut self.open[number as usize];
        open.done = true;
        let Open {
            invoked,
            returned,
            index,
            ..
        } = *open;
        if returned < self.latest {
            return Err(Stuck);
        }
        self.latest = self.latest.max(invoked);
        while let Some(&(sold_out, index)) = self.early.get(self.early_done)
            && sold_out < invoked
        {
            self.order.push(index as usize);
            self.early_done += 1;
        }
        while let Some(&Reverse((sold_out, index, quantity))) = self.late.peek()
            && sold_out < invoked
        {
            if self.initial - self.gone >= quantity {
                return Err(Stuck);
            }
            self.order.push(index as usize);
            self.late.pop();
        }
        self.order.push(index as usize);
        Ok(())
    }

    /// Behind a block, puts every sold-out in line that may stand there: all that returned before it was invoked is.
    fn sold_outs(&mut self) -> Result<(), Stuck> {
        let early = self.early.drain(..).skip(self.early_done);
        self.order.extend(early.map(|(_, index)| index as usize));
        self.early_done = 0;
        while let Some(&Reverse((_, index, quantity))) = self.late.peek()
            && self.initial - self.gone < quantity
        {
            self.order.push(index as usize);
            self.late.pop();
        }
        Ok(())
    }
}

/// Here blocks are short, and few units ahead are addressed directly.
#[cfg(test)]
mod tests {
    use oversell_spec::Stock;
    use rand::{RngExt, SeedableRng, rngs::SmallRng};

    use super::*;
    use crate::engines::{
        Limits,
        budget::Budget,
        families::stress::{Lie, Stress, lie},
        stock::{
            decision::Decision,
            frontier,
            view::{Horizon, View},
        },
        witness,
    };

    #[test]
    fn any_quantities_are_decided_as_the_frontier_decides_them() {
        let mut random = SmallRng::seed_from_u64(21);
        let mut seen = [0; 2];
        for _ in 0..400 {
            let operations = random.random_range(10..120);
            let stress = Stress {
                operations,
                clients: random.random_range(1..10),
                initial: random.random_range(0..=2 * operations as u64),
                reads: [0.0, 0.3][random.random_range(0..2)],
                told: 1.0,
                most_quantity: random.random_range(1..=5),
                ..Stress::default()
            };
            let legal = stress.history(&mut random);
            let lies = [Lie::FalseSoldOut, Lie::WrongLevel].map(|what| lie(legal.clone(), what));
            for history in lies.into_iter().flatten().chain([legal]) {
                let outline = Outline::of(View::new(&history, Horizon::END));
                let (view, initial) = (outline.view(), stress.initial);
                let truth = frontier::check(view, initial, &Budget::new(Limits::default()));
                match (check(&outline, initial), truth) {
                    (Ok(order), Some(Decision::Order(_))) => {
                        let verified = witness::verify(Stock::new(initial), &history, &order);
                        assert_eq!(verified, Ok(()), "{initial} {history:#?}");
                        seen[0] += 1;
                    }
                    (Err(_), Some(Decision::Refuted(_))) => seen[1] += 1,
                    (tiled, _) => panic!("tiling: {}, {initial} {history:#?}", tiled.is_ok()),
                }
            }
        }
        assert!(seen.iter().all(|&seen| seen > 200), "{seen:?}");
    }
}
