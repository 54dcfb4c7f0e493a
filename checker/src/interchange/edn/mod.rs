//! Jepsen's histories: a map an operation, as EDN.

mod forms;
mod plain;
mod read;
mod value;
mod write;

pub(super) use read::read;
pub(super) use write::write;

/// What the comment in the first line of a file begins with that keeps a history's header. To other readers it is a comment.
const HEADER: &str = ";; oversell ";
