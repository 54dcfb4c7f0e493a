//! Is a history linearizable?
//!
//! * [`check_stock`] decides a stock counter with the cheapest exact algorithm for what its history contains.
//! * [`check_sales`] decides one of which a buyer may have so many units, by way of the stock counter where that is exact.
//! * [`Monitor`] does so while the history is still being made.
//! * [`general::check`] decides any [`SequentialSpec`](oversell_spec::SequentialSpec).
//! * [`brute_force`] decides small histories in the simplest possible way; it is what the others are held against.
//! * [`witness::verify`] confirms a pass.
//!
//! Each looks at one key; keys are independent.

mod brute_force;
mod budget;
mod each;
#[cfg(any(test, feature = "families"))]
#[doc(hidden)]
pub mod families;
pub mod general;
mod hurry;
mod late;
pub mod memory;
mod sales;
mod stock;
mod stopped;
mod verdict;
mod watched;
pub mod witness;

pub(crate) use brute_force::brute_force_within;
pub use brute_force::{MOST_CONFIGURATIONS, MOST_OPERATIONS, brute_force};
pub(crate) use each::decide_each;
pub use hurry::hurry;
pub(crate) use sales::{Lie, lies, without_buyers};
pub use sales::{SalesMonitor, check_sales, decide_sales};
pub(crate) use stock::since_settled;
pub use stock::{Engine, Monitor, Resting, Stretch, check_stock, check_stock_with_engine, decide_stock};
pub use verdict::{Limit, Limits, Verdict, Violation, Witness};
pub use watched::Watched;
