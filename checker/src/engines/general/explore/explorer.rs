//! What the search holds, and the least it does with it.

use indexmap::IndexSet;
use oversell_spec::SequentialSpec;
use rustc_hash::FxBuildHasher;

use super::super::{
    configuration::Configuration,
    foresight::{Effect, Searched},
    outlook::{Asked, Map, Outlook},
    states::States,
    timeline::{Open, Prefix, Timeline},
};
use crate::engines::budget::Budget;

/// A step to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
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
pub(super) enum Untried {
    All,
    /// All but hiding the operation that returns now.
    Direct,
    /// All that do not begin with the operation that returns now.
    Others,
    /// Those of the explorer's choices from here on, the best last.
    From(usize),
}

/// A configuration being explored.
pub(super) struct Frame {
    /// The number of the configuration among those visited.
    pub(super) number: usize,
    pub(super) untried: Untried,
    /// Length of the order when it was entered.
    pub(super) order: usize,
    /// It was entered by taking early what nothing has seen yet (rule 6).
    pub(super) unseen: bool,
}

/// What happened on the way: the index of the operation, and how it comes into the order.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Taken(usize),
    Reset(usize),
    /// Right before the last reset.
    Hidden(usize),
}

/// The furthest that a search got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::engines) struct Stuck {
    /// No order explains this response and all before it, given what is known of the answers after it.
    pub(in crate::engines::general) at: usize,
    /// A later response that was seen to be impossible there, or the same.
    pub(in crate::engines::general) for_want_of: usize,
    /// No order explains the prefix up to that response, whatever comes after it.
    pub(in crate::engines::general) certain: bool,
}

pub(in crate::engines::general) struct Explorer<'a, S: SequentialSpec> {
    pub(super) history: Prefix<'a, S>,
    /// Does the specification know anything of answers to come?
    pub(super) foresees: bool,
    pub(super) timeline: Timeline,
    /// Of each class.
    pub(super) effects: Vec<Effect>,
    pub(super) states: States<'a, S>,
    pub(super) open: Open,
    /// All that were entered. Of those that were left again, no order is known that goes on from them.
    pub(super) visited: IndexSet<Configuration, FxBuildHasher>,
    /// What is still to be tried, those of the present configuration last.
    pub(super) choices: Vec<Choice>,
    /// The best of those that are being listed.
    pub(super) fitting: Vec<Choice>,
    /// Open operations; only to list choices without an allocation.
    pub(super) ranks: Vec<u32>,
    /// When a class was last listed, for what may be hidden and for what may not.
    pub(super) listed: Vec<[u32; 2]>,
    pub(super) listings: u32,
    /// What has happened on the way to the present configuration.
    pub(super) order: Vec<Step>,
    pub(super) stuck: Stuck,
    /// The latest response that the search has turned back for before it came to it; `None` when it did so for a reason that no
    /// single response gives.
    pub(super) used: Option<usize>,
    pub(super) budget: Budget,
    /// There were too many of them to go on without foresight.
    pub(super) struggling: bool,
    pub(super) asked: Asked,
}

impl<'a, S: Searched> Explorer<'a, S> {
    pub(in crate::engines::general) fn new(
        initial_state: &S,
        history: Prefix<'a, S>,
        foresees: bool,
        budget: Budget,
    ) -> Self {
        let timeline = Timeline::of(history);
        let effect = |&index: &usize| match S::effect(history.op(index), history.ret(index)) {
            // To this search that is only what changes nothing (rule 3).
            Effect::Observes => Effect::Any,
            effect => effect,
        };
        Self {
            history,
            foresees,
            open: Open::new(&timeline),
            effects: timeline.example.iter().map(effect).collect(),
            states: States::new(initial_state, history, &timeline),
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
            budget,
            struggling: false,
            asked: Asked::default(),
        }
    }

    /// Looking ahead costs more than a few steps that were in vain: it is left out as long as the search goes well.
    pub(super) const fn is_struggling(&mut self) -> bool {
        self.struggling |= self.foresees && self.budget.visited() > self.stuck.at as u64 + 64;
        self.struggling
    }

    /// Is anything open that a reset could hide and that may not be hidden yet?
    pub(super) fn could_hide(&self, configuration: &Configuration) -> bool {
        self.open.without(&configuration.done).any(|rank| {
            self.effects[self.timeline.class[rank as usize] as usize] != Effect::Any
                && !configuration.may_hide(&self.timeline, &self.effects, rank)
        })
    }

    pub(super) fn outlook(&mut self, configuration: &Configuration, thorough: bool) -> Outlook {
        if !self.foresees {
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
        map.outlook(&mut self.asked, configuration, thorough, &mut self.budget)
    }
}
