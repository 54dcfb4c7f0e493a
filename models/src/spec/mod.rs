//! Sequential specifications: what a counter, a register and a key-value store do when one client uses them alone.
//!
//! Each implements [`stateright::semantics::SequentialSpec`], so anything written for stateright's testers can be
//! checked here and the other way round.

pub mod kv;
pub mod register;
pub mod stock;

pub use kv::Kv;
pub use register::Register;
pub use stock::Stock;
