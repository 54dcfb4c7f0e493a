//! What people see: violations explained in the terminal and on a page.

pub mod page;
mod story;
pub mod terminal;
