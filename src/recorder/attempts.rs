//! How often an operation has begun anew.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

/// Attempts in vain of the operation under way, shared between a client's environment, which counts them, and its
/// [`Recorded`](super::Recorded) connection, which keeps the commands of the last one only.
///
/// Atomic because a connection must be `Sync`; nothing is ever contended.
#[derive(Clone, Debug, Default)]
pub struct Attempts(Arc<AtomicU32>);

impl Attempts {
    /// A new operation begins.
    pub fn begin(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// The attempt under way was in vain. Returns how many were so far.
    pub fn retry(&self) -> u32 {
        self.0.fetch_add(1, Ordering::Relaxed).saturating_add(1)
    }

    /// How many were in vain so far.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}
