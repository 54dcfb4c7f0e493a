//! Writes history files.

mod about;
mod events;
mod line;
mod order;
mod print;
mod save;
mod unfinished;
mod whole;

pub use about::replace_header;
pub use events::EventWriter;
pub use order::Unwritable;
pub(crate) use print::Print;
pub use save::{create_new, write_new, write_new_as};
pub use unfinished::{Unfinished, folder_of};
pub use whole::write;
