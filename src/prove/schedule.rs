//! A schedule: the order of commands that breaks a promise. It can be saved, read and replayed.

use oversell_models::explorer::{Action, Misuse, Property, Setup, Step, narrate};

use crate::strategy::AnyStrategy;

/// An order of commands (and faults) that breaks a promise.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The clients, the stock and the faults with which it was found.
    pub setup: Setup,
    /// The promise that is broken at its end.
    pub property: Property,
    /// What happens, one after the other; clients are numbered from 0.
    pub actions: Vec<Action>,
    /// The same, told.
    pub steps: Vec<Step>,
    /// The file of the shop that it is about, for reading.
    pub shop: Option<String>,
}

impl Schedule {
    /// Tells what happens in it.
    ///
    /// # Errors
    /// When the actions are not possible with this setup.
    pub fn new(setup: &Setup, property: Property, actions: &[Action]) -> Result<Self, Misuse> {
        Ok(Self {
            setup: setup.clone(),
            property,
            actions: actions.to_vec(),
            steps: narrate(setup, actions)?,
            shop: None,
        })
    }

    /// How many steps it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.actions.len()
    }

    /// Does nothing happen in it?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }
}

/// Is it the catalogue's code, and not somebody else's of the same name?
pub(crate) fn is_of_catalogue(strategy: &AnyStrategy) -> bool {
    let strategy = strategy.as_ref();
    crate::strategy::find(&strategy.info().name).is_some_and(|entry| entry.strategy.as_ref().code() == strategy.code())
}
