//! How a past came about, and the order that this makes.

use rustc_hash::FxHashMap;

use crate::engines::Witness;

/// One step, with the index of its operation.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// A reset begins the next stretch, now the present one.
    Begins(usize),
    /// A reset begins a stretch right before the present one.
    Inserts(usize),
    /// It lengthens the stretch of this number.
    Lengthens(u32, usize),
    /// It comes right before the first of these operations, which is in some stretch.
    Before(u32, usize),
    /// It stands right before the present stretch, whose reset hides it.
    Hides(usize),
}

/// The steps of all pasts: a tree.
#[derive(Debug, Default)]
pub(super) struct Trail(Vec<(u32, Step)>);

/// No step yet.
pub(super) const ROOT: u32 = u32::MAX;

impl Trail {
    pub(super) fn push(&mut self, after: u32, step: Step) -> u32 {
        self.0.push((after, step));
        self.0.len() as u32 - 1
    }

    pub(super) fn order(&self, last: u32) -> Witness {
        let mut steps = Vec::new();
        let mut next = last;
        while let Some(&(after, step)) = self.0.get(next as usize) {
            steps.push(step);
            next = after;
        }
        // By number: what is hidden before the stretch, and what it consists of.
        let mut stretches = vec![(Vec::new(), Vec::new())];
        let mut order = vec![0];
        let mut before: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
        for step in steps.into_iter().rev() {
            let present = order.len() - 1;
            match step {
                Step::Begins(index) => {
                    order.push(stretches.len());
                    stretches.push((Vec::new(), vec![index]));
                }
                Step::Inserts(index) => {
                    order.insert(present, stretches.len());
                    stretches.push((Vec::new(), vec![index]));
                }
                Step::Lengthens(number, index) => stretches[number as usize].1.push(index),
                Step::Before(next, index) => before.entry(next as usize).or_default().push(index),
                Step::Hides(index) => stretches[order[present]].0.push(index),
            }
        }
        let mut witness = Vec::new();
        let mut waiting = Vec::new();
        for number in order {
            let (hidden, stretch) = &stretches[number];
            for &index in hidden.iter().chain(stretch) {
                waiting.push(index);
                while let Some(&index) = waiting.last() {
                    // First what comes before it.
                    match before.remove(&index) {
                        Some(first) => waiting.extend(first.into_iter().rev()),
                        None => witness.extend(waiting.pop()),
                    }
                }
            }
        }
        Witness(witness)
    }
}
