//! States of the specification, each kept once and named by a number, with the steps between them remembered, and what has been
//! seen to change none of them.

use std::cell::Cell;

use indexmap::IndexSet;
use oversell_spec::SequentialSpec;
use rustc_hash::{FxBuildHasher, FxHashMap};
use smallvec::SmallVec;

use super::{
    alike::Alike,
    foresight::{Effect, Searched},
    timeline::{Class, Prefix, Timeline},
};

/// The number of a state.
pub(super) type StateId = u32;

/// Most steps remembered; beyond it they are forgotten and computed again.
const MOST_STEPS: usize = 1 << 20;

/// With no more classes than this, the steps from a state are a row of a table: found without hashing.
const MOST_COLUMNS: usize = 512;

/// Most answers that are watched one by one: each is tried in every new state.
const MOST_ANSWERS: usize = 64;

/// In the table of steps: not computed yet.
const UNKNOWN: u32 = 0;
/// In the table of steps: the specification refuses the answer. Other entries are the state that follows, plus two.
const REFUSED: u32 = 1;

/// The end of a list of classes.
const NONE: Class = Class::MAX;

pub(super) struct States<'a, S: SequentialSpec> {
    history: Prefix<'a, S>,
    states: IndexSet<Alike<S>, FxBuildHasher>,
    /// Steps of the first states: a row each, with a column for each class.
    table: Vec<u32>,
    /// Classes, if there is a table.
    columns: usize,
    /// The other steps.
    steps: FxHashMap<(StateId, Class), Option<StateId>>,
    classes: Vec<Watched>,
    /// The first class that asks each question (see [`Timeline::question`]).
    asking: Vec<Class>,
    /// Questions that have changed no state, each as its number and an operation that asks it.
    questions: Vec<(u32, usize)>,
    /// Answers to other questions that have changed no state which accepts them, each with an operation that got it.
    answers: Vec<(Class, usize)>,
    /// Something was relied on as harmless and turned out not to be.
    pub(super) surprised: bool,
}

/// What is known of a class.
struct Watched {
    example: usize,
    /// It has changed no state that accepts it.
    harmless: bool,
    /// And never will: the specification says so.
    certain: bool,
    /// The search has made use of that.
    relied_on: Cell<bool>,
    /// Another class that asks the same.
    next: Class,
}

impl<'a, S: Searched> States<'a, S> {
    /// Only the initial state, number 0.
    pub(super) fn new(initial: &S, history: Prefix<'a, S>, timeline: &Timeline) -> Self {
        let mut asking = vec![NONE; timeline.questions.len()];
        let mut open = vec![false; timeline.questions.len()];
        let classes = timeline.example.iter().zip(&timeline.question).zip(0..);
        let classes = classes.map(|((&example, &question), class)| {
            let known = match S::effect(history.op(example), history.ret(example)) {
                Effect::Observes => Some(true),
                // There may be states that it does not change, but not many.
                Effect::Blind | Effect::Resets => Some(false),
                Effect::Any => None,
            };
            open[question as usize] |= known.is_none();
            Watched {
                example,
                harmless: known != Some(false),
                certain: known == Some(true),
                relied_on: Cell::new(false),
                next: std::mem::replace(&mut asking[question as usize], class),
            }
        });
        let classes: Vec<Watched> = classes.collect();
        let questions = timeline.questions.iter().zip(0..).zip(open);
        let mut states = Self {
            history,
            states: IndexSet::default(),
            table: Vec::new(),
            columns: if classes.len() <= MOST_COLUMNS {
                classes.len()
            } else {
                0
            },
            steps: FxHashMap::default(),
            classes,
            asking,
            questions: questions
                .filter_map(|((&index, number), open)| open.then_some((number, index)))
                .collect(),
            answers: Vec::new(),
            surprised: false,
        };
        states.intern(initial.clone());
        states
    }

    pub(super) fn get(&self, state: StateId) -> &S {
        &self.states[state as usize].0
    }

    /// Has this class changed none of the states reached so far that accept it?
    pub(super) fn is_harmless(&self, class: Class) -> bool {
        self.classes[class as usize].harmless
    }

    /// The search goes on as if it never did: should it after all, the states are [surprised](Self::surprised).
    pub(super) fn rely_on(&self, class: Class) {
        self.classes[class as usize].relied_on.set(true);
    }

    /// Where a class leads from `state`; `None` when the specification refuses its answer.
    #[inline]
    pub(super) fn step(&mut self, state: StateId, class: Class) -> Option<StateId> {
        let place = state as usize * self.columns + class as usize;
        match self.table.get(place) {
            Some(&UNKNOWN) | None => self.first_step(state, class, place),
            Some(&REFUSED) => None,
            Some(&to) => Some(to - 2),
        }
    }

    fn first_step(&mut self, state: StateId, class: Class, place: usize) -> Option<StateId> {
        let tabled = place < self.table.len();
        if !tabled && let Some(&known) = self.steps.get(&(state, class)) {
            return known;
        }
        let example = self.classes[class as usize].example;
        let after = self.history.after(&self.states[state as usize].0, example);
        let to = after.map(|after| self.intern(after));
        if tabled {
            self.table[place] = to.map_or(REFUSED, |to| to + 2);
            return to;
        }
        if self.steps.len() >= MOST_STEPS {
            self.steps.clear();
        }
        self.steps.insert((state, class), to);
        to
    }

    fn intern(&mut self, state: S) -> StateId {
        let (number, new) = self.states.insert_full(Alike(state));
        if new {
            let length = (number + 1) * self.columns;
            if length <= MOST_STEPS {
                self.table.resize(length, UNKNOWN);
            }
            self.watch(number);
        }
        number as StateId
    }

    /// What changes this new state?
    fn watch(&mut self, number: usize) {
        let state = &self.states[number].0;
        self.answers.retain(|&(class, example)| {
            let after = self.history.after(state, example);
            let harmless = after.is_none_or(|after| after == *state);
            if !harmless {
                self.surprised |= self.classes[class as usize].lost();
            }
            harmless
        });
        let mut changing: SmallVec<[u32; 16]> = SmallVec::new();
        self.questions.retain(|&(question, example)| {
            let mut after = state.clone();
            after.invoke(self.history.op(example));
            let harmless = after == *state;
            if !harmless {
                changing.push(question);
            }
            harmless
        });
        for question in changing {
            self.tell_apart(question);
        }
    }

    /// This question has changed a state: it depends on the answer, now.
    fn tell_apart(&mut self, question: u32) {
        let mut next = self.asking[question as usize];
        while let Some(watched) = self.classes.get_mut(next as usize) {
            let class = std::mem::replace(&mut next, watched.next);
            if watched.certain || !watched.harmless {
                continue;
            }
            let example = watched.example;
            // What it was to change was mostly the last state.
            let harmless = self.answers.len() < MOST_ANSWERS
                && self.history.ret(example).is_some()
                && self.states.iter().rev().all(|Alike(state)| {
                    let after = self.history.after(state, example);
                    after.is_none_or(|after| after == *state)
                });
            if harmless {
                self.answers.push((class, example));
            } else {
                self.surprised |= watched.lost();
            }
        }
    }
}

impl Watched {
    /// It has changed a state: was it relied on?
    const fn lost(&mut self) -> bool {
        self.harmless = false;
        self.relied_on.replace(false)
    }
}
