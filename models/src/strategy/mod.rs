//! A buy strategy: one way of selling limited stock through Redis, written once and run everywhere.
//!
//! A [`Strategy`] is generic over its connection. The same code is stressed on a real server, replayed step by step,
//! and explored exhaustively on a model: each only brings another [`Connection`].

mod buy;
mod erased;
mod harmless;

pub use buy::{
    AnyConnection, Connection, Context, Environment, Expected, Info, Purchase, Sharing, Strategy, lacking, unsupported,
};
pub use erased::{AnyStrategy, DynStrategy};
pub use harmless::{is_harmless, was_refused};
