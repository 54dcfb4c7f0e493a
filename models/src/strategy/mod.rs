//! A buy strategy: one way of selling limited stock through Redis, written once and run everywhere.
//!
//! A [`Strategy`] is generic over its connection. The same code is stressed on a real server, replayed step by step,
//! and explored exhaustively on a model: each only brings another [`Connection`].

mod buy;
mod connection;
mod context;
mod erased;
mod harmless;
mod info;

pub use buy::{Purchase, Strategy, lacking, read_counter, unsupported};
pub use connection::{AnyConnection, Connection};
pub(crate) use context::buyer_name;
pub use context::{Context, Environment};
pub use erased::{AnyStrategy, DynStrategy};
pub use harmless::{is_harmless, was_refused};
pub use info::{Expected, Info, Sharing};
