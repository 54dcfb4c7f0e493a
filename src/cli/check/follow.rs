//! `oversell check --follow`: a history that is still being made.
//!
//! Of a counter, the end that shows a violation is kept. Of registers and keys of a store nothing is kept but what is possible
//! now: what shows a violation is read once more, from the file or from a compressed copy of standard input.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, IsTerminal as _, Read},
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use oversell_checker::{
    engines::Limits,
    examine::{AnyFinding, Conclusion, Inspection, Seen, inspect},
    history::{History, Spec, the_key, visible},
};
use serde_json::Value;

use super::{
    CheckOptions, Exit, Failure, Source, again,
    copy::{Copied, Copy},
    explain,
    feed::{Came, Ended, Feed, Further, Stop, stop_on_interrupt},
    growing::{Gone, Growing},
    input::Interruptible,
    json, print_warning,
};
use crate::cli::{output::println, progress::counted};
use crate::report::terminal::Style;

/// So many operations on registers and keys of a store are read again to show a violation, at most.
const MOST: u64 = 1_000_000;

/// Follows one history to its end, to the first violation, or until it is interrupted or the file is gone.
pub(super) fn follow(options: &CheckOptions, limits: &Limits, style: &Style) -> Result<Exit, Failure> {
    let [path] = options.paths.as_slice() else {
        return Err(Failure::bad_input(format!(
            "found {} paths; --follow takes one: a file that is being written, or `-`",
            options.paths.len()
        )));
    };
    let source = Source::of(path);
    let name = source.name();
    let shown = visible(&name);
    let stopped = Arc::new(AtomicBool::new(false));
    stop_on_interrupt(&stopped).map_err(|error| Failure::bad_input(format!("failed to listen for Ctrl-C: {error}")))?;
    let gone = Gone::default();
    let copy = matches!(source, Source::StandardInput).then(Copy::new);
    let from = open(source, copy.as_ref(), &stopped, &gone)?;
    let feed = Feed::start(&name, from, &stopped).with_copy(copy.clone());
    let bar = progress("following");
    let started = Instant::now();
    let came = feed.watch(limits, &bar, |_| Further::Enough);
    bar.finish_and_clear();
    // Without that, nobody would know why an empty file is not waited for.
    let with_why = |error: String| match gone.get() {
        Some(why) => format!("{error} ({why})"),
        None => error,
    };
    let (watch, ended) = match came {
        Came::Whole(Some(watch), ended) => (watch, ended),
        Came::Whole(None, _) => {
            return Err(Failure::bad_input(format!(
                "{shown}: interrupted before its first line had come"
            )));
        }
        Came::Stopped(watch, Stop::Failed(error)) => {
            let error = with_why(error);
            match watch.map(|mut watch| (watch.violating(), watch)) {
                Some((Some(_), watch)) => {
                    print_warning(&format!("{error}; what came before that was checked"));
                    (watch, Ended::EnoughBeforeError)
                }
                _ => return Err(Failure::bad_input(error)),
            }
        }
        Came::Stopped(watch, Stop::OutOfOrder { error, .. }) => {
            // Nothing is certain any more: what comes later may belong before what has been looked at.
            let violating = watch.and_then(|mut watch| watch.violating());
            let doubtful = violating.map(|(key, line)| {
                format!(
                    "\n  By line {line}, {} was a violation, unless what comes late makes it right",
                    the_key(&key)
                )
            });
            return Err(Failure::bad_input(error + &doubtful.unwrap_or_default()));
        }
    };
    let (operations, keys) = (watch.operations(), watch.keys());
    let gone = gone
        .get()
        .copied()
        .filter(|_| matches!(ended, Ended::Input | Ended::CutOff(_)));
    if let Some(why) = gone {
        print_warning(&format!("{shown}: {why}; what came before that was checked"));
    }
    if ended == Ended::Interrupted {
        print_warning(&format!("{shown}: interrupted; what had come was checked"));
    }
    let (spec, line) = (watch.spec(), watch.line());
    let report = Report {
        name: &name,
        spec,
        line,
        operations,
        keys,
        started,
        cut_short: gone.or(ended.cut_short()),
        provisional: ended == Ended::EnoughForNow,
    };
    let ends = watch.ends();
    let on: HashMap<String, u64> = ends
        .violations()
        .map(|(key, operations)| (key.to_string(), operations))
        .collect();
    // All at once: the copy can be taken only once.
    let few = spec != Spec::Stock && on.values().sum::<u64>() <= MOST;
    let mut again = if few {
        again::read(&name, path, copy.as_ref(), report.line, &on)
    } else {
        None
    };
    let seen = ends.all().map(|seen| match (seen, &mut again) {
        (
            Seen::Violation {
                key,
                open,
                history: None,
                ..
            },
            Some(again),
        ) => Seen::Violation {
            before: 0,
            open,
            history: again::of_key(again, &key).map(Box::new),
            key,
        },
        (seen, _) => seen,
    });
    let exit = report.print(options, seen, limits, style);
    if options.json {
        return Ok(exit);
    }
    if ended == Ended::EnoughForNow {
        println!(
            "  Nothing came for 0.2 s after line {line}, so that was taken for the last line of its time: one more of the same time \
             may\n  change this."
        );
    }
    if matches!(ended, Ended::Enough | Ended::EnoughForNow) && keys > 1 {
        println!("  Stopped there; `oversell check` without --follow tells of every key.");
    }
    Ok(exit)
}

/// A pipe with a name: to open it may take until somebody writes to it.
struct Unopened(PathBuf, Option<File>);

impl Read for Unopened {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let file = match self.1.take() {
            Some(file) => file,
            None => File::open(&self.0)?,
        };
        self.1.insert(file).read(into)
    }
}

/// Opens what is followed. A file has no end until it is interrupted.
fn open(
    source: Source,
    copy: Option<&Copy>,
    stopped: &Arc<AtomicBool>,
    gone: &Gone,
) -> Result<Box<dyn Read + Send>, Failure> {
    let name = visible(&source.name()).into_owned();
    Ok(match source {
        Source::StandardInput => {
            let from = Interruptible::start(io::stdin(), stopped);
            match copy {
                Some(copy) => Box::new(Copied {
                    from,
                    copy: copy.clone(),
                }),
                None => Box::new(from),
            }
        }
        // A pipe with a name.
        Source::File(path) if path.metadata().is_ok_and(|file| !file.is_file() && !file.is_dir()) => {
            Box::new(Interruptible::start(Unopened(path, None), stopped))
        }
        Source::File(path) | Source::Unreadable(path, _) => {
            Box::new(Growing::open(path, stopped, gone).map_err(|error| {
                Failure::bad_input(format!(
                    "{name}: failed to open it: {error}; expected a history file that is being written, or `-`"
                ))
            })?)
        }
    })
}

/// A line on standard error that counts operations, when that is a terminal.
pub(super) fn progress(what: &'static str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner().with_message(what);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}  {elapsed}  {operations}") {
        bar.set_style(style.with_key("operations", counted));
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// What is told in the end.
pub(super) struct Report<'a> {
    pub(super) name: &'a str,
    pub(super) spec: Spec,
    /// The last line that was checked.
    pub(super) line: u64,
    pub(super) operations: u64,
    pub(super) keys: usize,
    pub(super) started: Instant,
    /// Why there may be more.
    pub(super) cut_short: Option<&'static str>,
    /// More that comes of the same time may change it.
    pub(super) provisional: bool,
}

/// A violation, with the part of the history that shows it.
struct Violation {
    key: String,
    before: u64,
    open: u64,
    shown: Option<(Inspection, Box<History>)>,
}

impl Violation {
    fn to_json(&self) -> Vec<Value> {
        let Some((inspection, history)) = &self.shown else {
            return Vec::new();
        };
        let findings = inspection.findings.iter();
        findings.map(|finding| finding.to_json(history)).collect()
    }
}

impl Report<'_> {
    pub(super) fn print(
        &self,
        options: &CheckOptions,
        seen: impl Iterator<Item = Seen>,
        limits: &Limits,
        style: &Style,
    ) -> Exit {
        let (mut violations, mut undecided) = (Vec::new(), Vec::new());
        for seen in seen {
            match seen {
                Seen::Linearizable => {}
                Seen::Undecided { key, limit } => undecided.push((key, limit)),
                Seen::Violation {
                    key,
                    before,
                    open,
                    history,
                } => {
                    let mut shown = history.map(|history| (inspect(&history, limits), history));
                    for finding in shown.iter_mut().flat_map(|(inspection, _)| &mut inspection.findings) {
                        // These are not lost: their answers may be in what was not read. No counterexample needs them.
                        let unanswered = match &mut finding.finding {
                            AnyFinding::Stock(finding) => &mut finding.unanswered,
                            AnyFinding::Register(finding) => &mut finding.unanswered,
                            AnyFinding::Kv(finding) => &mut finding.unanswered,
                        };
                        *unanswered = unanswered.saturating_sub(open);
                    }
                    violations.push(Violation {
                        key,
                        before,
                        open,
                        shown,
                    });
                }
            }
        }
        let (conclusion, exit) = if !violations.is_empty() {
            (Conclusion::Violation, Exit::Violation)
        } else if !undecided.is_empty() {
            (Conclusion::Undecided, Exit::Undecided)
        } else {
            (Conclusion::Linearizable, Exit::AsExpected)
        };
        let told: Vec<Value> = violations.iter().flat_map(Violation::to_json).collect();
        let limits: Vec<json::Undecided<'_>> = undecided
            .iter()
            .map(|(key, limit)| (key.as_str(), limit.to_string()))
            .collect();
        self.say(options, conclusion, &told, &limits);
        if !options.json {
            for (key, limit) in &undecided {
                println!("  {}: not decided: {limit}", the_key(key));
            }
            for violation in &violations {
                self.explain(options, violation, style);
            }
        }
        exit
    }

    fn explain(&self, options: &CheckOptions, violation: &Violation, style: &Style) {
        let Violation {
            key,
            before,
            open,
            shown,
        } = violation;
        match shown {
            Some((inspection, history)) if !inspection.findings.is_empty() => {
                if *before > 0 {
                    println!(
                        "  Shown by what followed the first {} on {}.",
                        explain::operations(*before),
                        the_key(key)
                    );
                }
                explain::file(options.explain, self.name, history, inspection, style);
                if *open > 0 {
                    println!(
                        "  {} had no answer yet; no answer could have made this right.",
                        explain::operations(*open)
                    );
                }
            }
            _ if self.spec == Spec::Stock => {
                println!(
                    "  This is {}. It spans more than is kept: check the whole file to see it.",
                    the_key(key)
                );
            }
            _ => println!(
                "  This is {}, certain by line {}. Not shown: to show it, at most {} are\n  read again, where what was read could be kept, \
                 and checked within the limits.",
                the_key(key),
                self.line,
                explain::operations(MOST),
            ),
        }
    }

    fn say(
        &self,
        options: &CheckOptions,
        conclusion: Conclusion,
        violations: &[Value],
        undecided: &[json::Undecided<'_>],
    ) {
        if options.json {
            let line = json::Checked {
                file: self.name,
                spec: self.spec,
                conclusion,
                operations: self.operations,
                keys: self.keys,
                took: self.started.elapsed(),
                violations,
                undecided,
                cut_short: self.cut_short,
                provisional: self.provisional,
            };
            println!("{}", line.to_json());
        } else {
            println!(
                "{}: {} after {} on {} in {:.3} s",
                visible(self.name),
                explain::conclusion(conclusion),
                explain::operations(self.operations),
                explain::keys(self.keys),
                self.started.elapsed().as_secs_f64(),
            );
        }
    }
}
