//! Counterexamples: a violation, made small enough to be understood.
//!
//! A history of 40,000 operations that fails is no explanation. [`explain_stock`] makes one of it: a start stock, a
//! handful of operations, what is known of all others, and a sentence that says why no order of them is possible.
//! Everything that is left out is left out by steps that can only make a history *easier* to linearize, each with the
//! argument for that beside its code; so what is left is wrong in the whole history, too.

mod beside;
mod confirm;
mod dead_end;
#[doc(hidden)]
mod effect;
pub mod effects;
mod explain;
mod failed;
pub mod general;
mod json;
mod kind;
mod ledger;
mod nearly;
mod orders;
mod origin;
mod oversold;
mod parts;
mod reason;
mod remedy;
mod repeated;
mod sales;
mod search;
mod sentence;
mod shrink;
mod steps;
mod tell;
mod told;
mod window;
mod words;

pub use beside::Beside;
pub use confirm::{Confirmation, MOST_OPERATIONS, confirm};
pub use explain::{Finding, StockFinding, count_stock, explain_stock, shrink_stock};
pub use kind::Kind;
pub use parts::{Counterexample, Others, Shown, Span, StockCounterexample};
pub use sales::{SalesFinding, explain_sales};
pub use search::is_minimal;
pub use sentence::others as others_in_words;
pub use tell::Tell;
pub use words::{Words, number, signed, units};
