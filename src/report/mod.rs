//! What people see: violations explained in the terminal and on a page.

mod explanation;
mod finding;
#[cfg(feature = "cli")]
pub mod page;
mod story;
pub mod terminal;

pub(crate) use explanation::counted;
pub use explanation::{Explanation, Start};
#[cfg(feature = "cli")]
pub use finding::case;
pub use finding::{About, explanation, line};
