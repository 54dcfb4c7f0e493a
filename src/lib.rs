//! Finds out whether a stock counter in Redis can sell more than it has, and shows how.

pub mod checker;
pub mod counterexample;
pub mod history;
