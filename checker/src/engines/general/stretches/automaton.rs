//! The specification as the search sees it: numbered states, and what each class of operations does to them.

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::super::{
    alike::Alike,
    foresight::{Effect, Foresee, Lookout, Searched},
    states::StateId,
    timeline::{Class, Prefix, Timeline},
};

/// What the operations of a class are to the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Never changes a state.
    Observer,
    /// Leads to the same state from each.
    Reset,
    /// Accepted in every state; what comes of it depends on the state.
    Blind,
    /// Anything else.
    Mover,
}

pub(super) struct Automaton<'a, S: Foresee> {
    history: Prefix<'a, S>,
    lookout: Box<dyn Lookout<S> + 'a>,
    states: IndexSet<Alike<S>, FxBuildHasher>,
    /// All states that make no difference to any answer are this one.
    dull: Option<StateId>,
    /// Some answer is given there.
    dull_is_seen: bool,
    steps: FxHashMap<(StateId, Class), Option<StateId>>,
    /// A copy of the state that was observed last: a specification takes a step in place.
    seen: Option<(StateId, S)>,
    kinds: Vec<Kind>,
    /// An operation of each class.
    example: &'a [usize],
}

impl<'a, S: Searched + 'a> Automaton<'a, S> {
    pub(super) fn new(history: Prefix<'a, S>, timeline: &'a Timeline) -> Self {
        let examples = timeline.example.iter();
        let lookout = S::lookout(&history.asked(examples.clone().copied()));
        let kind = |&index: &usize| match S::effect(history.op(index), history.ret(index)) {
            Effect::Observes => Kind::Observer,
            Effect::Resets => Kind::Reset,
            Effect::Blind if !lookout.is_seen(history.op(index)) => Kind::Reset,
            Effect::Blind => Kind::Blind,
            Effect::Any => Kind::Mover,
        };
        Self {
            kinds: examples.map(kind).collect(),
            history,
            lookout,
            states: IndexSet::default(),
            dull: None,
            dull_is_seen: false,
            steps: FxHashMap::default(),
            seen: None,
            example: &timeline.example,
        }
    }
}

impl<S: Searched> Automaton<'_, S> {
    pub(super) fn kind(&self, class: Class) -> Kind {
        self.kinds[class as usize]
    }

    /// Is this a state that nobody sees?
    pub(super) fn is_unseen(&self, state: StateId) -> bool {
        self.dull == Some(state) && !self.dull_is_seen
    }

    /// Can the answer of a class be given from `state` on, before another operation brings it about?
    pub(super) fn leads(&self, state: StateId, class: Class) -> bool {
        let example = self.example[class as usize];
        self.history
            .ret(example)
            .is_none_or(|ret| self.states[state as usize].0.may_lead_to(self.history.op(example), ret))
    }

    /// Where a class leads from `state`; `None` when its answer is refused there.
    pub(super) fn step(&mut self, state: StateId, class: Class) -> Option<StateId> {
        let example = self.example[class as usize];
        if self.kind(class) == Kind::Observer {
            let (op, ret) = (self.history.op(example), self.history.ret(example)?);
            if !self.states[state as usize].0.may_lead_to(op, ret) {
                return None;
            }
            if self.seen.as_ref().is_none_or(|seen| seen.0 != state) {
                self.seen = Some((state, self.states[state as usize].0.clone()));
            }
            let accepted = self.seen.as_mut().is_some_and(|(_, seen)| seen.is_valid_step(op, ret));
            if !accepted {
                // A step that is refused may have been taken half.
                self.seen = None;
            }
            return accepted.then_some(state);
        }
        if let Some(&known) = self.steps.get(&(state, class)) {
            return known;
        }
        let after = self.history.after(&self.states[state as usize].0, example);
        let to = after.map(|after| self.number(after));
        self.steps.insert((state, class), to);
        to
    }

    /// The number of a state.
    pub(super) fn number(&mut self, state: S) -> StateId {
        let matters = self.lookout.matters(&state);
        if let Some(dull) = self.dull
            && !matters
        {
            return dull;
        }
        let number = self.states.insert_full(Alike(state)).0 as StateId;
        if !matters {
            self.dull = Some(number);
            let mut classes = 0..self.kinds.len() as Class;
            self.dull_is_seen =
                classes.any(|class| self.kind(class) == Kind::Observer && self.step(number, class).is_some());
        }
        number
    }
}
