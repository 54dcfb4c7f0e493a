//! Every buy says what remains, no restock, any quantities: the answers fix the order.
//!
//! A buy of q that left v took the stock from v + q to v: it covers those units, and no other buy may. Together the buys
//! must cover the stock from its top down without a gap. A read of v stands where the level is v. What is left to check is
//! real time, in one walk: nothing may have returned before something in front of it was invoked.

use super::{
    Refuted,
    line::Line,
    summary::Summary,
    view::{Seen, View, What},
};
use crate::checker::Witness;

const NONE: u32 = u32::MAX;

pub(super) fn check(view: View<'_>, initial: u64, summary: &Summary) -> Result<Witness, Refuted> {
    if summary.bought > u128::from(initial) {
        return Err(Refuted);
    }
    let buys = buys_in_order(view, initial, summary)?;
    let mut reads = Reads::of(view, initial, summary)?;
    let mut line = Line::new(view, initial, summary.sold_outs, summary.len());
    let mut latest = 0;
    for index in buys {
        latest = reads.push_all(&mut line, latest)?;
        let seen = view.seen(index);
        let What::Bought { quantity, .. } = seen.what else {
            unreachable!("only buys are in order")
        };
        if seen.returned < latest {
            return Err(Refuted);
        }
        latest = latest.max(seen.invoked);
        line.push(&seen, quantity)?;
    }
    reads.push_all(&mut line, latest)?;
    if reads.waiting() {
        return Err(Refuted);
    }
    line.finish()
}

/// How much of the stock was gone before the buy that left `remaining`; `None` when there was not that much.
fn start(initial: u64, quantity: u64, remaining: i64) -> Option<u64> {
    let level = u64::try_from(remaining).ok()?.checked_add(quantity)?;
    initial.checked_sub(level)
}

/// The buys in the order that their answers fix, without gap or overlap.
fn buys_in_order(view: View<'_>, initial: u64, summary: &Summary) -> Result<Vec<u32>, Refuted> {
    let starts = view.iter().filter_map(|seen| match seen.what {
        What::Bought {
            quantity,
            remaining: Some(remaining),
        } => Some((start(initial, quantity, remaining), quantity, seen.index)),
        _ => None,
    });
    // Direct addressing where the units are about as many as the buys; `bought` is at most `initial` by now.
    let bought = summary.bought as u64;
    let mut order = Vec::with_capacity(summary.valued);
    if bought / 8 <= summary.valued as u64 {
        let mut at = vec![NONE; bought as usize];
        let mut widths = 0;
        for (start, quantity, index) in starts {
            let slot = start.and_then(|start| at.get_mut(start as usize)).ok_or(Refuted)?;
            if *slot != NONE {
                return Err(Refuted);
            }
            *slot = index;
            widths |= quantity;
        }
        if widths == 1 {
            // All of one unit, as many as there are places, no two in one place.
            return Ok(at);
        }
        let mut place = 0;
        while place < bought {
            let index = at[place as usize];
            if index == NONE {
                return Err(Refuted);
            }
            order.push(index);
            let What::Bought { quantity, .. } = view.seen(index).what else {
                unreachable!("only buys have a start")
            };
            place += quantity;
        }
    } else {
        let mut sorted = Vec::with_capacity(summary.valued);
        for (start, quantity, index) in starts {
            sorted.push((start.ok_or(Refuted)?, quantity, index));
        }
        sorted.sort_unstable();
        let mut place = 0;
        for (start, quantity, index) in sorted {
            if start != place {
                return Err(Refuted);
            }
            place += quantity;
            order.push(index);
        }
    }
    Ok(order)
}

/// Reads, the highest level first, those of one level by invocation.
struct Reads {
    sorted: Vec<(u64, u64, u32)>,
    next: usize,
}

impl Reads {
    fn of(view: View<'_>, initial: u64, summary: &Summary) -> Result<Self, Refuted> {
        let mut sorted = Vec::with_capacity(summary.reads);
        if summary.reads > 0 {
            for seen in view.iter() {
                if let What::Read { level } = seen.what {
                    let level = u64::try_from(level).map_err(|_| Refuted)?;
                    sorted.push((initial.checked_sub(level).ok_or(Refuted)?, seen.invoked, seen.index));
                }
            }
            sorted.sort_unstable();
        }
        Ok(Self { sorted, next: 0 })
    }

    fn waiting(&self) -> bool {
        self.next < self.sorted.len()
    }

    /// Puts every read of the present level in line. `latest` is the latest invocation in front of them; the return
    /// value includes theirs.
    fn push_all(&mut self, line: &mut Line<'_>, latest: u64) -> Result<u64, Refuted> {
        let mut with_reads = latest;
        while let Some(&(gone, _, index)) = self.sorted.get(self.next)
            && line.initial() - gone == line.level()
        {
            let seen: Seen = line.view().seen(index);
            if seen.returned < latest {
                return Err(Refuted);
            }
            with_reads = with_reads.max(seen.invoked);
            line.push(&seen, 0)?;
            self.next += 1;
        }
        Ok(with_reads)
    }
}
