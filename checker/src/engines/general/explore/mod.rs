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
//!    depends on it. A specification need not say which answers (of a read, of a comparison that failed) are harmless in this
//!    sense, so each counts as harmless until an operation with it changes a state that the search has reached and that accepts
//!    it (`states.rs`); if one was done early by then, the search starts again. In the end nothing was done early that changes
//!    any state reached. That suffices: follow an order that explains the history. Its states are reached one after the other,
//!    so what was done early changes none of those that it finds at its place in the order. What lost its harmlessness without
//!    having been done early played no part in any configuration, and what failed before has failed for good.
//! 4. An indeterminate operation that changes nothing never takes effect; among interchangeable ones the first invoked
//!    goes first (rule 2 with responses that never come).
//!
//! With foresight ([`Foresee`](super::Foresee)) there are two more:
//!
//! 5. *In vain*: when an answer, open or soon to be, is refused here and can only be brought about by operations that have all
//!    taken effect, the search turns back at once (`outlook.rs`).
//! 6. *Hidden*: an operation that is accepted in every state, open when a reset w takes effect, may have its instant right
//!    before w, where nobody sees what it did. So, when it returns, it is simply passed. Then it need not be taken before w on
//!    purpose: no reset is tried right after an operation that was taken early and that nothing has seen, for the reset alone
//!    leads to a past in which that operation may be hidden, or still be taken later. Nor is one taken early that
//!    leads to a state which no answer will see before a reset: left alone it can be hidden before that reset, or be taken when it
//!    returns; for what is refused after fewer such operations is refused after more.

mod choices;

use std::{hash::Hash, marker::PhantomData};

use indexmap::IndexSet;
use oversell_spec::SequentialSpec;
use rustc_hash::FxBuildHasher;

use super::{
    foresight::{Effect, Foresight},
    outlook::{Asked, Map, Outlook},
    states::{StateId, States},
    timeline::{Open, Prefix, Timeline},
    window::Window,
};
use crate::engines::{Limit, Limits, Verdict, Violation, Witness, budget::Budget};

/// How many configurations a search with foresight may visit, and how many more for each response that it got past.
const PATIENCE: (u64, u64) = (256, 1);

/// A place in the search.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Configuration {
    /// Responses passed; the operation that returns next has not taken effect.
    pub(super) at: u32,
    pub(super) state: StateId,
    /// What may be hidden: open blind operations that come before this place in [`Timeline::invocations`]. The least number
    /// that says so, so that equal sets are equal.
    hidden: u32,
    /// Which open operations have taken effect.
    pub(super) done: Window,
    /// Which indeterminate operations have: see [`Timeline::taken`].
    pub(super) taken: Window,
}

impl Configuration {
    /// May this open operation, which has not taken effect, be hidden?
    fn may_hide(&self, timeline: &Timeline, effects: &[Effect], rank: u32) -> bool {
        timeline.position[rank as usize] < self.hidden && effects[timeline.class[rank as usize] as usize] != Effect::Any
    }
}

/// A step to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    /// The operation that returns now has been hidden (rule 6).
    Hide,
    /// It takes effect.
    Direct,
    /// Another completed operation takes effect.
    Completed(u32),
    /// The next indeterminate one of this class does, as a place in [`Timeline::maybes`].
    Maybe(u32),
}

/// Steps not yet tried. Most configurations never get beyond the second.
enum Untried {
    All,
    /// All but hiding the operation that returns now.
    Direct,
    /// All that do not begin with the operation that returns now.
    Others,
    /// Those of the explorer's choices from here on, the best last.
    From(usize),
}

/// A configuration being explored.
struct Frame {
    /// The number of the configuration among those visited.
    number: usize,
    untried: Untried,
    /// Length of the order when it was entered.
    order: usize,
    /// It was entered by taking early what nothing has seen yet (rule 6).
    unseen: bool,
}

/// What happened on the way: the index of the operation, and how it comes into the order.
#[derive(Clone, Copy, Debug)]
enum Step {
    Taken(usize),
    Reset(usize),
    /// Right before the last reset.
    Hidden(usize),
}

/// The furthest that a search got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stuck {
    /// No order explains this response and all before it, given what is known of the answers after it.
    pub(super) at: usize,
    /// A later response that was seen to be impossible there, or the same.
    pub(super) for_want_of: usize,
    /// No order explains the prefix up to that response, whatever comes after it.
    pub(super) certain: bool,
}

pub(super) struct Explorer<'a, S: SequentialSpec, F> {
    history: Prefix<'a, S>,
    foresight: PhantomData<F>,
    timeline: Timeline,
    /// Of each class.
    effects: Vec<Effect>,
    states: States<'a, S>,
    open: Open,
    /// All that were entered. Of those that were left again, no order is known that goes on from them.
    visited: IndexSet<Configuration, FxBuildHasher>,
    /// What is still to be tried, those of the present configuration last.
    choices: Vec<Choice>,
    /// The best of those that are being listed.
    fitting: Vec<Choice>,
    /// Open operations; only to list choices without an allocation.
    ranks: Vec<u32>,
    /// When a class was last listed, for what may be hidden and for what may not.
    listed: Vec<[u32; 2]>,
    listings: u32,
    /// What has happened on the way to the present configuration.
    order: Vec<Step>,
    stuck: Stuck,
    /// The latest response that the search has turned back for before it came to it; `None` when it did so for a reason that no
    /// single response gives.
    used: Option<usize>,
    budget: Budget,
    /// There were too many of them to go on without foresight.
    struggling: bool,
    asked: Asked,
}

impl<'a, S, F> Explorer<'a, S, F>
where
    F: Foresight<S>,
    S: SequentialSpec + Clone + PartialEq + Hash,
    S::Op: PartialEq + Hash,
    S::Ret: PartialEq + Hash,
{
    pub(super) fn new(initial_state: &S, history: Prefix<'a, S>, limits: &'a Limits) -> Self {
        let timeline = Timeline::of(history);
        let effect = |&index: &usize| F::effect(history.op(index), history.ret(index));
        Self {
            history,
            foresight: PhantomData,
            open: Open::new(&timeline),
            effects: timeline.example.iter().map(effect).collect(),
            states: States::new::<F>(initial_state, history, &timeline),
            visited: IndexSet::with_capacity_and_hasher(timeline.len().min(256), FxBuildHasher),
            choices: Vec::new(),
            fitting: Vec::new(),
            ranks: Vec::new(),
            listed: vec![[0; 2]; timeline.example.len()],
            listings: 0,
            timeline,
            order: Vec::new(),
            stuck: Stuck::default(),
            used: Some(0),
            budget: Budget::new(*limits),
            struggling: false,
            asked: Asked::default(),
        }
    }

    /// The verdict, and for a violation where the search got stuck.
    ///
    /// With foresight it gives up early, undecided: then there is another way to go on (`stretches`).
    pub(super) fn run(mut self) -> (Verdict, Stuck) {
        let mut stack: Vec<Frame> = Vec::new();
        let start = Configuration {
            at: 0,
            state: 0,
            hidden: 0,
            done: Window::default(),
            taken: Window::default(),
        };
        let mut entered = start.clone();
        let mut early = false;
        let mut before = 0;
        loop {
            if std::mem::take(&mut self.states.surprised) {
                stack.clear();
                self.choices.clear();
                self.visited.clear();
                self.order.clear();
                (self.stuck, self.used) = (Stuck::default(), Some(0));
                (before, early) = (0, false);
                entered.clone_from(&start);
            }
            let seen = self.order.len();
            self.settle(&mut entered);
            if entered.at as usize == self.timeline.len() {
                return (Verdict::Linearizable(witness(self.order)), self.stuck);
            }
            let new = self.is_hopeful(&entered).then(|| self.visited.insert_full(entered));
            if let Some((number, true)) = new {
                if let Err(limit) = self.budget.spend() {
                    return (Verdict::Undecided(limit), self.stuck);
                }
                let visited = self.budget.visited();
                if F::ANY && visited > PATIENCE.0 + PATIENCE.1 * self.stuck.at as u64 {
                    return (Verdict::Undecided(Limit::Configurations(visited)), self.stuck);
                }
                stack.push(Frame {
                    number,
                    untried: Untried::All,
                    order: self.order.len(),
                    unseen: early && self.order.len() == seen,
                });
            } else {
                self.order.truncate(before);
            }
            (entered, early) = loop {
                let Some(frame) = stack.last_mut() else {
                    if self.states.surprised {
                        break (start.clone(), false);
                    }
                    return (Verdict::Violation(Violation { certain_at: None }), self.where_stuck());
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
            let mut hidden = 0;
            for place in 0..self.open.words() {
                for bit in self.open.left(&configuration.done, place) {
                    let rank = self.open.rank(place, bit);
                    let class = self.timeline.class[rank as usize];
                    // A reset is more than what it changes: it hides (rule 6).
                    if self.states.is_harmless(class)
                        && self.effects[class as usize] != Effect::Resets
                        && self.states.step(configuration.state, class) == Some(configuration.state)
                    {
                        self.states.rely_on(class);
                        configuration.done.insert(place as u32 * 64 + bit);
                        self.order.push(Step::Taken(self.timeline.index[rank as usize]));
                    } else if configuration.may_hide(&self.timeline, &self.effects, rank) {
                        hidden = hidden.max(self.timeline.position[rank as usize] + 1);
                    }
                }
            }
            configuration.hidden = hidden;
            let slot = self.timeline.slot[configuration.at as usize];
            if !configuration.done.contains(slot) {
                return;
            }
            configuration.done.remove(slot);
            configuration.at += 1;
        }
    }

    /// Is anything open that a reset could hide and that may not be hidden yet?
    fn could_hide(&self, configuration: &Configuration) -> bool {
        self.open.without(&configuration.done).any(|rank| {
            self.effects[self.timeline.class[rank as usize] as usize] != Effect::Any
                && !configuration.may_hide(&self.timeline, &self.effects, rank)
        })
    }

    /// Rule 5.
    fn is_hopeful(&mut self, configuration: &Configuration) -> bool {
        let at = configuration.at as usize;
        self.got(at, at);
        if !self.is_struggling() {
            return true;
        }
        match self.outlook(configuration, false) {
            Outlook::InVain(rank) => {
                self.got(at, rank as usize);
                self.used = self.used.map(|used| used.max(rank as usize));
                false
            }
            _ => true,
        }
    }

    /// Looking ahead costs more than a few steps that were in vain: it is left out as long as the search goes well.
    const fn is_struggling(&mut self) -> bool {
        self.struggling |= F::ANY && self.budget.visited() > self.stuck.at as u64 + 64;
        self.struggling
    }

    fn got(&mut self, at: usize, for_want_of: usize) {
        let certain = false;
        self.stuck = self.stuck.max(Stuck {
            at,
            for_want_of,
            certain,
        });
    }

    /// Where the search got stuck, and when that is certain, or else the last of the answers that were then in vain.
    ///
    /// What the search knew, and the prefix up to some response does not say, are answers that came later. It was right to turn back
    /// for those no later than the last for which it did. And an order of that prefix, in which operations that are then open
    /// have taken effect, is one with their answers as well if each of them changes nothing where its answer is refused: those are
    /// left out. The search would have found it.
    fn where_stuck(&mut self) -> Stuck {
        let stuck = self.stuck;
        if let Some(last) = self.used.map(|used| used.max(stuck.at))
            && self.open_after(last).all(|index| {
                let ret = self.history.ret(index);
                ret.is_none_or(|ret| F::is_idle_where_refused(self.history.op(index), ret))
            })
        {
            return Stuck {
                at: stuck.at,
                for_want_of: last,
                certain: true,
            };
        }
        let visited = std::mem::take(&mut self.visited);
        for configuration in visited.iter().filter(|visited| visited.at as usize == stuck.at) {
            if let Outlook::InVain(rank) = self.outlook(configuration, false) {
                self.got(stuck.at, rank as usize);
            }
        }
        self.stuck
    }

    /// Completed operations that were open when this response came.
    fn open_after(&self, at: usize) -> impl Iterator<Item = usize> {
        let invoked = self.timeline.invoked.get(at).map_or(0, |&invoked| invoked as usize);
        let ranks = self.timeline.invocations[..invoked].iter();
        ranks
            .filter(move |&&rank| rank as usize > at)
            .map(|&rank| self.timeline.index[rank as usize])
    }

    fn outlook(&mut self, configuration: &Configuration, thorough: bool) -> Outlook {
        if !F::ANY {
            return Outlook::Fine;
        }
        self.open.seek(&self.timeline, configuration.at as usize);
        let map = Map {
            history: self.history,
            timeline: &self.timeline,
            effects: &self.effects,
            open: &self.open,
            states: &self.states,
        };
        map.outlook::<F>(&mut self.asked, configuration, thorough)
    }
}

/// The order, with what was hidden in its place.
fn witness(steps: Vec<Step>) -> Witness {
    let mut order = Vec::with_capacity(steps.len());
    // The last reset, and what came after it.
    let mut recent = Vec::new();
    for step in steps {
        match step {
            Step::Taken(index) => recent.push(index),
            Step::Reset(index) => {
                order.append(&mut recent);
                recent.push(index);
            }
            Step::Hidden(index) => order.push(index),
        }
    }
    order.append(&mut recent);
    Witness(order)
}
