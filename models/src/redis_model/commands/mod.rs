//! The commands, one file a family. Each has its table, its handlers and nothing else.

pub(super) mod functions;
pub(super) mod keys;
pub(super) mod lists;
pub(super) mod scripts;
pub(super) mod server;
pub(super) mod strings;
pub(super) mod transactions;

use super::table::Command;

/// Every command there is.
pub(super) const FAMILIES: &[&[Command]] = &[
    strings::COMMANDS,
    keys::COMMANDS,
    lists::COMMANDS,
    transactions::COMMANDS,
    scripts::COMMANDS,
    functions::COMMANDS,
    server::COMMANDS,
];
