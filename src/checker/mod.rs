//! Is a history linearizable?

mod verdict;

pub use verdict::{Limit, Limits, Verdict, Violation, Witness};
