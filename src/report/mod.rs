//! What people see: violations explained in the terminal.

pub mod terminal;
