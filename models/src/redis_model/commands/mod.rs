//! The commands, one file a family. Each has its table, its handlers and nothing else.

mod counters;
mod functions;
mod hashes;
mod keys;
mod lists;
mod scripts;
mod server;
mod set;
mod sets;
mod sorted_ranges;
mod sorted_sets;
mod streams;
mod strings;
mod transactions;

use super::command::Command;

/// Every command there is.
pub(super) const FAMILIES: &[&[Command]] = &[
    strings::COMMANDS,
    set::COMMANDS,
    counters::COMMANDS,
    keys::COMMANDS,
    lists::COMMANDS,
    sets::COMMANDS,
    hashes::COMMANDS,
    sorted_sets::COMMANDS,
    sorted_ranges::COMMANDS,
    streams::COMMANDS,
    transactions::COMMANDS,
    scripts::COMMANDS,
    functions::COMMANDS,
    server::COMMANDS,
];
