//! What becomes of a run's record while the run goes on: a thread of its own writes it to a file, and checks what cannot be
//! kept in memory.
//!
//! Memory holds a bounded number of operations ([`MOST_HELD`], and as many that violate). A shorter run is kept whole and
//! checked when it is over. In a longer one, finished keys are checked and let go as soon as there are too many of them, and
//! a single key that is too long goes on under a [`Watch`], which keeps only its end.

mod file;
mod gathered;
mod held;
mod kept;
mod long;
#[cfg(test)]
mod tests;

use std::{
    io,
    path::PathBuf,
    sync::{Arc, mpsc::RecvTimeoutError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use oversell_checker::{
    engines::Limits,
    history::{Compression, Header, Texts},
};
use oversell_spec::{Sales, Stock};

use self::{file::Recording, held::Held};
use super::{guard::Guard, sold::Sold};
use crate::{
    recorder::{Entry, Group, Inbox},
    stress::Progress,
};

pub use self::kept::Beyond;
pub(super) use self::kept::Kept;

/// Operations of a run that are kept in memory: some 30 MB. The default run has about 10,000.
pub const MOST_HELD: usize = 1 << 18;
/// How long something may be kept from the file when nothing new is recorded.
const QUIET: Duration = Duration::from_secs(1);
/// So many events, and so much time, are let pass before anything is written: where clients, server and this thread share two
/// cores, writing takes from what is measured. A run of the main job is over by then.
const EARLY_EVENTS: usize = 1 << 16;
const EARLY: Duration = Duration::from_secs(2);

/// What is to be done with a record.
pub(super) struct Plan {
    pub(super) folder: PathBuf,
    pub(super) name: String,
    pub(super) header: Header,
    pub(super) compression: Compression,
    pub(super) limits: Limits,
    /// Units that one buyer may have.
    pub(super) limit: Option<u64>,
    pub(super) progress: Arc<Progress>,
    pub(super) stop_on_violation: bool,
    /// Operations kept in memory.
    pub(super) most_held: usize,
}

/// What has become of a record.
pub(super) struct Record {
    /// The file, unless nothing was recorded.
    pub(super) path: Option<PathBuf>,
    /// What is still in memory, and what was found in what is not.
    pub(super) kept: Kept,
    /// Why the file is not complete.
    pub(super) error: Option<io::Error>,
}

/// Starts the thread that takes what comes out of `inbox`.
pub(super) fn keep(plan: Plan, inbox: Inbox) -> io::Result<JoinHandle<Record>> {
    thread::Builder::new()
        .name("record".to_string())
        .spawn(move || match plan.limit {
            None => Keeper::<Stock>::new(plan).run(&inbox),
            Some(_) => Keeper::<Sales>::new(plan).run(&inbox),
        })
}

struct Keeper<S: Sold> {
    file: Recording,
    held: Held<S>,
    limit: Option<u64>,
    /// The names of the units of the current key, and of its buyers.
    units: Texts,
    guard: Option<Guard<S>>,
    progress: Arc<Progress>,
    error: Option<io::Error>,
}

impl<S: Sold> Keeper<S> {
    fn new(plan: Plan) -> Self {
        Self {
            held: Held::new(plan.header.clone(), plan.limits, plan.most_held),
            limit: plan.limit,
            units: Texts::new(),
            guard: plan.stop_on_violation.then(|| Guard::new(plan.limits, &plan.progress)),
            progress: Arc::clone(&plan.progress),
            file: Recording::new(plan.folder, plan.name, plan.header, plan.compression),
            error: None,
        }
    }

    fn run(mut self, inbox: &Inbox) -> Record {
        // A guard has to hear of everything at once.
        let early = if self.guard.is_none() {
            await_some(inbox)
        } else {
            Vec::new()
        };
        for group in early {
            self.take_from(inbox, group);
        }
        loop {
            match inbox.next(QUIET) {
                Ok(group) => self.take_from(inbox, group),
                Err(RecvTimeoutError::Timeout) => {
                    let done = self.file.flush();
                    self.note(done);
                }
                Err(RecvTimeoutError::Disconnected) => return self.finish(),
            }
        }
    }

    fn finish(self) -> Record {
        let (path, finished) = self.file.finish();
        Record {
            path,
            kept: self.held.finish(self.units),
            error: self.error.or(finished.err()),
        }
    }

    fn take_from(&mut self, inbox: &Inbox, group: Group) {
        let done = self.take(&group);
        inbox.give_back(group);
        self.note(done);
    }

    fn note(&mut self, done: io::Result<()>) {
        if let Err(error) = done {
            // What cannot be recorded must not go on.
            self.progress.stop();
            self.error.get_or_insert(error);
        }
    }

    fn take(&mut self, group: &Group) -> io::Result<()> {
        if self.error.is_some() {
            return Ok(());
        }
        for (place, entry) in group.entries.iter().enumerate() {
            match entry {
                Entry::Key(name, stock) => {
                    let initial = S::on_sale(*stock, self.limit);
                    self.file.start_key(name);
                    self.held.start_key(name, initial);
                    self.guard.iter_mut().for_each(|guard| guard.start_key(initial));
                }
                Entry::Unit(name) => {
                    self.units.intern(name);
                }
                Entry::Event(event) => {
                    let commands = || group.commands.of(place);
                    self.file.event(event, &self.units, commands())?;
                    self.held.event(event, &self.units, commands());
                    self.guard.iter_mut().for_each(|guard| guard.event(event));
                }
                Entry::End => {
                    self.held.end_key(std::mem::take(&mut self.units));
                    self.guard.iter_mut().for_each(Guard::end_key);
                }
            }
        }
        self.file.hand_over()
    }
}

/// The first groups of a run: all of a short one.
fn await_some(inbox: &Inbox) -> Vec<Group> {
    let start = Instant::now();
    let (mut groups, mut events) = (Vec::new(), 0);
    while events < EARLY_EVENTS && start.elapsed() < EARLY {
        let Ok(group) = inbox.next(EARLY.saturating_sub(start.elapsed())) else {
            break;
        };
        events += group.entries.len();
        groups.push(group);
    }
    groups
}
