//! Shrinking: sound steps, applied to as much as possible at once, for as long as the violation survives.

use super::parts::Shown;
use crate::history::Operation;

/// An operation that is left, and what of it is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item<Op, Ret> {
    /// Where it stands in the history.
    pub(super) index: usize,
    /// As far as it has been relaxed.
    pub(super) relaxed: Operation<Op, Ret>,
}

/// What a step does to an operation. Each use says why it can only make a history easier to linearize.
pub(super) enum Step<Op, Ret> {
    /// Leaves it out.
    Remove,
    /// Forgets something about it.
    Relax(Operation<Op, Ret>),
}

impl<Op: Clone + PartialEq, Ret: Clone + PartialEq> Item<Op, Ret> {
    /// The step that changes this of it, where that is a change.
    pub(super) fn relax(&self, change: impl FnOnce(&mut Operation<Op, Ret>)) -> Option<Step<Op, Ret>> {
        let mut relaxed = self.relaxed.clone();
        change(&mut relaxed);
        (relaxed != self.relaxed).then_some(Step::Relax(relaxed))
    }
}

impl<Op: Clone, Ret: Clone> Item<Op, Ret> {
    /// As a counterexample shows it, of this history.
    pub(super) fn shown(&self, history: &[Operation<Op, Ret>]) -> Shown<Op, Ret> {
        Shown {
            index: self.index,
            original: history[self.index].clone(),
            relaxed: self.relaxed.clone(),
        }
    }
}

/// A history of which nothing has been taken away.
pub(super) fn items<Op: Clone, Ret: Clone>(history: &[Operation<Op, Ret>]) -> Vec<Item<Op, Ret>> {
    let item = |(index, operation): (usize, &Operation<Op, Ret>)| Item {
        index,
        relaxed: operation.clone(),
    };
    history.iter().enumerate().map(item).collect()
}

/// What is left of each.
pub(super) fn relaxed<Op: Clone, Ret: Clone>(items: &[Item<Op, Ret>]) -> Vec<Operation<Op, Ret>> {
    items.iter().map(|item| item.relaxed.clone()).collect()
}

/// Most operations that are handed to the checker in all, as a bound on the time: what is found by then is sound, only
/// perhaps not minimal.
const MOST_CHECKED: usize = 60_000_000;

/// Is this a violation? `false` where that is not known.
pub(super) type IsViolation<'a, Op, Ret> = &'a dyn Fn(&[Operation<Op, Ret>]) -> bool;

/// The work on one history.
pub(super) struct Shrinker<'a, Op, Ret> {
    /// What is left of the history. It is a violation at all times.
    pub(super) items: Vec<Item<Op, Ret>>,
    is_violation: IsViolation<'a, Op, Ret>,
    /// May anything more be asked?
    more: &'a dyn Fn() -> bool,
    checked: usize,
}

impl<'a, Op: Clone, Ret: Clone> Shrinker<'a, Op, Ret> {
    /// Begins with a violation.
    pub(super) const fn new(
        items: Vec<Item<Op, Ret>>,
        is_violation: IsViolation<'a, Op, Ret>,
        more: &'a dyn Fn() -> bool,
    ) -> Self {
        Self {
            items,
            is_violation,
            more,
            checked: 0,
        }
    }

    /// Is this a violation, as far as the means allow to find out?
    pub(super) fn survives(&mut self, operations: &[Operation<Op, Ret>]) -> bool {
        self.checked = self.checked.saturating_add(operations.len() + 1);
        self.goes_on() && (self.is_violation)(operations)
    }

    fn goes_on(&self) -> bool {
        self.checked <= MOST_CHECKED && (self.more)()
    }

    /// Cuts everything after the earliest response at which the violation is certain. What is open then has no answer
    /// yet.
    ///
    /// Sound: an order of the whole history, cut before the first operation invoked later, is one of the prefix. The
    /// prefix grows with the time of the cut and so does what is certain, so halving finds the earliest.
    pub(super) fn cut_after(&mut self, guess: Option<usize>) {
        let mut times: Vec<u64> = self
            .items
            .iter()
            .filter_map(|item| item.relaxed.response.as_ref().map(|r| r.at))
            .collect();
        times.sort_unstable();
        times.dedup();
        let guess = guess.and_then(|index| times.binary_search(&self.items.get(index)?.relaxed.returned()).ok());
        let (mut certain, mut not_yet) = (times.len().saturating_sub(1), 0);
        if let Some(guess) = guess
            && guess < certain
            && self.certain_at(times[guess])
        {
            certain = guess;
            // The engine's guess is the earliest, as a rule: look just before it, then wherever.
            if guess > 0 && !self.certain_at(times[guess - 1]) {
                not_yet = guess;
            }
        }
        while not_yet < certain {
            let middle = usize::midpoint(not_yet, certain);
            if self.certain_at(times[middle]) {
                certain = middle;
            } else {
                not_yet = middle + 1;
            }
        }
        if let Some(&time) = times.get(certain)
            && self.certain_at(time)
        {
            self.items = prefix(&self.items, time).collect();
        }
    }

    fn certain_at(&mut self, time: u64) -> bool {
        let operations: Vec<_> = prefix(&self.items, time).map(|item| item.relaxed).collect();
        self.survives(&operations)
    }

    /// Applies the step to as many operations as the violation survives: to all it fits, to halves of them, to quarters,
    /// and so on down to each alone. Says whether anything changed.
    pub(super) fn apply(&mut self, step: impl Fn(&Item<Op, Ret>) -> Option<Step<Op, Ret>>) -> bool {
        let fitting = |items: &[Item<Op, Ret>]| -> Vec<usize> {
            (0..items.len())
                .filter(|&place| step(&items[place]).is_some())
                .collect()
        };
        let mut changed = false;
        if !self.goes_on() {
            return changed;
        }
        let mut size = fitting(&self.items).len();
        while size > 0 && self.goes_on() {
            let mut places = fitting(&self.items);
            while !places.is_empty() && self.goes_on() {
                // From the back, so that removing does not shift the places still to be tried.
                let chunk = places.split_off(places.len().saturating_sub(size));
                let further = self.with(&chunk, &step);
                if self.survives(&relaxed(&further)) {
                    self.items = further;
                    changed = true;
                }
            }
            size /= 2;
        }
        changed
    }

    /// Applies one step after the other. Says whether anything changed.
    pub(super) fn apply_each(&mut self, steps: &[impl Fn(&Item<Op, Ret>) -> Option<Step<Op, Ret>>]) -> bool {
        steps.iter().fold(false, |changed, step| self.apply(step) | changed)
    }

    fn with(&self, chunk: &[usize], step: &impl Fn(&Item<Op, Ret>) -> Option<Step<Op, Ret>>) -> Vec<Item<Op, Ret>> {
        let mut chunk = chunk.iter().copied().peekable();
        let mut items = Vec::with_capacity(self.items.len());
        for (place, item) in self.items.iter().enumerate() {
            if chunk.next_if_eq(&place).is_none() {
                items.push(item.clone());
                continue;
            }
            match step(item) {
                Some(Step::Remove) => {}
                Some(Step::Relax(relaxed)) => items.push(Item {
                    index: item.index,
                    relaxed,
                }),
                None => items.push(item.clone()),
            }
        }
        items
    }
}

/// The history as it was known at `time`.
pub(super) fn prefix<Op: Clone, Ret: Clone>(items: &[Item<Op, Ret>], time: u64) -> impl Iterator<Item = Item<Op, Ret>> {
    let begun = items.iter().filter(move |item| item.relaxed.invoked <= time);
    begun.map(move |item| {
        let mut item = item.clone();
        item.relaxed.response = item.relaxed.response.filter(|response| response.at <= time);
        item
    })
}
