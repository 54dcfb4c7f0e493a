//! Strategies by their names.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::strategy::{self, AnyStrategy, Entry};

/// The names of the catalogue; clap suggests what was probably meant.
pub(super) fn names() -> PossibleValuesParser {
    let entries = strategy::catalogue().into_iter();
    PossibleValuesParser::new(entries.map(|entry| entry.strategy.info().name))
}

/// A strategy of the catalogue.
pub(super) fn entry() -> impl TypedValueParser<Value = Entry> {
    names().try_map(|name| strategy::find(&name).ok_or("it is not in the catalogue"))
}

/// Whose code a schedule is about.
pub(super) fn strategy_named(name: &str) -> Option<AnyStrategy> {
    strategy::find(name).map(|entry| entry.strategy)
}
