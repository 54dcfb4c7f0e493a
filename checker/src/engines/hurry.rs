//! When all searches have to be over.

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

/// When every search has to be over, if somebody has asked for that.
static END: OnceLock<Instant> = OnceLock::new();

/// Every search in this process, now and from here on, is over after so much time: undecided, unless it has come to a verdict by
/// then. For a program that was told to end and still has something to say.
pub fn hurry(time: Duration) {
    let _ = END.set(Instant::now() + time);
}

/// How long searches may still go on: for ever, where nobody is in a hurry.
pub(super) fn left() -> Duration {
    END.get()
        .map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()))
}
