//! Jepsen's histories: a map an operation, as EDN.

mod forms;
mod independent;
mod operations;
mod plain;
mod read;
mod value;
mod write;

pub(super) use operations::is_log;
pub(super) use read::read;
pub(super) use write::write;
