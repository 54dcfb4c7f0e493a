//! Strategies by their names.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::strategy::{self, AnyStrategy, Entry};

/// A strategy of the catalogue; clap suggests what was probably meant.
pub(super) fn entry() -> impl TypedValueParser<Value = Entry> {
    let names = strategy::catalogue()
        .into_iter()
        .map(|entry| entry.strategy.info().name);
    PossibleValuesParser::new(names).try_map(|name| strategy::find(&name).ok_or("it is not in the catalogue"))
}

/// Whose code a schedule is about.
pub(super) fn strategy_named(name: &str) -> Option<AnyStrategy> {
    strategy::find(name).map(|entry| entry.strategy)
}
