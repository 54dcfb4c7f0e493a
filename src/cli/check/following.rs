//! A history is read and checked on a thread of its own; another looks at it while nothing comes.

use std::{
    io::{self, BufRead, BufReader, Read},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use indicatif::ProgressBar;
use oversell_checker::{
    each,
    engines::Limits,
    examine::{Watch, Watchable},
    history::{EventReader, Events, Header, Problem, ReadError, Warning, decompressed, visible},
};

use super::followed::{Follow, Followed, Found};
use crate::cli::{exit::Failure, memory::Within};

/// Bytes read at once, at most.
const BUFFER: usize = 1 << 18;
/// When nothing comes for so long, what there is is looked at.
const QUIET: Duration = Duration::from_millis(200);
/// When it was interrupted, a source that polls has ended after so long; another never may.
const SOON: Duration = Duration::from_millis(100);

/// What is followed, once its header is there.
pub(super) type Shared = Arc<Mutex<dyn Follow>>;

/// What the reader tells.
enum Told {
    Header(Box<Header>, Shared),
    /// Nothing more is read.
    End(Result<Ended, Stop>),
}

/// Why a history cannot be followed.
pub(super) enum Stop {
    /// It cannot be read, or is not right.
    Failed(Failure),
    /// Its lines are not in order of time.
    OutOfOrder(String),
}

/// Why no more of a history is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// There is no more.
    Input,
    /// There was more, but it is not there.
    CutOff(Warning),
    /// A violation was found, and nobody asked for more.
    Enough,
    /// The same, when nothing more came of the last instant for a while, which was taken for over.
    EnoughForNow,
    /// A violation was certain, and what came next cannot be read.
    EnoughBeforeError,
    /// By a signal.
    Interrupted,
}

impl Ended {
    /// For `--json`: why there may be more than was looked at.
    pub(super) const fn cut_short(&self) -> Option<&'static str> {
        match self {
            Self::Input => None,
            Self::CutOff(warning) => Some(warning.notice.cut_short()),
            Self::Enough | Self::EnoughForNow => Some("stopped at the first violation"),
            Self::EnoughBeforeError => Some("what comes after the first violation cannot be read"),
            Self::Interrupted => Some("interrupted"),
        }
    }
}

/// Since when the reader has been waiting for more. What it has read has been checked then.
#[derive(Clone, Default)]
struct Waits(Arc<Mutex<Option<Instant>>>);

impl Waits {
    fn set(&self, since: Option<Instant>) {
        *lock(&self.0) = since;
    }

    fn is_waiting_for(&self, long: Duration) -> bool {
        lock(&self.0).is_some_and(|since| since.elapsed() >= long)
    }
}

pub(super) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells when it waits, and ends at an interrupt.
struct Waited<R> {
    from: R,
    waits: Waits,
    stopped: Arc<AtomicBool>,
}

impl<R: Read> Read for Waited<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.stopped.load(Ordering::Relaxed) {
            return Ok(0);
        }
        self.waits.set(Some(Instant::now()));
        let read = self.from.read(into);
        self.waits.set(None);
        read
    }
}

/// Looks at what there is while nothing ends.
struct Looks {
    waits: Waits,
    /// When to look at keys while more and more comes: of a key that is quiet, or of which little comes, nothing would be told
    /// otherwise before the end.
    last: Instant,
    apart: Duration,
    /// It was interrupted before the last look.
    is_over: bool,
}

impl Looks {
    /// Looking takes a tenth of the time, at most.
    const SHARE: u32 = 9;

    /// Is what there is enough?
    fn look(&mut self, followed: Option<&Shared>, is_stopped: bool, bar: &ProgressBar) -> Option<Ended> {
        if self.is_over && self.waits.is_waiting_for(SOON) {
            return Some(Ended::Interrupted);
        }
        // A source that polls has another chance to end by itself, with all that had been read of it.
        self.is_over = is_stopped;
        let mut followed = lock(followed?);
        bar.set_position(followed.so_far().operations);
        // The reader is not busy with a long line, say: it is the source that is quiet.
        let found = if self.waits.is_waiting_for(QUIET.mul_f64(0.9)) {
            followed.glance()
        } else {
            self.look_aside(&mut *followed)
        };
        Some(if found?.is_provisional {
            followed.close();
            Ended::EnoughForNow
        } else {
            Ended::Enough
        })
    }

    fn look_aside(&mut self, followed: &mut dyn Follow) -> Option<Found> {
        if self.last.elapsed() < self.apart {
            return None;
        }
        let started = Instant::now();
        let found = followed.look();
        self.last = Instant::now();
        self.apart = QUIET.max(started.elapsed() * Self::SHARE);
        found
    }
}

/// What has been read of a history, to its end, or to its first violation, or until it is `stopped`.
pub(super) struct Following {
    pub(super) header: Header,
    pub(super) followed: Shared,
}

/// Follows what comes from `from`, which messages call `name`. `begun` hears of its header.
pub(super) fn follow(
    name: &str,
    from: impl Read + Send + 'static,
    stopped: &Arc<AtomicBool>,
    limits: &Limits,
    bar: &ProgressBar,
    begun: impl Fn(&Header),
) -> (Option<Following>, Result<Ended, Stop>) {
    let (to, told) = channel();
    let waits = Waits::default();
    let from = Waited {
        from,
        waits: waits.clone(),
        stopped: Arc::clone(stopped),
    };
    let (called, limits) = (name.to_string(), *limits);
    let reads = thread::Builder::new().spawn(move || {
        let end = read(&called, from, limits, &to);
        // Nobody listens when what there was is enough.
        let _ = to.send(Told::End(end));
    });
    if let Err(error) = reads {
        return (None, Err(Stop::Failed(Failure::cannot_start(&error))));
    }
    let mut following: Option<Following> = None;
    let mut looks = Looks {
        waits,
        last: Instant::now(),
        apart: QUIET,
        is_over: false,
    };
    let is_stopped = || stopped.load(Ordering::Relaxed);
    let end = loop {
        let is_stopped = is_stopped();
        match told.recv_timeout(if is_stopped { SOON } else { QUIET }) {
            Ok(Told::Header(header, followed)) => {
                begun(&header);
                let header = *header;
                following = Some(Following { header, followed });
            }
            Ok(Told::End(end)) => break end,
            Err(RecvTimeoutError::Timeout) => {
                let followed = following.as_ref().map(|following| &following.followed);
                if let Some(ended) = looks.look(followed, is_stopped, bar) {
                    break Ok(ended);
                }
            }
            Err(RecvTimeoutError::Disconnected) => {
                let early = format!("{}: reading it ended too early", visible(name));
                break Err(Stop::Failed(Failure::bad_input(early)));
            }
        }
    };
    let end = match end {
        // That the last line is cut off, or the header, is the interrupt's doing. A file that grows has no other end.
        Ok(Ended::Input | Ended::CutOff(_)) if is_stopped() => Ok(Ended::Interrupted),
        Err(_) if is_stopped() && following.is_none() => Ok(Ended::Interrupted),
        end => end,
    };
    if let (Some(Following { followed, .. }), Ok(Ended::Input | Ended::CutOff(_) | Ended::Interrupted)) =
        (&following, &end)
    {
        // There is no more, so the last instant is over.
        lock(followed).close();
    }
    (following, end)
}

/// Reads and checks.
fn read(name: &str, from: impl Read + Send, limits: Limits, to: &Sender<Told>) -> Result<Ended, Stop> {
    let from = decompressed(BufReader::with_capacity(BUFFER, from));
    let from = from.map_err(|error| {
        Stop::Failed(Failure::bad_input(format!(
            "{}: failed to read it: {error}",
            visible(name)
        )))
    })?;
    each!(Events::open(name, Within::new(from, limits.memory))?, events => {
        let watch = Watch::new(events.header().clone(), limits);
        watch_events(events, watch, to)
    })
}

fn watch_events<S: Watchable>(
    mut events: EventReader<S, impl BufRead>,
    watch: Watch<S>,
    to: &Sender<Told>,
) -> Result<Ended, Stop>
where
    Watch<S>: Send,
{
    let followed = Arc::new(Mutex::new(Followed::new(watch)));
    let header = Box::new(events.header().clone());
    let _ = to.send(Told::Header(header, Arc::clone(&followed) as Shared));
    while let Some(event) = events.next_as_written()? {
        if lock(&followed).add(event, &events).is_err() {
            return Ok(Ended::Enough);
        }
    }
    Ok(events.warning().cloned().map_or(Ended::Input, Ended::CutOff))
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        match error.problem {
            Problem::OutOfOrder { .. } => Self::OutOfOrder(error.to_string()),
            _ => Self::Failed(Failure::of_reading(&error)),
        }
    }
}
