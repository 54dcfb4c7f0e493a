//! What a proof or a run is about.

use oversell_checker::history::quoted;

use super::{
    exit::Failure,
    script::ScriptOptions,
    shop::{Named, shop},
};
use crate::{
    shop::Shop,
    strategy::{self, Entry},
};

/// A strategy of the catalogue, or code of the user's own and the arguments that name it.
pub(super) enum Chosen {
    Entry(Entry),
    Own(Box<Shop>, String),
}

/// Does the command line name nothing, and so the whole catalogue?
pub(super) fn is_all(named: &[Named], script: &ScriptOptions) -> bool {
    named.is_empty() && script.script.is_none()
}

/// What the command line names.
pub(super) fn chosen(named: &[Named], script: &ScriptOptions) -> Result<Vec<Chosen>, Failure> {
    if let (Some(own), Some(arguments)) = (script.shop()?, script.arguments()) {
        return Ok(vec![Chosen::Own(Box::new(own), arguments)]);
    }
    if named.is_empty() {
        return Ok(strategy::catalogue().into_iter().map(Chosen::Entry).collect());
    }
    let each = named.iter().map(|named| match named {
        Named::Entry(entry) => Ok(Chosen::Entry(entry.clone())),
        Named::Shop(path) => Ok(Chosen::Own(Box::new(shop(path)?), format!("--shop {}", quoted(path)))),
    });
    each.collect()
}
