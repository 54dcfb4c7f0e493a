//! Engines for the stock counter. The cheapest exact one is chosen by looking at the history.

mod certain;
mod check;
mod counting;
mod decision;
mod eager;
mod engine;
mod frontier;
mod invocations;
mod monitor;
mod outline;
mod search;
mod summary;
mod sweep;
mod tiling;
mod units;
mod view;

pub(crate) use check::since_settled;
pub use check::{check_stock, check_stock_with_engine, decide_stock};
pub use engine::Engine;
pub use monitor::{Monitor, Resting, Stretch};
