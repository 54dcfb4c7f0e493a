//! Replays a schedule on a real server: the same code, exactly that order of commands, by a gate before each command.

mod gate;
mod saved;
mod server_state;
mod walk;

pub use saved::{Place, Replay, Replays, saved};
pub use walk::{Difference, ReplayError, Replayed, replay};
