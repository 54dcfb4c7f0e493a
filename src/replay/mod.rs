//! Replays a schedule on a real server: the same code, exactly that order of commands, by a gate before each command.

mod gate;
mod server_state;
mod walk;

pub use walk::{Difference, ReplayError, Replayed, replay};
