//! The last operations, from an instant on at which only one past was left.

use oversell_spec::stock::StockOp;
use rustc_hash::FxHashSet;

use crate::{engines::stock::frontier::Settled, history::StockOperation};

/// When so many times the wanted number are kept, and there never was only one past, they are let go until there is.
const CROWDED: usize = 8;

/// The end of a history, as a history of its own that is a violation if and only if the whole is.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// Units there were when it begins.
    pub initial: u64,
    /// Its operations, and what was open when it begins and had not taken effect, by number.
    pub operations: Vec<StockOperation>,
    /// The number of each in the whole history.
    pub numbers: Vec<u64>,
    /// Indeterminate operations from before the kept ones, and how many there are of each: only counted until they are
    /// needed.
    counted: Vec<(StockOp, usize)>,
}

impl Stretch {
    /// Gives the counted ones a place: they were invoked before everything else.
    fn complete(&mut self) {
        let counted = std::mem::take(&mut self.counted);
        let first = self.operations.first().map_or(0, |operation| operation.invoked);
        let number = self.numbers.first().copied().unwrap_or(0);
        let older = counted.iter().flat_map(|&(op, count)| {
            let operation = StockOperation {
                process: NOBODY,
                invoked: first,
                op,
                response: None,
            };
            std::iter::repeat_n(operation, count)
        });
        self.operations.splice(0..0, older);
        let missing = self.operations.len() - self.numbers.len();
        self.numbers.splice(0..0, std::iter::repeat_n(number, missing));
    }
}

/// Who acts in operations of which only the number is known.
const NOBODY: i64 = -1;

/// Two stretches in the making: the younger one begins when the older one is long enough.
#[derive(Clone)]
pub(super) struct Windows {
    older: Option<Stretch>,
    younger: Option<Stretch>,
    /// The number behind the last operation that came. A stretch may begin without it: it has taken effect then.
    next: u64,
    /// How many operations a stretch should have.
    wanted: usize,
    /// How many the younger one began with.
    carried: usize,
    /// The younger one is no stretch: of what was kept there is only what was open when it was let go.
    broken: bool,
}

impl Windows {
    pub(super) const fn new(initial: u64, wanted: usize) -> Self {
        Self {
            older: None,
            younger: Some(Stretch {
                initial,
                operations: Vec::new(),
                numbers: Vec::new(),
                counted: Vec::new(),
            }),
            next: 0,
            wanted,
            carried: 0,
            broken: false,
        }
    }

    pub(super) fn push(&mut self, number: u64, operation: StockOperation) {
        self.next = number + 1;
        for stretch in [&mut self.older, &mut self.younger].into_iter().flatten() {
            stretch.operations.push(operation);
            stretch.numbers.push(number);
        }
        let crowded = (self.wanted + self.carried).saturating_mul(CROWDED);
        if self.has_more_than(crowded) {
            self.break_off(operation.invoked, crowded / 2);
        }
    }

    /// Keeps only what can be open at `now`, which the next stretch may have to begin with; nothing ever again when that is
    /// too much.
    fn break_off(&mut self, now: u64, most: usize) {
        self.older = None;
        self.broken = true;
        let Some(mut stretch) = self.younger.take() else { return };
        let kept = stretch.operations.iter().zip(stretch.numbers);
        let open = kept.filter(|(operation, _)| operation.returned() >= now);
        (stretch.operations, stretch.numbers) = open.map(|(operation, number)| (*operation, number)).unzip();
        if stretch.operations.len() <= most {
            self.younger = Some(stretch);
        }
    }

    fn has_more_than(&self, operations: usize) -> bool {
        (self.younger.as_ref()).is_some_and(|stretch| stretch.operations.len() > operations)
    }

    /// Is it time for another stretch to begin? Never again when nothing is kept any more.
    pub(super) fn full(&self) -> bool {
        if self.broken {
            return self.younger.is_some();
        }
        // What was carried over is looked at again each time: in relation to what is new it must not be much.
        self.has_more_than(2 * self.carried + self.wanted)
    }

    /// Only one past is left: another stretch can begin here.
    pub(super) fn settle(&mut self, settled: &Settled) {
        let Some(ending) = self.younger.take() else { return };
        let mut pending: FxHashSet<u32> = settled.open.iter().copied().collect();
        let mut counted = Vec::new();
        for (change, lost) in &settled.lost {
            let (older, newer) = lost.split_at(lost.len().saturating_sub(self.wanted / 4));
            pending.extend(newer);
            if !older.is_empty() {
                let quantity = change.quantity;
                let op = if change.down {
                    StockOp::Buy { quantity }
                } else {
                    StockOp::Restock { quantity }
                };
                counted.push((op, older.len()));
            }
        }
        let mut next = Stretch {
            initial: settled.level,
            operations: Vec::with_capacity(pending.len()),
            numbers: Vec::with_capacity(pending.len()),
            counted,
        };
        for (operation, &number) in ending.operations.iter().zip(&ending.numbers) {
            if pending.contains(&(number as u32)) {
                next.operations.push(*operation);
                next.numbers.push(number);
            }
        }
        self.carried = next.operations.len();
        self.older = Some(ending).filter(|_| !self.broken);
        self.broken = false;
        self.younger = Some(next);
    }

    /// The number of the first operation kept.
    pub(super) fn oldest(&self) -> Option<u64> {
        let first = |stretch: &Option<Stretch>| stretch.as_ref().and_then(|stretch| stretch.numbers.first().copied());
        first(&self.older).or_else(|| first(&self.younger))
    }

    /// The stretches, with what is not looked at yet, from operation `first` on: the longest first.
    pub(super) fn stretches(&self, first: u64, queue: &[StockOperation]) -> Vec<Stretch> {
        let younger = self.younger.as_ref().filter(|_| !self.broken);
        let mut stretches: Vec<Stretch> = [self.older.as_ref(), younger].into_iter().flatten().cloned().collect();
        for stretch in &mut stretches {
            let from = self.next.max(first);
            for (number, operation) in (first..).zip(queue).filter(|&(number, _)| number >= from) {
                stretch.operations.push(*operation);
                stretch.numbers.push(number);
            }
            stretch.complete();
        }
        stretches
    }
}
