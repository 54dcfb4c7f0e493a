//! A Redis server in memory, as a value: cloned, compared and hashed by whoever explores what clients can do to it.
//!
//! [`RedisModel::execute`] takes a command as its arguments and answers as a server would, with the same error texts.
//! What it covers and where it differs on purpose is told in `docs/model.md`; what it lacks
//! is no reply but [`Unmodelled`]. The clock stands still: a key with a time to live runs out when [`RedisModel::expire`]
//! says so.

mod arguments;
mod clock;
mod command;
mod commands;
mod differences;
mod execute;
mod fail;
mod glob;
mod keyspace;
mod long_double;
mod model;
mod reply;
mod score;
mod script;
mod session;
mod sessions;
mod value;

pub use differences::agree;
pub use fail::Unmodelled;
pub use model::RedisModel;
pub use reply::Reply;
