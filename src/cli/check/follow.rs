//! `oversell check --follow`: a history that is still being made.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, IsTerminal as _, Read},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use anstream::println;
use indicatif::{ProgressBar, ProgressStyle};
use oversell_models::spec::Stock;
use serde_json::Value;

use super::{CheckOptions, Exit, Failure, Source, explain, json, print_warning};
use crate::cli::interrupt::Signals;
use crate::{
    checker::Limits,
    history::{Clock, Event, EventReader, Events, Header, History, Spec, decompressed},
    report::terminal::Style,
    trial::{Conclusion, Inspection, Seen, Watch, inspect},
};

/// Bytes read at once, at most.
const BUFFER: usize = 1 << 18;
/// Events handed over at once, at most.
const GROUP: usize = 2048;
/// Groups that wait to be checked, at most: the reader waits for the checker.
const WAITING: usize = 16;
/// When nothing comes for so long, what there is is looked at.
const QUIET: Duration = Duration::from_millis(200);
/// How long to wait for a file to grow.
const PAUSE: Duration = Duration::from_millis(50);

/// What the reader hands over.
enum Part {
    Header(Box<Header>),
    Group(Group),
    /// There is no more.
    End(Option<String>),
    /// It cannot be read, or is not right.
    Failed(String),
    /// It is not a history of stock counters.
    NotStock(&'static str),
}

/// What has been read and not been handed over yet. It is before the next thing that may have to be waited for.
struct Outbox {
    group: Group,
    to: SyncSender<Part>,
}

/// Nobody listens any more: a violation has been found.
struct Alone;

impl Outbox {
    fn hand(&self, part: Part) -> Result<(), Alone> {
        self.to.send(part).map_err(|_| Alone)
    }

    fn flush(&mut self) -> Result<(), Alone> {
        if self.group.events.is_empty() {
            return Ok(());
        }
        let group = std::mem::take(&mut self.group);
        self.hand(Part::Group(group))
    }
}

/// Hands over what was read before it reads on.
struct Prompt<R> {
    from: R,
    outbox: Arc<Mutex<Outbox>>,
}

impl<R: Read> Read for Prompt<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let handed = lock(&self.outbox).flush();
        if handed.is_err() {
            return Ok(0);
        }
        self.from.read(into)
    }
}

fn lock(outbox: &Mutex<Outbox>) -> MutexGuard<'_, Outbox> {
    outbox.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Default)]
struct Group {
    clock: Option<Clock>,
    keys: Vec<(String, u64)>,
    units: Vec<String>,
    events: Vec<Event<Stock>>,
}

/// Follows one history to its end, to the first violation, or until it is interrupted.
pub(super) fn follow(options: &CheckOptions, limits: &Limits, style: &Style) -> Result<Exit, Failure> {
    let [path] = options.paths.as_slice() else {
        return Err(Failure::bad_input(format!(
            "found {} paths; --follow takes one: a file that is being written, or `-`",
            options.paths.len()
        )));
    };
    let source = Source::of(path);
    let name = source.name();
    let stopped = Arc::new(AtomicBool::new(false));
    stop_on_interrupt(&stopped).map_err(|error| Failure::bad_input(format!("failed to listen for Ctrl-C: {error}")))?;
    let (to, parts) = sync_channel(WAITING);
    let outbox = Arc::new(Mutex::new(Outbox {
        group: Group::default(),
        to,
    }));
    let from = Prompt {
        from: open(source, &stopped)?,
        outbox: Arc::clone(&outbox),
    };
    let file = name.clone();
    thread::spawn(move || {
        let _ = read(&file, from, &outbox);
    });
    let started = Instant::now();
    let watch = match watch(&parts, &stopped, limits)? {
        Some(watch) => watch,
        None => {
            return Err(Failure::bad_input(format!(
                "{name}: interrupted before its first line had come"
            )));
        }
    };
    let (operations, keys, took) = (watch.operations(), watch.keys(), started.elapsed());
    let seen = watch.finish();
    let report = Report {
        name: &name,
        operations,
        keys,
        took,
    };
    Ok(report.print(options, seen, limits, style))
}

/// Opens what is followed. A file has no end until it is interrupted.
fn open(source: Source, stopped: &Arc<AtomicBool>) -> Result<Box<dyn Read + Send>, Failure> {
    let name = source.name();
    Ok(match source {
        Source::StandardInput => Box::new(io::stdin()),
        Source::File(path) => Box::new(Growing {
            file: File::open(&path).map_err(|error| {
                Failure::bad_input(format!(
                    "{name}: failed to open it: {error}; expected a history file that is being written, or `-`"
                ))
            })?,
            stopped: Arc::clone(stopped),
        }),
    })
}

/// A file that somebody writes: its end is not the end.
struct Growing {
    file: File,
    stopped: Arc<AtomicBool>,
}

impl Read for Growing {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.file.read(into)?;
            if read > 0 || self.stopped.load(Ordering::Relaxed) {
                return Ok(read);
            }
            thread::sleep(PAUSE);
        }
    }
}

/// The first interrupt ends the following, and what was read is judged; the second ends the program.
fn stop_on_interrupt(stopped: &Arc<AtomicBool>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let signals = runtime.block_on(async { Signals::listen() })?;
    let stopped = Arc::clone(stopped);
    thread::spawn(move || runtime.block_on(signals.heed(|| stopped.store(true, Ordering::Relaxed))));
    Ok(())
}

/// Reads and hands over.
fn read(name: &str, from: Prompt<Box<dyn Read + Send>>, outbox: &Mutex<Outbox>) -> Result<(), Alone> {
    let hand = |part| lock(outbox).hand(part);
    let from = BufReader::with_capacity(BUFFER, from);
    let opened = match decompressed(from) {
        Ok(from) => Events::open(name, from),
        Err(error) => return hand(Part::Failed(format!("{name}: failed to read it: {error}"))),
    };
    match opened {
        Ok(Events::Stock(events)) => {
            hand(Part::Header(Box::new(events.header().clone())))?;
            let end = read_events(events, outbox)?;
            lock(outbox).flush()?;
            hand(end)
        }
        Ok(Events::Register(_)) => hand(Part::NotStock("register")),
        Ok(Events::Kv(_)) => hand(Part::NotStock("kv")),
        Err(error) => hand(Part::Failed(error.to_string())),
    }
}

fn read_events<R: BufRead>(mut events: EventReader<Stock, R>, outbox: &Mutex<Outbox>) -> Result<Part, Alone> {
    let (mut keys, mut units) = (0, 0);
    loop {
        let next = match events.next_event() {
            Ok(Some(next)) => next,
            Ok(None) => return Ok(Part::End(events.warning().map(ToString::to_string))),
            Err(error) => return Ok(Part::Failed(error.to_string())),
        };
        let mut outbox = lock(outbox);
        if next.key == keys
            && let Some((key, &initial)) = events.key(keys)
        {
            outbox.group.keys.push((key.to_string(), initial));
            keys += 1;
        }
        while let Some(unit) = events.units().get(units) {
            outbox.group.units.push(unit.to_string());
            units += 1;
        }
        outbox.group.clock = Some(events.clock());
        outbox.group.events.push(next);
        if outbox.group.events.len() >= GROUP {
            outbox.flush()?;
        }
    }
}

/// Checks what comes, until there is no more, or a violation, or an interrupt.
fn watch(parts: &Receiver<Part>, stopped: &AtomicBool, limits: &Limits) -> Result<Option<Watch>, Failure> {
    let bar = progress();
    let mut watch = None;
    let watch = loop {
        let part = match parts.recv_timeout(QUIET) {
            Ok(part) => part,
            Err(RecvTimeoutError::Timeout) => {
                let found = watch.as_mut().is_some_and(Watch::glance);
                if found || stopped.load(Ordering::Relaxed) {
                    break watch;
                }
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => break watch,
        };
        match part {
            Part::Header(header) => watch = Some(Watch::new(*header, *limits)),
            Part::Group(group) => {
                let Some(watching) = &mut watch else { continue };
                if add(watching, group) {
                    break watch;
                }
                bar.set_position(watching.operations());
            }
            Part::End(warning) => {
                if let Some(warning) = warning {
                    print_warning(&warning);
                }
                break watch;
            }
            Part::Failed(error) => return Err(Failure::bad_input(error)),
            Part::NotStock(spec) => {
                return Err(Failure::bad_input(format!(
                    "found a history of spec `{spec}`; --follow checks spec `stock`: check the finished file without it"
                )));
            }
        }
    };
    bar.finish_and_clear();
    Ok(watch)
}

fn add(watch: &mut Watch, group: Group) -> bool {
    for (key, initial) in group.keys {
        watch.start_key(key, initial);
    }
    for unit in group.units {
        watch.name_unit(&unit);
    }
    if let Some(clock) = group.clock {
        watch.set_clock(clock);
    }
    group.events.into_iter().any(|event| watch.event(event))
}

fn progress() -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) =
        ProgressStyle::with_template("{spinner} following  {elapsed}  {human_pos} operations, no violation so far")
    {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// What is told in the end.
struct Report<'a> {
    name: &'a str,
    operations: u64,
    keys: usize,
    took: Duration,
}

impl Report<'_> {
    fn print(&self, options: &CheckOptions, seen: Seen, limits: &Limits, style: &Style) -> Exit {
        match seen {
            Seen::Linearizable => {
                self.say(options, Conclusion::Linearizable, &[], None);
                Exit::AsExpected
            }
            Seen::Undecided { key, limit } => {
                self.say(options, Conclusion::Undecided, &[], Some(&key));
                if !options.json {
                    println!("  key `{key}`: not decided: {limit}");
                }
                Exit::Undecided
            }
            Seen::Violation { key, before, history } => {
                let shown = history.map(|history| (inspect(&history, limits), history));
                let findings = shown.iter().flat_map(|(inspection, history)| {
                    let of = |finding: &crate::trial::KeyFinding| finding.to_json(history);
                    inspection.findings.iter().map(of)
                });
                self.say(options, Conclusion::Violation, &findings.collect::<Vec<_>>(), None);
                if !options.json {
                    self.explain(options, &key, before, shown.as_ref(), style);
                }
                Exit::Violation
            }
        }
    }

    fn explain(
        &self,
        options: &CheckOptions,
        key: &str,
        before: u64,
        shown: Option<&(Inspection, Box<History>)>,
        style: &Style,
    ) {
        match shown {
            Some((inspection, history)) if !inspection.findings.is_empty() => {
                if before > 0 {
                    println!("  Shown by what followed the first {before} operations on key `{key}`.");
                }
                explain::file(options.explain, self.name, history, inspection, style);
            }
            _ => println!("  Key `{key}`. It spans more than is kept while following: check the whole file to see it."),
        }
    }

    fn say(&self, options: &CheckOptions, conclusion: Conclusion, violations: &[Value], undecided: Option<&str>) {
        if options.json {
            let line = json::Checked {
                file: self.name,
                spec: Spec::Stock,
                conclusion,
                operations: self.operations,
                keys: self.keys,
                took: self.took,
                violations,
                undecided: undecided.as_slice(),
            };
            println!("{}", line.to_json());
        } else {
            println!(
                "{}: {} after {} operations on {} in {:.3} s",
                self.name,
                explain::conclusion(conclusion),
                self.operations,
                explain::keys(self.keys),
                self.took.as_secs_f64(),
            );
        }
    }
}
