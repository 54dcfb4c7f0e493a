//! A Redis server in memory, as a value: cloned, compared and hashed by whoever explores what clients can do to it.
//!
//! [`RedisModel::execute`] takes a command as its arguments and answers as a server would, with the same error texts.
//! What it covers and where it differs on purpose is told in `docs/model.md`; a command it does not know is an error
//! that names it. There is no clock: a key with a time to live runs out when [`RedisModel::expire`] says so.

mod arguments;
mod commands;
mod differences;
mod fail;
mod keyspace;
mod model;
mod reply;
mod score;
mod script;
mod session;
mod sessions;
mod table;
mod value;

pub use differences::agree;
pub use model::RedisModel;
pub use reply::Reply;
