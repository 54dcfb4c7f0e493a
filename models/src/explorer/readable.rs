//! The interleavings with states that a person can read: what stateright's Explorer shows.

use std::{fmt, hash, sync::Arc};

use stateright::{Model, Property as Promise};

use super::{
    action::Action,
    interleavings::Interleavings,
    state::State,
    stateright_model::{Look, promises},
};

/// [`Interleavings`] whose states show themselves as [`Interleavings::describe`] tells them.
#[derive(Debug)]
pub struct Readable(pub Interleavings);

/// A state with its description.
#[derive(Clone)]
pub struct ReadableState {
    state: State,
    text: Arc<str>,
}

impl PartialEq for ReadableState {
    fn eq(&self, other: &Self) -> bool {
        self.state == other.state
    }
}

impl Eq for ReadableState {}

impl hash::Hash for ReadableState {
    fn hash<H: hash::Hasher>(&self, hasher: &mut H) {
        self.state.hash(hasher);
    }
}

impl fmt::Debug for ReadableState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Readable {
    fn read(&self, state: State) -> ReadableState {
        let text = self.0.describe(&state).into();
        ReadableState { state, text }
    }
}

impl Look for Readable {
    fn look<'a>(&'a self, state: &'a ReadableState) -> (&'a Interleavings, &'a State) {
        (&self.0, &state.state)
    }
}

impl Model for Readable {
    type State = ReadableState;
    type Action = Action;

    fn init_states(&self) -> Vec<ReadableState> {
        self.0.init_states().into_iter().map(|state| self.read(state)).collect()
    }

    fn actions(&self, state: &ReadableState, actions: &mut Vec<Action>) {
        self.0.actions(&state.state, actions);
    }

    fn next_state(&self, state: &ReadableState, action: Action) -> Option<ReadableState> {
        self.0.next_state(&state.state, action).map(|state| self.read(state))
    }

    fn properties(&self) -> Vec<Promise<Self>> {
        promises()
    }

    fn format_action(&self, action: &Action) -> String {
        self.0.format_action(action)
    }

    fn format_step(&self, state: &ReadableState, action: Action) -> Option<String> {
        self.0.format_step(&state.state, action)
    }
}
