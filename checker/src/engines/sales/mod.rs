//! Engines for the stock counter of which one buyer may have so many units.
//!
//! What the limit says of one buyer is decided by counting, and as far as that is exact it is said in the terms of the stock counter
//! (`plan`): what a buyer cannot have had is left out, what must have been bought before an answer is. The engines of the stock
//! counter do the rest; the order that they find is made one of the whole (`order`), and tried on the specification. Only what is
//! open then is left to the general search.

mod check;
mod monitor;
mod order;
mod plan;

pub use check::{check_sales, decide_sales};
pub use monitor::SalesMonitor;
pub(crate) use plan::{Lie, lies, without_buyers};
