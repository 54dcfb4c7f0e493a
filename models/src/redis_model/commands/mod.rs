//! The commands, one file a family. Each has its table, its handlers and nothing else.

mod bits;
mod counters;
mod elsewhere;
mod functions;
mod hashes;
mod keys;
mod lists;
mod pops;
mod samples;
mod scan;
mod scripts;
mod server;
mod set;
mod sets;
mod sorted_joins;
mod sorted_ranges;
mod sorted_sets;
mod streams;
mod strings;
mod transactions;

pub(super) use elsewhere::is_known;

use super::command::Command;

/// Every command there is.
pub(super) const FAMILIES: &[&[Command]] = &[
    strings::COMMANDS,
    set::COMMANDS,
    bits::COMMANDS,
    counters::COMMANDS,
    keys::COMMANDS,
    lists::COMMANDS,
    pops::COMMANDS,
    samples::COMMANDS,
    sets::COMMANDS,
    hashes::COMMANDS,
    sorted_sets::COMMANDS,
    sorted_ranges::COMMANDS,
    sorted_joins::COMMANDS,
    scan::COMMANDS,
    streams::COMMANDS,
    transactions::COMMANDS,
    scripts::COMMANDS,
    functions::COMMANDS,
    server::COMMANDS,
];
