//! Finds out whether a stock counter in Redis can sell more than it has, and shows how.

pub mod checker;
pub mod history;
pub mod recorder;
pub mod server;
pub mod strategy;
pub mod stress;
