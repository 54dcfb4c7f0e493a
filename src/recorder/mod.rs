//! Records what clients did: stamps around each operation and each command, on one monotonic clock.

mod attempts;
mod clock;
mod connection;
mod journal;
mod tape;

pub use attempts::Attempts;
pub use clock::Clock;
pub use connection::{Effect, Recorded};
pub use journal::{Journal, Recording, Ticket};
pub use tape::{Entry, Group, Inbox, Outbox, tape};
