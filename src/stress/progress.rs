//! What a run shows of itself, and the way to stop it.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    select,
    time::{Instant, interval, sleep_until},
};

/// What a run shows of itself while it goes on, and the way to stop it. Everything recorded until then is kept.
#[derive(Debug, Default)]
pub struct Progress {
    pub(super) operations: AtomicU64,
    stop: AtomicBool,
    since: Mutex<Option<Instant>>,
    violated: AtomicBool,
}

/// How long operations in flight may take after a stop.
pub(super) const IN_FLIGHT: Duration = Duration::from_millis(500);
/// How long anything may take after a stop: together with the end of the program less than a second.
const LAST: Duration = Duration::from_millis(850);
/// How often to look whether the run was stopped.
const LOOK: Duration = Duration::from_millis(20);

impl Progress {
    /// Operations done so far.
    pub fn operations(&self) -> u64 {
        self.operations.load(Ordering::Relaxed)
    }

    /// Asks the clients to stop. Operations in flight get half a second to finish.
    pub fn stop(&self) {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        since.get_or_insert_with(Instant::now);
        self.stop.store(true, Ordering::Relaxed);
    }

    /// The same, because a violation was found.
    pub fn stop_at_violation(&self) {
        self.violated.store(true, Ordering::Relaxed);
        self.stop();
    }

    /// After a stop at a violation another run may start.
    pub fn rearm(&self) {
        if self.violated.swap(false, Ordering::Relaxed) {
            self.stop.store(false, Ordering::Relaxed);
            *self.since.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// Was [`stop`](Self::stop) called?
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Was it because of a violation?
    pub(super) fn violated(&self) -> bool {
        self.violated.load(Ordering::Relaxed)
    }

    /// What comes of this, unless there is a stop and it takes longer than anything may take then: a server that hangs keeps nothing
    /// from ending.
    pub async fn unless_stopped<T>(&self, what: impl Future<Output = T>) -> Option<T> {
        select! {
            biased;
            done = what => Some(done),
            () = self.until_stopped(LAST, || {}) => None,
        }
    }

    /// Is there when so much time has passed since a stop. Until then it does `each` at every look.
    pub(super) async fn until_stopped(&self, grace: Duration, mut each: impl FnMut()) {
        let mut look = interval(LOOK);
        loop {
            look.tick().await;
            each();
            let since = *self.since.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(since) = since {
                return sleep_until(since + grace).await;
            }
        }
    }
}
