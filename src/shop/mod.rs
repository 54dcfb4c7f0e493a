//! Shops: what is tested without Rust. A file says how an item is put on sale, how one purchase is made, what its answers mean and
//! how many units are left; a rehearsal finds out what the file leaves open.

mod answer;
mod code;
mod file;
mod filter;
mod infer;
mod json;
mod judge;
mod meaning;
mod rehearsal;
mod rehearse;
mod template;
mod warnings;

pub(crate) use answer::Kind;
pub(crate) use code::{OfScript, Shop};
pub(crate) use file::read;
pub(crate) use rehearsal::{Asked, Fault, Rehearsal, Unrehearsed, Wrong};
pub(crate) use rehearse::rehearse;
