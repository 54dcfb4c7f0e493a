//! The last operations, from an instant on at which only one past was left.

use rustc_hash::FxHashSet;

use crate::{checker::stock::frontier::Settled, history::StockOperation};

/// When so many times the wanted number are kept, and there never was only one past, nothing is kept any more.
const CROWDED: usize = 32;

/// The end of a history, as a history of its own that is a violation if and only if the whole is.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// Units there were when it begins.
    pub initial: u64,
    /// Its operations, and what was open when it begins and had not taken effect, by number.
    pub operations: Vec<StockOperation>,
    /// The number of each in the whole history.
    pub numbers: Vec<u64>,
    /// Up to this time the whole was known when the stretch began: of a prefix of the whole that ends earlier, the
    /// stretch says nothing.
    pub known: u64,
}

/// Two stretches in the making: the younger one begins when the older one is long enough.
pub(super) struct Windows {
    older: Option<Stretch>,
    younger: Option<Stretch>,
    /// How many operations a stretch should have.
    wanted: usize,
    /// How many the younger one began with.
    carried: usize,
}

impl Windows {
    pub(super) const fn new(initial: u64, wanted: usize) -> Self {
        Self {
            older: None,
            younger: Some(Stretch {
                initial,
                operations: Vec::new(),
                numbers: Vec::new(),
                known: 0,
            }),
            wanted,
            carried: 0,
        }
    }

    pub(super) fn push(&mut self, number: u64, operation: StockOperation) {
        for stretch in [&mut self.older, &mut self.younger].into_iter().flatten() {
            stretch.operations.push(operation);
            stretch.numbers.push(number);
        }
        let crowded = (self.wanted + self.carried).saturating_mul(CROWDED);
        if self.len() > crowded {
            (self.older, self.younger) = (None, None);
        }
    }

    fn len(&self) -> usize {
        self.younger.as_ref().map_or(0, |stretch| stretch.operations.len())
    }

    /// Is it time for another stretch to begin?
    pub(super) fn full(&self) -> bool {
        // What was carried over is looked at again each time: in relation to what is new it must not be much.
        self.len() >= 2 * self.carried + self.wanted
    }

    /// Only one past is left: another stretch can begin here. Up to `known` the history has been read.
    pub(super) fn settle(&mut self, settled: &Settled, known: u64) {
        let Some(ending) = self.younger.take() else { return };
        let pending: FxHashSet<u32> = settled.pending.iter().copied().collect();
        let mut next = Stretch {
            initial: settled.level,
            operations: Vec::with_capacity(pending.len()),
            numbers: Vec::with_capacity(pending.len()),
            known,
        };
        for (operation, &number) in ending.operations.iter().zip(&ending.numbers) {
            if pending.contains(&(number as u32)) {
                next.operations.push(*operation);
                next.numbers.push(number);
            }
        }
        self.carried = next.operations.len();
        self.older = Some(ending);
        self.younger = Some(next);
    }

    /// The number of the first operation kept.
    pub(super) fn oldest(&self) -> Option<u64> {
        let first = |stretch: &Option<Stretch>| stretch.as_ref().and_then(|stretch| stretch.numbers.first().copied());
        first(&self.older).or_else(|| first(&self.younger))
    }

    /// The stretches, with what is not looked at yet, from operation `first` on: the longest first.
    pub(super) fn stretches(&self, first: u64, queue: &[StockOperation]) -> Vec<Stretch> {
        let mut stretches: Vec<Stretch> = [&self.older, &self.younger].into_iter().flatten().cloned().collect();
        for stretch in &mut stretches {
            let from = stretch.numbers.last().map_or(0, |last| last + 1).max(first);
            for (number, operation) in (first..).zip(queue).filter(|&(number, _)| number >= from) {
                stretch.operations.push(*operation);
                stretch.numbers.push(number);
            }
        }
        stretches
    }
}
