//! `oversell check --follow`: a history that is still being made.

use std::{
    fs::File,
    io::{self, IsTerminal as _, Read},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anstream::println;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use super::{
    CheckOptions, Exit, Failure, Source, explain,
    feed::{Came, Feed, Further, Stop, stop_on_interrupt},
    json,
};
use crate::{
    checker::Limits,
    history::{History, Spec},
    report::terminal::Style,
    trial::{Conclusion, Inspection, Seen, inspect},
};

/// How long to wait for a file to grow.
const PAUSE: Duration = Duration::from_millis(50);

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
    let feed = Feed::start(&name, open(source, &stopped)?, &stopped);
    let bar = progress("following");
    let started = Instant::now();
    let came = feed.watch(limits, &bar, |_, _| Further::Enough);
    bar.finish_and_clear();
    let watch = match came {
        Came::Whole(Some(watch)) => watch,
        Came::Whole(None) => {
            return Err(Failure::bad_input(format!(
                "{name}: interrupted before its first line had come"
            )));
        }
        Came::Stopped(Stop::Failed(error) | Stop::OutOfOrder(error)) => return Err(Failure::bad_input(error)),
        Came::Stopped(Stop::NotStock(spec)) => {
            return Err(Failure::bad_input(format!(
                "found a history of spec `{spec}`; --follow checks spec `stock`: check the finished file without it"
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

/// A line on standard error that counts operations, when that is a terminal.
pub(super) fn progress(what: &'static str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner().with_message(what);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}  {elapsed}  {human_pos} operations") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// What is told in the end.
pub(super) struct Report<'a> {
    pub(super) name: &'a str,
    pub(super) operations: u64,
    pub(super) keys: usize,
    pub(super) took: Duration,
}

impl Report<'_> {
    pub(super) fn print(&self, options: &CheckOptions, seen: Seen, limits: &Limits, style: &Style) -> Exit {
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
            _ => println!("  Key `{key}`. It spans more than is kept: check the whole file to see it."),
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
                "{}: {} after {} on {} in {:.3} s",
                self.name,
                explain::conclusion(conclusion),
                explain::operations(self.operations),
                explain::keys(self.keys),
                self.took.as_secs_f64(),
            );
        }
    }
}
