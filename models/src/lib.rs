//! What runs a purchase without a server: the strategy trait, the model of Redis, and the explorer of interleavings.
//!
//! - [`strategy`]: the [`Strategy`] trait, generic over [`redis::aio::ConnectionLike`], and the [`Context`] a strategy
//!   gets besides its connection.
//! - [`explorer`]: every interleaving of the commands of some clients, and faults.
//! - [`redis_model`]: a Redis server in memory, cheap to copy, compare and hash.
//!
//! Nothing here opens a socket, reads a clock or touches a file.

pub mod explorer;
pub mod redis_model;
pub mod strategy;

pub use strategy::{Context, Purchase, Strategy};
