//! Reads history files: whole, or event by event.
//!
//! A line goes through `line` (what JSON it is), `vocabulary` (what it says in terms of the specification), `pairing`
//! (which operation it belongs to) and `validator`, which holds these together. `diagnose` finds out what is wrong with a
//! line after the fact, so that the others need not care.
//!
//! `stream` does this line by line. `whole` parses the pieces of a file side by side (`blocks`), and holds them together in
//! order.

mod blocks;
mod canonical;
mod diagnose;
mod error;
mod fast;
mod header;
mod line;
mod lines;
mod pairing;
mod parse;
mod stream;
mod validator;
mod vocabulary;
mod whole;

pub use error::the_key;
pub use error::{Excerpt, Notice, Place, Problem, ReadError, Warning};
pub use lines::LONGEST as LONGEST_LINE;
pub use stream::in_order;
pub use stream::{Event, EventReader, Events, StockEvent};
pub use validator::What;
pub use vocabulary::Vocabulary;
pub use whole::{read, read_keys};
