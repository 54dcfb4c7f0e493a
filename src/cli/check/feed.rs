//! A history, read on a thread of its own and handed over as it comes.

use std::{
    io::{self, BufRead, BufReader, Read},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use indicatif::ProgressBar;
use oversell_checker::{
    engines::Limits,
    history::{Clock, Event, EventReader, Events, Header, Problem, Spec, Vocabulary, Warning, decompressed, visible},
};
use oversell_spec::{Kv, Register, Stock};

use super::{
    copy::Copy,
    print_warning,
    watching::{News, Watching},
};
use crate::cli::{interrupt::Signals, runtime::runtime};

/// Bytes read at once, at most.
const BUFFER: usize = 1 << 18;
/// Events handed over at once, at most.
const GROUP: usize = 2048;
/// Groups that wait to be checked, at most: the reader waits for the checker.
const WAITING: usize = 16;
/// When nothing comes for so long, what there is is looked at.
const QUIET: Duration = Duration::from_millis(200);

/// What the reader hands over.
enum Part {
    Header(Box<Header>),
    Group(Group),
    /// There is no more, and what was noticed at the end.
    End(Option<Warning>),
    /// It cannot be read on, or is not right. The reader reads no more.
    Stopped(Stop),
}

/// Why a history cannot be followed.
pub(super) enum Stop {
    /// It cannot be read, or is not right.
    Failed(String),
    /// Its lines are not in order of time.
    OutOfOrder {
        /// The first line that is not.
        line: u64,
        /// All of it.
        error: String,
    },
}

/// How following ended.
pub(super) enum Came {
    /// There is no more, or what there is is enough. `None`: there was not even a header.
    Whole(Option<Watching>, Ended),
    /// It cannot be followed any further than this.
    Stopped(Option<Watching>, Stop),
}

/// Why no more of a history is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// There is no more.
    Input,
    /// There was more, but it is not there.
    CutOff(&'static str),
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
    pub(super) const fn cut_short(self) -> Option<&'static str> {
        match self {
            Self::Input => None,
            Self::CutOff(why) => Some(why),
            Self::Enough | Self::EnoughForNow => Some("stopped at the first violation"),
            Self::EnoughBeforeError => Some("what comes after the first violation cannot be read"),
            Self::Interrupted => Some("interrupted"),
        }
    }
}

/// What comes of a history.
pub(super) enum Group {
    Stock(Gathered<Stock>),
    Register(Gathered<Register<String>>),
    Kv(Gathered<Kv>),
}

/// What comes of a history of this specification: new keys and units, and events in the order of the lines.
pub(super) struct Gathered<V: Vocabulary> {
    pub(super) clock: Option<Clock>,
    pub(super) units: Vec<String>,
    pub(super) keys: Vec<(String, V::Initial)>,
    pub(super) events: Vec<Event<V>>,
}

impl<V: Vocabulary> Default for Gathered<V> {
    fn default() -> Self {
        Self {
            clock: None,
            units: Vec::new(),
            keys: Vec::new(),
            events: Vec::new(),
        }
    }
}

/// What a group is of.
trait Gather: Vocabulary {
    fn group(gathered: Gathered<Self>) -> Group;
    /// `None`: it is of another specification.
    fn gathered(group: Group) -> Option<Gathered<Self>>;
}

macro_rules! gather {
    ($spec:ty, $kind:ident) => {
        impl Gather for $spec {
            fn group(gathered: Gathered<Self>) -> Group {
                Group::$kind(gathered)
            }

            fn gathered(group: Group) -> Option<Gathered<Self>> {
                match group {
                    Group::$kind(gathered) => Some(gathered),
                    _ => None,
                }
            }
        }
    };
}

gather!(Stock, Stock);
gather!(Register<String>, Register);
gather!(Kv, Kv);

/// What has been read and not been handed over yet. It is before the next thing that may have to be waited for.
struct Outbox {
    /// Never without events.
    group: Option<Group>,
    to: SyncSender<Part>,
}

/// Nobody listens any more: a violation has been found.
struct Alone;

impl Outbox {
    fn hand(&self, part: Part) -> Result<(), Alone> {
        self.to.send(part).map_err(|_| Alone)
    }

    fn flush(&mut self) -> Result<(), Alone> {
        let group = self.group.take();
        group.map_or(Ok(()), |group| self.hand(Part::Group(group)))
    }
}

/// Since when the reader has been waiting for more. What it has read it has handed over then.
#[derive(Clone, Default)]
struct Waits(Arc<Mutex<Option<Instant>>>);

impl Waits {
    fn set(&self, since: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    /// It is the source that is quiet: the reader is not busy with a long line, say.
    fn for_long(&self) -> bool {
        let since = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        since.is_some_and(|since| since.elapsed() >= QUIET.mul_f64(0.9))
    }
}

/// Hands over what was read before it reads on.
struct Prompt<R> {
    from: R,
    outbox: Arc<Mutex<Outbox>>,
    waits: Waits,
}

impl<R: Read> Read for Prompt<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let handed = lock(&self.outbox).flush();
        if handed.is_err() {
            return Ok(0);
        }
        self.waits.set(Some(Instant::now()));
        let read = self.from.read(into);
        self.waits.set(None);
        read
    }
}

fn lock(outbox: &Mutex<Outbox>) -> MutexGuard<'_, Outbox> {
    outbox.lock().unwrap_or_else(PoisonError::into_inner)
}

/// When to look at keys while more and more comes: of a key that is quiet, or of which little comes, nothing would be told
/// otherwise before the end.
struct Looks {
    last: Instant,
    apart: Duration,
}

impl Looks {
    /// Looking takes a tenth of the time, at most.
    const SHARE: u32 = 9;

    fn new() -> Self {
        Self {
            last: Instant::now(),
            apart: QUIET,
        }
    }

    fn are_due(&self) -> bool {
        self.last.elapsed() >= self.apart
    }

    fn look(&mut self, look: impl FnOnce() -> Further) -> Further {
        let started = Instant::now();
        let further = look();
        self.last = Instant::now();
        self.apart = QUIET.max(started.elapsed() * Self::SHARE);
        further
    }
}

/// A history that is being read.
pub(super) struct Feed {
    parts: Receiver<Part>,
    waits: Waits,
    stopped: Arc<AtomicBool>,
    /// A copy that counters do not need.
    copy: Option<Copy>,
}

impl Feed {
    /// Starts to read `from`, which messages call `name`. It is to end when `stopped` is set.
    pub(super) fn start(name: &str, from: impl Read + Send + 'static, stopped: &Arc<AtomicBool>) -> Self {
        let (to, parts) = sync_channel(WAITING);
        let outbox = Arc::new(Mutex::new(Outbox { group: None, to }));
        let waits = Waits::default();
        let from = Prompt {
            from,
            outbox: Arc::clone(&outbox),
            waits: waits.clone(),
        };
        let name = name.to_string();
        thread::spawn(move || {
            let _ = read(&name, from, &outbox);
        });
        Self {
            parts,
            waits,
            stopped: Arc::clone(stopped),
            copy: None,
        }
    }

    /// Forgets this copy when it turns out to be of counters.
    pub(super) fn with_copy(self, copy: Option<Copy>) -> Self {
        Self { copy, ..self }
    }

    /// Checks what comes, until there is no more, or an interrupt, or until `found` wants no more of it: it hears of each key
    /// that is found to be a violation, and when that is taken back.
    pub(super) fn watch(self, limits: &Limits, bar: &ProgressBar, mut found: impl FnMut(News<'_>) -> Further) -> Came {
        let mut watch: Option<Watching> = None;
        let mut looks = Looks::new();
        loop {
            let part = match self.parts.recv_timeout(QUIET) {
                Ok(part) => part,
                Err(RecvTimeoutError::Timeout) => {
                    if let Some(watching) = watch.as_mut().filter(|_| self.waits.for_long())
                        && watching.glance(&mut found) == Further::Enough
                    {
                        let ended = watching.settle();
                        return Came::Whole(watch, ended);
                    }
                    // What comes from a source that is stopped ends by itself, with all that had been read of it.
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return over(watch, self.ended(), &mut found),
            };
            match part {
                Part::Header(header) => {
                    if let (Spec::Stock, Some(copy)) = (header.spec, &self.copy) {
                        copy.forget();
                    }
                    watch = Some(Watching::new(*header, *limits));
                }
                Part::Group(group) => {
                    let Some(watching) = &mut watch else { continue };
                    if watching.add(group, &mut found) == Further::Enough {
                        return Came::Whole(watch, Ended::Enough);
                    }
                    bar.set_position(watching.operations());
                    if looks.are_due() && looks.look(|| watching.look(&mut found)) == Further::Enough {
                        return Came::Whole(watch, Ended::Enough);
                    }
                }
                Part::End(warning) => {
                    // That the last line is cut off is the interrupt's doing.
                    if let Some(warning) = warning.filter(|_| !self.is_stopped()) {
                        print_warning(&warning);
                        return over(watch, Ended::CutOff(warning.notice.cut_short()), &mut found);
                    }
                    return over(watch, self.ended(), &mut found);
                }
                Part::Stopped(_) if watch.is_none() && self.is_stopped() => {
                    return Came::Whole(None, Ended::Interrupted);
                }
                Part::Stopped(stop) => return Came::Stopped(watch, stop),
            }
        }
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Nothing more comes: a file that grows has no end but an interrupt.
    fn ended(&self) -> Ended {
        if self.is_stopped() {
            Ended::Interrupted
        } else {
            Ended::Input
        }
    }
}

/// There is no more, so the last instant is over.
fn over(mut watch: Option<Watching>, ended: Ended, found: &mut impl FnMut(News<'_>) -> Further) -> Came {
    if let Some(watching) = &mut watch {
        watching.close(&mut |news| {
            // Of what is a violation, all is told now.
            if matches!(news, News::TakenBack { .. }) {
                found(news);
            }
            Further::Yes
        });
    }
    Came::Whole(watch, ended)
}

/// Is more wanted?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Further {
    Yes,
    Enough,
}

/// Reads and hands over.
fn read(name: &str, from: impl Read + Send, outbox: &Mutex<Outbox>) -> Result<(), Alone> {
    let hand = |part| lock(outbox).hand(part);
    let from = BufReader::with_capacity(BUFFER, from);
    let opened = match decompressed(from) {
        Ok(from) => Events::open(name, from),
        Err(error) => {
            return hand(Part::Stopped(Stop::Failed(format!(
                "{}: failed to read it: {error}",
                visible(name)
            ))));
        }
    };
    match opened {
        Ok(Events::Stock(events)) => hand_events(events, outbox),
        Ok(Events::Register(events)) => hand_events(events, outbox),
        Ok(Events::Kv(events)) => hand_events(events, outbox),
        Err(error) => hand(Part::Stopped(Stop::Failed(error.to_string()))),
    }
}

fn hand_events<V: Gather, R: BufRead>(events: EventReader<V, R>, outbox: &Mutex<Outbox>) -> Result<(), Alone> {
    lock(outbox).hand(Part::Header(Box::new(events.header().clone())))?;
    let end = read_events(events, outbox)?;
    lock(outbox).flush()?;
    lock(outbox).hand(end)
}

fn read_events<V: Gather, R: BufRead>(mut events: EventReader<V, R>, outbox: &Mutex<Outbox>) -> Result<Part, Alone> {
    let (mut keys, mut units) = (0, 0);
    loop {
        let next = match events.next_as_written() {
            Ok(Some(next)) => next,
            Ok(None) => return Ok(Part::End(events.warning().cloned())),
            Err(error) => {
                let said = error.to_string();
                return Ok(Part::Stopped(match error.problem {
                    Problem::OutOfOrder { .. } => Stop::OutOfOrder {
                        line: error.place.line.unwrap_or_default(),
                        error: said,
                    },
                    _ => Stop::Failed(said),
                }));
            }
        };
        let mut outbox = lock(outbox);
        let mut gathered = outbox.group.take().and_then(V::gathered).unwrap_or_default();
        while keys <= next.key
            && let Some((key, initial)) = events.key(keys)
        {
            gathered.keys.push((key.to_string(), initial.clone()));
            keys += 1;
        }
        while let Some(unit) = events.units().get(units) {
            gathered.units.push(unit.to_string());
            units += 1;
        }
        gathered.clock = Some(events.clock());
        gathered.events.push(next);
        let is_full = gathered.events.len() >= GROUP;
        outbox.group = Some(V::group(gathered));
        if is_full {
            outbox.flush()?;
        }
    }
}

/// The first interrupt ends the reading, and what was read is judged; the second ends the program.
pub(super) fn stop_on_interrupt(stopped: &Arc<AtomicBool>) -> io::Result<()> {
    let runtime = runtime(tokio::runtime::Builder::new_current_thread())?;
    let signals = runtime.block_on(async { Signals::listen() })?;
    let stopped = Arc::clone(stopped);
    thread::spawn(move || runtime.block_on(signals.heed(|| stopped.store(true, Ordering::Relaxed))));
    Ok(())
}
