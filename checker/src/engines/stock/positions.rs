//! The same question as [`super::sweep`] answers, in another way: one sweep over the sales in order. It is slower, and what
//! the other is held against.
//!
//! Sales are numbered 1, 2, …; sale p takes the level from s − p + 1 to s − p. A buy that says what remains *is* sale
//! s − v. A read of v stands between sales s − v and s − v + 1. These operations are fixed. Around each position p they
//! leave a window of time: E(p) is the latest invocation of a fixed operation in front of p, L(p) the earliest response of
//! one behind it; sold-outs, too, count for L wherever their level has not been reached. Both only grow with p.
//!
//! The positions up to the last fixed one that are not fixed themselves are holes. Each hole needs a buy, acknowledged or
//! indeterminate, that was invoked no later than L(p) and returned no earlier than E(p); each acknowledged buy needs a
//! hole, or a place behind the last fixed operation while the stock lasts. Because E and L are monotone the holes that fit
//! a buy lie side by side, and the matching is convex: going through the holes in order and giving each to the fitting buy
//! that returns first finds a matching if there is one. Indeterminate buys, which never return, come last.
//!
//! **Sound.** The order found is real: fixed operations are compared with E; a buy in a hole fits it; of two buys in holes
//! the one in front has either returned first or been the only one invoked in time, so neither order of real time is
//! broken; sold-outs are [placed by the line](super::line).
//! **Complete.** In any linearization, let the buy x that returns first of those that fit a hole stand further back,
//! and y in the hole. Swapped, x fits by choice, and y fits the place of x: it was invoked early enough for a hole in front
//! of it, and it returns later than x does. What stands between them bears both for the same reasons.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::{
    decision::Refuted,
    invocations::Invocations,
    line::Line,
    summary::Summary,
    view::{Seen, View, What},
};
use crate::engines::Witness;

const NONE: u32 = u32::MAX;

pub(super) fn check(view: View<'_>, initial: u64, summary: &Summary) -> Result<Witness, Refuted> {
    if summary.bought > u128::from(initial) {
        return Err(Refuted);
    }
    let last = last_fixed(view, initial)?;
    if last > summary.takers() as u64 {
        return Err(Refuted);
    }
    let invocations = Invocations::of(view, summary);
    let fixed = Fixed::of(view, initial, last as usize, &invocations)?;
    let mut line = Line::new(view, initial, summary.sold_outs, summary.len());
    let mut waiting = Waiting::of(&invocations);
    let mut earliest = 0;
    for position in 1..=last as usize {
        earliest = fixed.push_reads(position - 1, earliest, &mut line)?;
        match fixed.owner[position] {
            NONE => {
                let buy = waiting.take(earliest, fixed.latest[position])?;
                line.push(&buy, 1)?;
            }
            owner => {
                let buy = view.seen(owner);
                if buy.returned < earliest {
                    return Err(Refuted);
                }
                earliest = earliest.max(buy.invoked);
                line.push(&buy, 1)?;
            }
        }
    }
    earliest = fixed.push_reads(last as usize, earliest, &mut line)?;
    waiting.push_rest(earliest, &mut line)?;
    line.finish()
}

/// How many sales must come before the last operation that needs them.
fn last_fixed(view: View<'_>, initial: u64) -> Result<u64, Refuted> {
    let mut last = 0;
    for seen in view.iter() {
        let sales = match seen.what {
            What::Bought {
                remaining: Some(remaining),
                ..
            } => {
                let sales = sales_at(initial, remaining)?;
                if sales == 0 {
                    return Err(Refuted);
                }
                sales
            }
            What::Read { level } => sales_at(initial, level)?,
            What::SoldOut { quantity } => sales_before_sold_out(initial, quantity),
            _ => 0,
        };
        last = last.max(sales);
    }
    Ok(last)
}

/// How many sales bring the stock to this level.
fn sales_at(initial: u64, level: i64) -> Result<u64, Refuted> {
    u64::try_from(level)
        .ok()
        .and_then(|level| initial.checked_sub(level))
        .ok_or(Refuted)
}

/// How many sales it takes until fewer than `quantity` are left.
const fn sales_before_sold_out(initial: u64, quantity: u64) -> u64 {
    match initial.checked_sub(quantity) {
        Some(spare) => spare + 1,
        None => 0,
    }
}

/// What fixed operations say about each position; places count from 0, where nothing has been sold.
struct Fixed {
    /// The buy that is this sale.
    owner: Vec<u32>,
    /// L: the earliest response of a fixed operation behind this sale.
    latest: Vec<u64>,
    /// The first read after this many sales, and, by index, the next one; by invocation.
    first_read: Vec<u32>,
    next_read: Vec<u32>,
}

impl Fixed {
    fn of(view: View<'_>, initial: u64, last: usize, invocations: &Invocations<'_>) -> Result<Self, Refuted> {
        let mut owner = vec![NONE; last + 1];
        let mut latest = vec![u64::MAX; last + 1];
        let mut first_read = Vec::new();
        let mut next_read = Vec::new();
        let mut last_read = Vec::new();
        for seen in invocations.iter() {
            match seen.what {
                What::Bought {
                    remaining: Some(remaining),
                    ..
                } => {
                    let sale = sales_at(initial, remaining)? as usize;
                    if owner[sale] != NONE {
                        return Err(Refuted);
                    }
                    owner[sale] = seen.index;
                    latest[sale - 1] = latest[sale - 1].min(seen.returned);
                }
                What::Read { level } => {
                    let sales = sales_at(initial, level)? as usize;
                    latest[sales] = latest[sales].min(seen.returned);
                    if first_read.is_empty() {
                        first_read.resize(last + 1, NONE);
                        last_read.resize(last + 1, NONE);
                        next_read.resize(view.operations().len(), NONE);
                    }
                    match last_read[sales] {
                        NONE => first_read[sales] = seen.index,
                        before => next_read[before as usize] = seen.index,
                    }
                    last_read[sales] = seen.index;
                }
                What::SoldOut { quantity } => {
                    let sales = sales_before_sold_out(initial, quantity) as usize;
                    latest[sales] = latest[sales].min(seen.returned);
                }
                _ => {}
            }
        }
        for position in (0..last).rev() {
            latest[position] = latest[position].min(latest[position + 1]);
        }
        Ok(Self {
            owner,
            latest,
            first_read,
            next_read,
        })
    }

    /// Puts the reads after so many `sales` in line. `earliest` is E in front of them, what is returned is E behind.
    fn push_reads(&self, sales: usize, earliest: u64, line: &mut Line<'_>) -> Result<u64, Refuted> {
        let mut behind = earliest;
        let mut next = self.first_read.get(sales).copied().unwrap_or(NONE);
        while next != NONE {
            let read = line.view().seen(next);
            if read.returned < earliest {
                return Err(Refuted);
            }
            behind = behind.max(read.invoked);
            line.push(&read, 0)?;
            next = self.next_read[next as usize];
        }
        Ok(behind)
    }
}

/// The buys without a fixed position that have none yet.
struct Waiting<'a> {
    invocations: &'a Invocations<'a>,
    /// Acknowledged, invoked in time for the present hole: response and index.
    bought: BinaryHeap<Reverse<(u64, u32)>>,
    /// Places in the order of invocations up to which acknowledged and indeterminate ones were looked at.
    bought_from: usize,
    maybe_from: usize,
}

impl<'a> Waiting<'a> {
    const fn of(invocations: &'a Invocations<'a>) -> Self {
        Self {
            invocations,
            bought: BinaryHeap::new(),
            bought_from: 0,
            maybe_from: 0,
        }
    }

    /// Takes the buy for a hole whose window is `earliest` to `latest`.
    fn take(&mut self, earliest: u64, latest: u64) -> Result<Seen, Refuted> {
        self.admit(latest);
        if let Some(Reverse((returned, index))) = self.bought.pop() {
            let fits = returned >= earliest;
            return if fits {
                Ok(self.invocations.view().seen(index))
            } else {
                Err(Refuted)
            };
        }
        let (place, maybe) = self
            .invocations
            .from(self.maybe_from)
            .take_while(|(_, seen)| seen.invoked <= latest)
            .find(|(_, seen)| matches!(seen.what, What::MaybeBuy { .. }))
            .ok_or(Refuted)?;
        self.maybe_from = place + 1;
        Ok(maybe)
    }

    fn admit(&mut self, latest: u64) {
        let mut reached = self.bought_from;
        for (place, seen) in self.invocations.from(self.bought_from) {
            if seen.invoked > latest {
                break;
            }
            reached = place + 1;
            if matches!(seen.what, What::Bought { remaining: None, .. }) {
                self.bought.push(Reverse((seen.returned, seen.index)));
            }
        }
        self.bought_from = reached;
    }

    /// Puts what is acknowledged and still waiting behind everything fixed, by invocation.
    fn push_rest(self, earliest: u64, line: &mut Line<'_>) -> Result<(), Refuted> {
        let view = self.invocations.view();
        let mut early: Vec<(u64, u32)> = self
            .bought
            .iter()
            .map(|Reverse((_, index))| (view.seen(*index).invoked, *index))
            .collect();
        early.sort_unstable();
        let late = self.invocations.from(self.bought_from).map(|(_, seen)| seen);
        let rest = early.into_iter().map(|(_, index)| view.seen(index)).chain(late);
        for seen in rest.filter(|seen| matches!(seen.what, What::Bought { remaining: None, .. })) {
            if seen.returned < earliest {
                return Err(Refuted);
            }
            line.push(&seen, 1)?;
        }
        Ok(())
    }
}
