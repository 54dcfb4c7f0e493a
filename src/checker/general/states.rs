//! States of the specification, each kept once and named by a number, with the steps between them remembered.

use std::hash::Hash;

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};
use stateright::semantics::SequentialSpec;

use super::{
    alike::Alike,
    timeline::{Class, Prefix, Timeline},
};

/// The number of a state.
pub(super) type StateId = u32;

/// Most steps remembered; beyond it they are forgotten and computed again.
const MOST_STEPS: usize = 1 << 20;

pub(super) struct States<'a, S: SequentialSpec> {
    history: Prefix<'a, S>,
    states: IndexSet<Alike<S>, FxBuildHasher>,
    steps: FxHashMap<(StateId, Class), Option<StateId>>,
    /// Of each question (see [`Timeline::question`]): has it changed a state?
    changes: Vec<bool>,
    /// Questions that have not, each as its number and an operation that asks it.
    harmless: Vec<(u32, usize)>,
    /// A question that seemed harmless turned out not to be.
    pub(super) surprised: bool,
}

impl<'a, S: SequentialSpec + Clone + PartialEq + Hash> States<'a, S> {
    /// Only the initial state, number 0.
    pub(super) fn new(initial: &S, history: Prefix<'a, S>, timeline: &Timeline) -> Self {
        let questions = timeline.questions.iter();
        let mut states = Self {
            history,
            states: IndexSet::default(),
            steps: FxHashMap::default(),
            changes: vec![false; timeline.questions.len()],
            harmless: questions
                .enumerate()
                .map(|(number, &index)| (number as u32, index))
                .collect(),
            surprised: false,
        };
        states.intern(initial.clone());
        states.surprised = false;
        states
    }

    pub(super) fn get(&self, state: StateId) -> &S {
        &self.states[state as usize].0
    }

    /// Has no state reached so far been changed by this question?
    pub(super) fn is_harmless(&self, question: u32) -> bool {
        !self.changes[question as usize]
    }

    /// Where `example` of a class leads from `state`; `None` when the specification refuses its answer.
    pub(super) fn step(&mut self, state: StateId, class: Class, example: usize) -> Option<StateId> {
        if let Some(&known) = self.steps.get(&(state, class)) {
            return known;
        }
        let after = self.history.after(&self.states[state as usize].0, example);
        let to = after.map(|after| self.intern(after));
        if self.steps.len() >= MOST_STEPS {
            self.steps.clear();
        }
        self.steps.insert((state, class), to);
        to
    }

    fn intern(&mut self, state: S) -> StateId {
        let (number, new) = self.states.insert_full(Alike(state));
        if new {
            let state = &self.states[number].0;
            self.harmless.retain(|&(question, example)| {
                let mut after = state.clone();
                after.invoke(self.history.op(example));
                let harmless = after == *state;
                self.changes[question as usize] |= !harmless;
                self.surprised |= !harmless;
                harmless
            });
        }
        number as StateId
    }
}
