//! Sequential specifications: what an object does when one client uses it alone.
//!
//! [`SequentialSpec`] is the trait; a stock counter, with or without a limit for each buyer, a register and a key of a
//! key-value store are there. Nothing here depends on
//! anything but the standard library, unless the feature `stateright` asks for the adapter between this trait and stateright's.

#[cfg(feature = "stateright")]
mod adapted;
pub mod kv;
pub mod register;
pub mod sales;
mod sequential;
pub mod stock;

#[cfg(feature = "stateright")]
pub use adapted::Adapted;
pub use kv::Kv;
pub use register::Register;
pub use sales::Sales;
pub use sequential::SequentialSpec;
pub use stock::Stock;
