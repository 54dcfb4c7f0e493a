//! What people see: violations explained in the terminal and on a page.

mod finding;
pub mod page;
mod story;
pub mod terminal;

pub use finding::{About, case, explanation, line};
