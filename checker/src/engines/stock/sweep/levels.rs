//! Which open operations wait for which number of sales.

use rustc_hash::FxHashMap;

use super::window::NONE;

/// So many sales ahead are addressed directly; a power of two. Beyond it, there is a table.
const AHEAD: u64 = if cfg!(any(test, fuzzing)) { 2 } else { 1 << 11 };

/// For each number of sales to come: the buy that says it is that sale, and the first of the reads and sold-outs that wait
/// for it.
#[derive(Clone, Debug)]
pub(super) struct Levels {
    near: Vec<Waiting>,
    far: FxHashMap<u64, Waiting>,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    sale: u32,
    after: u32,
}

impl Waiting {
    const NOBODY: Self = Self {
        sale: NONE,
        after: NONE,
    };
}

impl Levels {
    pub(super) fn new() -> Self {
        Self {
            near: vec![Waiting::NOBODY; AHEAD as usize],
            far: FxHashMap::default(),
        }
    }

    #[inline]
    fn at(&mut self, sales: u64, sold: u64) -> &mut Waiting {
        if sales - sold <= AHEAD {
            &mut self.near[(sales % AHEAD) as usize]
        } else {
            self.far.entry(sales).or_insert(Waiting::NOBODY)
        }
    }

    /// A buy says it is sale number `sale`, which is still to come. Where another says so, too, one of the two has no
    /// place, and this one is left out.
    #[inline]
    pub(super) fn add_sale(&mut self, sale: u64, slot: u32, sold: u64) {
        let waiting = self.at(sale, sold);
        if waiting.sale == NONE {
            waiting.sale = slot;
        }
    }

    /// Somebody waits for so many sales. Returns who waits for as many, the next in the list.
    #[inline]
    pub(super) fn add_after(&mut self, sales: u64, slot: u32, sold: u64) -> u32 {
        std::mem::replace(&mut self.at(sales, sold).after, slot)
    }

    /// The buy that says it is `sale`, the next one.
    #[inline]
    pub(super) fn take_sale(&mut self, sale: u64) -> u32 {
        std::mem::replace(&mut self.near[(sale % AHEAD) as usize].sale, NONE)
    }

    /// The first of those who waited for `sales`, which is now. What was one step beyond the direct addresses is within.
    #[inline]
    pub(super) fn take_after(&mut self, sales: u64) -> u32 {
        let place = &mut self.near[(sales % AHEAD) as usize];
        let after = std::mem::replace(&mut place.after, NONE);
        if !self.far.is_empty()
            && let Some(waiting) = self.far.remove(&(sales + AHEAD))
        {
            *place = waiting;
        }
        after
    }
}
