//! No restock, every buy of one unit: any mix of buys with and without `remaining`, reads, sold-outs and indeterminate
//! buys, in one sweep over time.
//!
//! Sales are numbered 1, 2, …; sale p takes the level from s − p + 1 to s − p. A buy that says what remains *is* sale
//! s − v. A read of v stands between sales s − v and s − v + 1, a sold-out of q behind sale s − q + 1, wherever. All other
//! buys can be any sale.
//!
//! The sweep goes from response to response and keeps one past: how many sales there were, and which open operations have
//! taken effect. When an operation returns that has not, sales are made up to where it stands, and no further. The next
//! sale is the open buy that says it is, or else the open buy that can be any sale and returns first, or else an
//! indeterminate one. Reads and sold-outs that are open are done as soon as the level is theirs. It fails where nothing can
//! be the next sale, where the stock is sold, and where an answer comes whose place has been passed.
//!
//! **Sound.** What is put in line has been invoked, and what returns is in line by then. So real time is kept.
//! **Complete.** Take a linearization, and make it the one above from left to right.
//! 1. Each instant can be moved later, until just before the next response of an operation that has not taken effect. What is
//!    in line at a response is then what leads up to such an operation, and there are as few sales as can be.
//! 2. Let y be the next sale. An open buy that says it is that sale is y, as it can be no other. Otherwise let x be the first
//!    to return of the open buys that can be any sale. It stands at y or behind. Swapped, the levels are the same; x has
//!    been invoked, as it is open; and y returns no earlier than x, or never, so the place of x is not too late for it.
//!    Where no such x is open, y is indeterminate, and of these one is as good as any other that has been invoked.
//! 3. Reads and sold-outs change nothing, so nothing is lost by doing them as soon as the level is theirs.
//!
//! So the past that is kept can do whatever any other can, and what fails has no order, also when more is known later.

use super::{
    levels::Levels,
    window::{Ask, NONE, Window},
};
use crate::engines::stock::{
    invocations::Invocations,
    outline::Outline,
    view::{Horizon, View},
};

/// Between two blocks of another engine: the place of the next operation, when it is invoked, and how many units a sweep
/// would have sold by then. Nothing is indeterminate, and nobody buys without saying which sale it is.
#[derive(Clone, Copy, Debug)]
pub(in crate::engines::stock) struct Border {
    pub(in crate::engines::stock) place: usize,
    pub(in crate::engines::stock) until: u64,
    pub(in crate::engines::stock) sold: u64,
    /// How many operations are in line.
    pub(in crate::engines::stock) ordered: usize,
}

/// There is no past left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failed;

/// The order in the making.
#[derive(Default)]
pub(super) struct Recorder {
    /// Is it kept?
    pub(super) kept: bool,
    pub(super) order: Vec<usize>,
    /// Every indeterminate buy invoked so far; the first of them have taken effect.
    pub(super) maybes: Vec<u32>,
}

impl Recorder {
    #[inline]
    pub(super) fn push(&mut self, index: u32) {
        if self.kept {
            self.order.push(index as usize);
        }
    }
}

/// The sweep, between two blocks of operations.
#[derive(Clone)]
pub(super) struct Sweep {
    initial: u64,
    /// How many were sold.
    sold: u64,
    /// Indeterminate buys: how many were invoked, and how many have taken effect.
    maybes: u64,
    used: u64,
    levels: Levels,
    pub(super) window: Window,
}

impl Sweep {
    pub(super) fn new(initial: u64) -> Self {
        Self {
            initial,
            sold: 0,
            maybes: 0,
            used: 0,
            levels: Levels::new(),
            window: Window::new(),
        }
    }

    /// The sweep at a border.
    ///
    /// What is open there is done if it stands within what is sold: it does not ask for more, and were it passed already, there
    /// would be no such border.
    pub(super) fn resumed(outline: &Outline<'_>, initial: u64, border: &Border) -> Self {
        let mut sweep = Self::new(initial);
        sweep.sold = border.sold;
        for seen in outline.open_at(border.place, border.until) {
            let slot = sweep.window.add_open(&seen, initial);
            let (Ask::Sale(sales) | Ask::After(sales) | Ask::Beyond(sales)) = sweep.window.slots[slot as usize].ask
            else {
                continue;
            };
            sweep.window.slots[slot as usize].done = sales <= sweep.sold;
            if sales > sweep.sold {
                sweep.invoke(slot, seen.index, &mut Recorder::default());
            }
        }
        sweep.window.resume_from(border.place);
        sweep
    }

    /// Goes through the next block of operations: `false` when there is none. An error names the response with which it
    /// failed.
    pub(super) fn block(
        &mut self,
        invocations: &Invocations<'_>,
        view: View<'_>,
        line: &mut Recorder,
    ) -> Result<bool, Horizon> {
        if !self.window.load(invocations, view, self.initial) {
            return Ok(false);
        }
        let mut next = 0;
        for rank in 0..self.window.responses.len() {
            let response = self.window.responses[rank];
            if !self.window.holds(response) {
                self.window.keep_from(rank);
                break;
            }
            while let Some(entry) = self
                .window
                .entries
                .get(next)
                .filter(|entry| entry.invoked <= response.at())
            {
                let (slot, index) = (entry.slot, entry.index);
                self.invoke(slot, index, line);
                next += 1;
            }
            self.respond(response.slot(), line)
                .map_err(|Failed| response.horizon())?;
            self.window.release(response.slot());
        }
        for place in next..self.window.entries.len() {
            let entry = self.window.entries[place];
            self.invoke(entry.slot, entry.index, line);
        }
        self.window.finish();
        Ok(true)
    }

    /// Goes on to the end: the response with which it fails.
    pub(super) fn dies(mut self, invocations: &Invocations<'_>, view: View<'_>) -> Option<Horizon> {
        loop {
            match self.block(invocations, view, &mut Recorder::default()) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(died) => return Some(died),
            }
        }
    }

    /// Has everything that is open returned before then?
    pub(super) fn is_before(&self, died: Horizon) -> bool {
        self.window.last_open().is_none_or(|open| open < died)
    }

    #[inline]
    pub(super) fn invoke(&mut self, slot: u32, index: u32, line: &mut Recorder) {
        if slot == NONE {
            self.maybes += 1;
            if line.kept {
                line.maybes.push(index);
            }
            return;
        }
        match self.window.slots[slot as usize].ask {
            Ask::Any => self.window.open(slot),
            Ask::Sale(sale) => {
                if sale > self.sold {
                    self.levels.add_sale(sale, slot, self.sold);
                }
            }
            Ask::After(sales) | Ask::Beyond(sales) if sales > self.sold => {
                self.window.slots[slot as usize].next = self.levels.add_after(sales, slot, self.sold);
            }
            Ask::After(sales) if sales < self.sold => {}
            Ask::After(_) | Ask::Beyond(_) => self.done(slot, line),
            Ask::Nothing => {}
        }
    }

    /// The operation takes effect.
    #[inline]
    pub(super) fn done(&mut self, slot: u32, line: &mut Recorder) {
        let slot = &mut self.window.slots[slot as usize];
        slot.done = true;
        line.push(slot.index);
    }

    #[inline]
    pub(super) fn respond(&mut self, slot: u32, line: &mut Recorder) -> Result<(), Failed> {
        let this = self.window.slots[slot as usize];
        if this.done {
            return Ok(());
        }
        match this.ask {
            Ask::Any => {
                while !self.window.slots[slot as usize].done {
                    self.sell(line)?;
                }
            }
            Ask::Sale(sales) | Ask::After(sales) | Ask::Beyond(sales) => {
                while self.sold < sales {
                    self.sell(line)?;
                }
                // Where it stands has been passed without it.
                if !self.window.slots[slot as usize].done {
                    return Err(Failed);
                }
            }
            Ask::Nothing => return Err(Failed),
        }
        Ok(())
    }

    /// The next sale.
    #[inline]
    pub(super) fn sell(&mut self, line: &mut Recorder) -> Result<(), Failed> {
        if self.sold == self.initial {
            return Err(Failed);
        }
        let sale = self.sold + 1;
        let named = self.levels.take_sale(sale);
        if named != NONE {
            self.done(named, line);
        } else if let Some(slot) = self.window.first_open() {
            self.done(slot, line);
        } else if self.used < self.maybes {
            if line.kept {
                line.push(line.maybes[self.used as usize]);
            }
            self.used += 1;
        } else {
            return Err(Failed);
        }
        self.sold = sale;
        let mut next = self.levels.take_after(sale);
        while next != NONE {
            self.done(next, line);
            next = self.window.slots[next as usize].next;
        }
        Ok(())
    }
}
