//! Finds out whether a stock counter in Redis can sell more than it has, and shows how.

pub mod checker;
pub mod cli;
pub mod counterexample;
pub mod history;
pub mod recorder;
pub mod report;
pub mod server;
pub mod strategy;
pub mod stress;
pub mod trial;

pub use trial::stress;
