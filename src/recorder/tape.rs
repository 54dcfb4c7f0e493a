//! What is recorded, on its way to another thread, which writes it to the disk and checks it.
//!
//! The clients hand over groups of events and get them back to be filled again. They never wait for the other thread: when
//! it is behind, they are told so ([`Outbox::is_behind`]) and ask for nothing more until it has caught up.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    time::Duration,
};

use oversell_checker::history::{CommandLog, StockEvent};

/// Events handed over at once, at most.
const GROUP: usize = 1024;
/// A group is handed over when its first event is so old, in nanoseconds: what a crash can lose.
const OLD: u64 = 50_000_000;
/// So many events may wait to be written: about a second of work, and some 20 MB.
const MOST_WAITING: usize = 1 << 17;

/// Something that happened in a run.
pub enum Entry {
    /// From now on it is about this key, which has so many units.
    Key(Box<str>, u64),
    /// A unit of the present key, or who buys: events name them by their number, from 0 in this order.
    Unit(Box<str>),
    /// What happened to an operation on the present key.
    Event(StockEvent),
    /// There is no more about the present key.
    End,
}

/// Entries in order of time.
#[derive(Default)]
pub struct Group {
    /// What happened.
    pub entries: Vec<Entry>,
    /// The commands of operations that are over, by the place of their event in `entries`.
    pub commands: CommandLog,
}

/// Both ends of a tape.
#[must_use]
pub fn tape() -> (Outbox, Inbox) {
    let (to, from) = channel();
    let (back, spare) = channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    let outbox = Outbox {
        group: Group::default(),
        since: 0,
        to,
        spare,
        waiting: Arc::clone(&waiting),
    };
    (outbox, Inbox { from, back, waiting })
}

/// The end that belongs to the clients.
pub struct Outbox {
    group: Group,
    /// When the first entry of the group was made.
    since: u64,
    to: Sender<Group>,
    spare: Receiver<Group>,
    waiting: Arc<AtomicUsize>,
}

impl Outbox {
    /// Is more waiting to be written than should?
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > MOST_WAITING
    }

    /// Notes an entry made at `now`, and lets `add` note its commands.
    pub(super) fn push(&mut self, now: u64, entry: Entry, add: impl FnOnce(usize, &mut CommandLog)) {
        if self.group.entries.is_empty() {
            self.since = now;
        }
        add(self.group.entries.len(), &mut self.group.commands);
        self.group.entries.push(entry);
        if self.group.entries.len() >= GROUP {
            self.hand_over();
        } else {
            self.tick(now);
        }
    }

    /// Hands over what has waited long enough.
    pub(super) fn tick(&mut self, now: u64) {
        if !self.group.entries.is_empty() && now.saturating_sub(self.since) >= OLD {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        // One is enough while nobody is behind: when that is over, the others go.
        let next = self.spare.try_iter().last().unwrap_or_default();
        let group = std::mem::replace(&mut self.group, next);
        self.waiting.fetch_add(group.entries.len(), Ordering::Relaxed);
        // Nobody takes it when the other thread has panicked, which is seen when it is joined.
        let _ = self.to.send(group);
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        if !self.group.entries.is_empty() {
            self.hand_over();
        }
    }
}

/// The end that belongs to the thread that writes.
pub struct Inbox {
    from: Receiver<Group>,
    back: Sender<Group>,
    waiting: Arc<AtomicUsize>,
}

impl Inbox {
    /// Waits so long for the next group.
    ///
    /// # Errors
    /// When nothing has come so far, or the run is over and nothing will.
    pub fn next(&self, patience: Duration) -> Result<Group, RecvTimeoutError> {
        self.from.recv_timeout(patience)
    }

    /// A group is done with.
    pub fn give_back(&self, mut group: Group) {
        self.waiting.fetch_sub(group.entries.len(), Ordering::Relaxed);
        group.entries.clear();
        group.commands.clear();
        // Nobody needs it when the run is over.
        let _ = self.back.send(group);
    }
}
