//! The operations that are open, and their responses in order.
//!
//! Operations come in blocks, in the order of their invocations. The responses of a block, and of what is open from before,
//! are sorted together: a history of any length is never sorted as a whole, and all that is touched fits the cache. A
//! block is as large as what is open, at least, so that the sum of what is sorted is at most twice the history.

use crate::engines::stock::{
    invocations::Invocations,
    view::{Horizon, Seen, View, What},
};

pub(super) const NONE: u32 = u32::MAX;

/// Operations of a block, at least.
const BLOCK: usize = if cfg!(any(test, fuzzing)) { 2 } else { 1024 };

/// Bits of the place of a response among those that are sorted together.
const PLACES: u32 = 20;

/// Where an operation stands among the sales.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// It is a sale, any.
    Any,
    /// It is this sale.
    Sale(u64),
    /// It stands behind this sale and before the next.
    After(u64),
    /// It stands behind this sale.
    Beyond(u64),
    /// It stands nowhere.
    Nothing,
}

impl Ask {
    #[inline]
    fn of(what: What, initial: u64) -> Self {
        let sales = |level: i64| u64::try_from(level).ok().and_then(|level| initial.checked_sub(level));
        match what {
            What::Bought { remaining: None, .. } => Self::Any,
            What::Bought {
                remaining: Some(level), ..
            } => sales(level).filter(|&sale| sale > 0).map_or(Self::Nothing, Self::Sale),
            What::Read { level } => sales(level).map_or(Self::Nothing, Self::After),
            What::SoldOut { quantity: 0 } => Self::Nothing,
            What::SoldOut { quantity } => Self::Beyond(initial.checked_sub(quantity).map_or(0, |spare| spare + 1)),
            _ => Self::Nothing,
        }
    }
}

/// An open operation with a response.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) index: u32,
    /// Who waits for as many sales.
    pub(super) next: u32,
    /// The place of its response in the block.
    rank: u32,
    pub(super) done: bool,
    pub(super) ask: Ask,
}

/// An invocation; indeterminate ones have no slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) invoked: u64,
    pub(super) slot: u32,
    pub(super) index: u32,
}

/// When a response came, whose it is, and its slot: in the order of [`Horizon`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arrival(u128);

impl Arrival {
    fn new(at: u64, index: u32, slot: u32) -> Self {
        Self(u128::from(at) << 64 | u128::from(index) << 32 | u128::from(slot))
    }

    #[inline]
    pub(super) const fn at(self) -> u64 {
        (self.0 >> 64) as u64
    }

    #[inline]
    pub(super) const fn slot(self) -> u32 {
        self.0 as u32
    }

    pub(super) const fn horizon(self) -> Horizon {
        Horizon {
            at: self.at(),
            index: (self.0 >> 32) as u32 as usize,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    /// The next invocation that was not looked at.
    place: usize,
    /// Only responses before this time belong to the block: at the same time, invocations come first. `None`: all.
    until: Option<u64>,
    pub(super) slots: Vec<Slot>,
    free: Vec<u32>,
    /// Responses of the block and, between blocks, of what is still open.
    pub(super) responses: Vec<Arrival>,
    /// For sorting them.
    keys: Vec<u64>,
    sorted: Vec<Arrival>,
    kept_from: usize,
    pub(super) entries: Vec<Entry>,
    /// The open buys that can be any sale, by the rank of their response; and below which there are none.
    any: Vec<u64>,
    first: usize,
}

impl Window {
    pub(super) fn new() -> Self {
        Self {
            until: Some(0),
            kept_from: usize::MAX,
            ..Self::default()
        }
    }

    /// Takes in the next block; `false` when there are no more operations, and none open.
    pub(super) fn load(&mut self, invocations: &Invocations<'_>, view: View<'_>, initial: u64) -> bool {
        let open = self.responses.len();
        let end = (self.place + BLOCK.max(open)).min(invocations.len());
        if self.place == end && open == 0 {
            return false;
        }
        self.entries.clear();
        for place in std::mem::replace(&mut self.place, end)..end {
            let index = invocations.index(place);
            let Some(seen) = view.get(index) else {
                if invocations
                    .view()
                    .get(index)
                    .is_some_and(|later| !view.begins(later.invoked))
                {
                    // Nor does anything behind it.
                    self.place = invocations.len();
                    break;
                }
                continue;
            };
            let slot = if seen.is_indeterminate() {
                NONE
            } else {
                self.add_open(&seen, initial)
            };
            self.entries.push(Entry {
                invoked: seen.invoked,
                slot,
                index: seen.index,
            });
        }
        self.until = invocations.from(self.place).next().map(|(_, seen)| seen.invoked);
        self.any.clear();
        self.any.resize(self.responses.len().div_ceil(64), 0);
        self.first = self.any.len();
        let before: Vec<u32> = self.responses[..open].iter().map(|response| response.slot()).collect();
        self.sort(invocations.are_in_order());
        for (rank, response) in self.responses.iter().enumerate() {
            self.slots[response.slot() as usize].rank = rank as u32;
        }
        for slot in before {
            let Slot { ask, done, .. } = self.slots[slot as usize];
            if ask == Ask::Any && !done {
                self.open(slot);
            }
        }
        true
    }

    /// Gives an operation a slot.
    #[inline]
    pub(super) fn add_open(&mut self, seen: &Seen, initial: u64) -> u32 {
        let slot = Slot {
            index: seen.index,
            next: NONE,
            rank: 0,
            done: false,
            ask: Ask::of(seen.what, initial),
        };
        let free = match self.free.pop() {
            Some(free) => {
                self.slots[free as usize] = slot;
                free
            }
            None => {
                self.slots.push(slot);
                self.slots.len() as u32 - 1
            }
        };
        self.responses.push(Arrival::new(seen.returned, seen.index, free));
        free
    }

    /// Goes on from this place, now that all that is open there has a slot.
    pub(super) fn resume_from(&mut self, place: usize) {
        self.place = place;
        self.responses.sort_unstable();
    }

    /// Sorts the responses. Where operations stand in the order of their invocations, so do those of one time: then
    /// half the bits will do, which takes half the time.
    fn sort(&mut self, in_order: bool) {
        let first = self.responses.iter().map(|response| response.at()).min().unwrap_or(0);
        let last = self.responses.iter().map(|response| response.at()).max().unwrap_or(0);
        if !in_order || (last - first) >> (64 - PLACES) != 0 || self.responses.len() >> PLACES != 0 {
            self.responses.sort_unstable();
            return;
        }
        self.keys.clear();
        let key = |(place, response): (usize, &Arrival)| (response.at() - first) << PLACES | place as u64;
        self.keys.extend(self.responses.iter().enumerate().map(key));
        self.keys.sort_unstable();
        self.sorted.clear();
        let place = |key: &u64| (key & ((1 << PLACES) - 1)) as usize;
        self.sorted
            .extend(self.keys.iter().map(|key| self.responses[place(key)]));
        std::mem::swap(&mut self.responses, &mut self.sorted);
    }

    /// Does this response belong to the block?
    #[inline]
    pub(super) fn holds(&self, response: Arrival) -> bool {
        self.until.is_none_or(|until| response.at() < until)
    }

    /// A buy that can be any sale is open.
    #[inline]
    pub(super) fn open(&mut self, slot: u32) {
        let rank = self.slots[slot as usize].rank as usize;
        self.any[rank / 64] |= 1 << (rank % 64);
        self.first = self.first.min(rank / 64);
    }

    /// Takes the one of them that returns first.
    #[inline]
    pub(super) fn first_open(&mut self) -> Option<u32> {
        while let Some(word) = self.any.get_mut(self.first) {
            if *word != 0 {
                let rank = self.first * 64 + word.trailing_zeros() as usize;
                *word &= *word - 1;
                return Some(self.responses[rank].slot());
            }
            self.first += 1;
        }
        None
    }

    /// The operation is over.
    #[inline]
    pub(super) fn release(&mut self, slot: u32) {
        self.free.push(slot);
    }

    /// The responses from this rank on are not in the block.
    pub(super) const fn keep_from(&mut self, rank: usize) {
        self.kept_from = rank;
    }

    /// The block is over.
    pub(super) fn finish(&mut self) {
        let from = std::mem::replace(&mut self.kept_from, usize::MAX).min(self.responses.len());
        self.responses.drain(..from);
        // Nothing of this is needed any more, nor in a copy.
        self.entries.clear();
        self.keys.clear();
        self.sorted.clear();
    }

    /// The place of the next invocation.
    pub(super) const fn place(&self) -> usize {
        self.place
    }

    /// The last response of what is open, between two blocks.
    pub(super) fn last_open(&self) -> Option<Horizon> {
        self.responses.last().map(|response| response.horizon())
    }
}
