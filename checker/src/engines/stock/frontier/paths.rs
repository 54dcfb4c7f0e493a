//! How each configuration came about: the witness in the making.

/// Before the first effect.
pub(super) const START: u32 = u32::MAX;

/// A tree of effects; configurations are at its leaves.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    /// Whether any of this is kept: a walk without end would need memory without end.
    kept: bool,
    /// Each effect: the one before it, and the index of the operation.
    effects: Vec<(u32, u32)>,
    /// What all configurations have in common, in order.
    settled: Vec<usize>,
    /// Size at which unreachable effects are dropped.
    crowded: usize,
}

impl Paths {
    /// Keeps the order.
    pub(super) const fn new() -> Self {
        Self {
            kept: true,
            effects: Vec::new(),
            settled: Vec::new(),
            crowded: 1 << 20,
        }
    }

    /// Keeps nothing: there will be a verdict, and no order.
    pub(super) fn forgotten() -> Self {
        Self {
            kept: false,
            ..Self::new()
        }
    }

    /// The operation `index` takes effect after `last`.
    pub(super) fn push(&mut self, last: u32, index: u32) -> u32 {
        if !self.kept {
            return START;
        }
        self.effects.push((last, index));
        self.effects.len() as u32 - 1
    }

    /// There is only one configuration left, and it ends in `last`: its past is settled.
    pub(super) fn settle(&mut self, last: &mut u32) {
        let from = self.settled.len();
        let mut at = std::mem::replace(last, START);
        while at != START {
            let (before, index) = self.effects[at as usize];
            self.settled.push(index as usize);
            at = before;
        }
        self.settled[from..].reverse();
        self.effects.clear();
    }

    /// How many effects are settled; `None` where there are others.
    pub(super) fn settled(&self) -> Option<usize> {
        self.effects.is_empty().then_some(self.settled.len())
    }

    /// Back to when so many effects were settled, and no others.
    pub(super) fn go_back(&mut self, settled: usize) {
        self.settled.truncate(settled);
        self.effects.clear();
    }

    /// Drops the effects that lead to none of `leaves`, when there are many.
    pub(super) fn tidy<'a>(&mut self, leaves: impl Iterator<Item = &'a mut u32>) {
        if self.effects.len() < self.crowded {
            return;
        }
        let leaves: Vec<&mut u32> = leaves.collect();
        let mut kept = vec![false; self.effects.len()];
        for leaf in &leaves {
            let mut at = **leaf;
            while at != START && !std::mem::replace(&mut kept[at as usize], true) {
                at = self.effects[at as usize].0;
            }
        }
        // An effect comes after the one before it, so one pass renumbers them all.
        let mut number = vec![START; self.effects.len()];
        let mut next = 0;
        for at in 0..self.effects.len() {
            if kept[at] {
                let (before, index) = self.effects[at];
                let before = if before == START {
                    START
                } else {
                    number[before as usize]
                };
                self.effects[next] = (before, index);
                number[at] = next as u32;
                next += 1;
            }
        }
        self.effects.truncate(next);
        for leaf in leaves {
            if *leaf != START {
                *leaf = number[*leaf as usize];
            }
        }
        self.crowded = (2 * next).max(1 << 20);
    }

    /// The order that ends in `last`.
    pub(super) fn finish(mut self, mut last: u32) -> Vec<usize> {
        self.settle(&mut last);
        self.settled
    }
}
