//! The search: Wing and Gong's, with Lowe's memory and just-in-time rule, over the open window instead of the history.
//!
//! It walks from response to response. A configuration is: the response it stands at, the state, which of the open
//! operations have taken effect, and how many indeterminate ones of each class. Everything that returned before has
//! taken effect, everything invoked later has not, so this is all there is to know, and its size is that of the open
//! window, not that of the history. Configurations that failed are remembered.
//!
//! Four rules keep their number small; each is an exchange in an order that explains the history.
//! 1. *Just in time.* Operations take effect only so that the one that returns now can. Instants can be moved later, up to
//!    the next response that needs them.
//! 2. *Interchangeable operations* (same argument, same answer): only the one that returns first. Let x and y be open,
//!    x return first, and y be in front. Swapped, x stands where everything that must precede it is done, for it is open.
//!    Nothing between them waits for y to be over: it would wait for x, too, which returns earlier and stood behind it.
//! 3. *What changes nothing is done at once* where its answer fits: it is open, so nothing must precede it, and no state
//!    depends on it. A specification does not say which questions (a read, a failed comparison) are harmless in this
//!    sense, so every question counts as harmless until it changes a state that the search has reached; then the search
//!    starts again. In the end nothing was done early that changes any state reached. That suffices: follow an order
//!    that explains the history. Its states are reached one after the other, so what was done early changes none of them.
//! 4. An indeterminate operation that changes nothing never takes effect; among interchangeable ones the first invoked
//!    goes first (rule 2 with responses that never come).

use std::{hash::Hash, time::Instant};

use rustc_hash::FxHashSet;
use stateright::semantics::SequentialSpec;

use super::{
    states::{StateId, States},
    timeline::{Open, Timeline},
    window::Window,
};
use crate::{
    checker::{Limit, Limits, Verdict, Violation, Witness},
    history::Operation,
};

/// A place in the search.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Configuration {
    /// Responses passed; the operation that returns next has not taken effect.
    at: u32,
    state: StateId,
    /// Which open operations have taken effect.
    done: Window,
    /// How many indeterminate operations of each class have taken effect.
    taken: Vec<u32>,
}

/// A step to try.
#[derive(Clone, Copy, Debug)]
enum Choice {
    /// This completed operation takes effect.
    Completed(u32),
    /// The next indeterminate one of this class does, as a place in [`Timeline::maybes`].
    Maybe(u32),
}

/// A configuration being explored.
struct Frame {
    configuration: Configuration,
    /// Steps not yet tried, the best last; `None` before the first look.
    untried: Option<Vec<Choice>>,
    /// Length of the order when it was entered.
    order: usize,
}

pub(super) struct Explorer<'a, S: SequentialSpec> {
    limits: &'a Limits,
    timeline: Timeline,
    states: States<'a, S>,
    open: Open,
    failed: FxHashSet<Configuration>,
    /// What has taken effect on the way to the present configuration.
    order: Vec<usize>,
}

impl<'a, S> Explorer<'a, S>
where
    S: SequentialSpec + Clone + Eq + Hash,
    S::Op: Eq + Hash,
    S::Ret: Eq + Hash,
{
    pub(super) fn new(initial_state: &S, operations: &'a [Operation<S::Op, S::Ret>], limits: &'a Limits) -> Self {
        let timeline = Timeline::of::<S>(operations);
        Self {
            limits,
            open: Open::new(&timeline),
            states: States::new(initial_state, operations, &timeline),
            timeline,
            failed: FxHashSet::default(),
            order: Vec::with_capacity(operations.len()),
        }
    }

    pub(super) fn run(mut self) -> Verdict {
        let started = Instant::now();
        let mut stack = Vec::new();
        let start = Configuration {
            at: 0,
            state: 0,
            done: Window::default(),
            taken: vec![0; self.timeline.maybes.len()],
        };
        let mut entered = start.clone();
        let mut before = 0;
        let mut visited = 0_u64;
        loop {
            if std::mem::take(&mut self.states.surprised) {
                stack.clear();
                self.failed.clear();
                self.order.clear();
                before = 0;
                entered.clone_from(&start);
            }
            self.settle(&mut entered);
            if entered.at as usize == self.timeline.len() {
                return Verdict::Linearizable(Witness(self.order));
            }
            if self.failed.insert(entered.clone()) {
                visited += 1;
                if visited >= self.limits.configurations {
                    return Verdict::Undecided(Limit::Configurations(self.limits.configurations));
                }
                if visited.is_multiple_of(1024) && started.elapsed() >= self.limits.time {
                    return Verdict::Undecided(Limit::Time(self.limits.time));
                }
                stack.push(Frame {
                    configuration: entered,
                    untried: None,
                    order: self.order.len(),
                });
            } else {
                self.order.truncate(before);
            }
            entered = loop {
                let Some(frame) = stack.last_mut() else {
                    if self.states.surprised {
                        break start.clone();
                    }
                    return Verdict::Violation(Violation { certain_at: None });
                };
                self.order.truncate(frame.order);
                before = frame.order;
                match self.next(frame) {
                    Some(next) => break next,
                    None => {
                        stack.pop();
                    }
                }
            };
        }
    }

    /// Rule 3, and passing the responses of what has taken effect.
    fn settle(&mut self, configuration: &mut Configuration) {
        while (configuration.at as usize) < self.timeline.len() {
            self.open.seek(&self.timeline, configuration.at as usize);
            for rank in self.open.iter() {
                let slot = self.timeline.slot[rank as usize];
                if !configuration.done.contains(slot) {
                    let class = self.timeline.class[rank as usize];
                    if self.states.is_harmless(self.timeline.question[class as usize])
                        && self
                            .states
                            .step(configuration.state, class, self.timeline.example[class as usize])
                            == Some(configuration.state)
                    {
                        configuration.done.insert(slot);
                        self.order.push(self.timeline.index[rank as usize]);
                    }
                }
            }
            let slot = self.timeline.slot[configuration.at as usize];
            if !configuration.done.contains(slot) {
                return;
            }
            configuration.done.remove(slot);
            configuration.at += 1;
        }
    }

    /// The next configuration to visit from `frame`; its operation is in the order.
    fn next(&mut self, frame: &mut Frame) -> Option<Configuration> {
        let Some(untried) = &mut frame.untried else {
            // First the operation that returns now, alone.
            frame.untried = Some(Vec::new());
            let at = frame.configuration.at;
            let direct = self.take(&frame.configuration, Choice::Completed(at));
            frame.untried = Some(self.choices(&frame.configuration));
            return direct.or_else(|| self.next(frame));
        };
        while let Some(choice) = untried.pop() {
            if let Some(next) = self.take(&frame.configuration, choice) {
                return Some(next);
            }
        }
        None
    }

    /// Rules 2 and 4: one operation of each class, other than that of the operation that returns now.
    fn choices(&mut self, configuration: &Configuration) -> Vec<Choice> {
        self.open.seek(&self.timeline, configuration.at as usize);
        let mut ranks: Vec<u32> = self
            .open
            .iter()
            .filter(|&rank| !configuration.done.contains(self.timeline.slot[rank as usize]))
            .collect();
        ranks.sort_unstable();
        let mut seen = FxHashSet::default();
        ranks.retain(|&rank| seen.insert(self.timeline.class[rank as usize]));
        let now = self.timeline.returned[configuration.at as usize];
        let maybe = |place: usize| {
            let waiting = self.timeline.maybes[place].1.get(configuration.taken[place] as usize);
            waiting.is_some_and(|&(invoked, _)| invoked <= now)
        };
        let maybes = (0..self.timeline.maybes.len()).filter(|&place| maybe(place));
        let mut choices: Vec<Choice> = maybes.map(|place| Choice::Maybe(place as u32)).collect();
        let others = ranks.into_iter().filter(|&rank| rank != configuration.at);
        choices.extend(others.map(Choice::Completed).collect::<Vec<_>>().into_iter().rev());
        choices
    }

    /// The configuration after one step, if the specification accepts it.
    fn take(&mut self, from: &Configuration, choice: Choice) -> Option<Configuration> {
        let (class, index) = match choice {
            Choice::Completed(rank) => (self.timeline.class[rank as usize], self.timeline.index[rank as usize]),
            Choice::Maybe(place) => {
                let (class, list) = &self.timeline.maybes[place as usize];
                (*class, list[from.taken[place as usize] as usize].1)
            }
        };
        let state = self
            .states
            .step(from.state, class, self.timeline.example[class as usize])?;
        let mut next = from.clone();
        match choice {
            Choice::Completed(rank) => next.done.insert(self.timeline.slot[rank as usize]),
            Choice::Maybe(_) if state == from.state => return None,
            Choice::Maybe(place) => next.taken[place as usize] += 1,
        }
        next.state = state;
        self.order.push(index);
        Some(next)
    }
}
