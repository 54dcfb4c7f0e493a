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
    examine::{AnyFinding, Conclusion, Seen, inspect},
    history::{History, Spec, the_key, visible},
};
use serde_json::Map;

use super::{
    again::{self, Copied, Copy},
    checked::{Checked, Shown},
    following::{self, Ended, Following, Stop, lock},
    growing::{Gone, Growing},
    options::CheckOptions,
    sources::Source,
};
use crate::cli::{
    exit::{Exit, Failure},
    explain,
    interrupt::stop_reading,
    output::{filled, print_warning},
    progress::counted,
};

/// So many operations on registers and keys of a store are read again to show a violation, at most.
const MOST: u64 = 1_000_000;

/// Follows one history to its end, to the first violation, or until it is interrupted or the file is gone.
pub(super) fn follow(options: &CheckOptions) -> Result<Exit, Failure> {
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
    stop_reading(&stopped).map_err(|error| Failure::cannot_start(&error))?;
    let gone = Gone::default();
    let copy = matches!(source, Source::StandardInput).then(Copy::new);
    let from = open(source, copy.as_ref(), &stopped, &gone)?;
    let bar = progress();
    let started = Instant::now();
    let (following, end) = following::follow(&name, from, &stopped, &options.limits(), &bar, |header| {
        if let (Spec::Stock, Some(copy)) = (header.spec, &copy) {
            copy.forget();
        }
    });
    bar.finish_and_clear();
    let violating = || Some(lock(&following.as_ref()?.followed).look()?.key);
    let so_far = following
        .as_ref()
        .map(|following| lock(&following.followed).so_far())
        .unwrap_or_default();
    let line = so_far.line;
    let ended = match end {
        Ok(ended) => ended,
        Err(Stop::Failed(failure)) => {
            // Without that, nobody would know why an empty file is not waited for.
            let why = gone.get().map(|why| format!(" ({why})")).unwrap_or_default();
            let failure = failure.and(&why);
            if violating().is_none() {
                return Err(failure);
            }
            print_warning(&format!("{failure}; what came before that was checked"));
            Ended::EnoughBeforeError
        }
        Err(Stop::OutOfOrder(error)) => {
            // Nothing is certain any more: what comes later may belong before what has been looked at.
            let doubtful = violating().map(|key| {
                format!(
                    "\n  By line {line}, {} was a violation, unless what comes late makes it right",
                    the_key(&key)
                )
            });
            return Err(Failure::bad_input(error + &doubtful.unwrap_or_default()));
        }
    };
    let Some(Following { header, followed }) = following else {
        return Err(Failure::bad_input(format!(
            "{shown}: interrupted before its first line had come"
        )));
    };
    match &ended {
        Ended::CutOff(warning) => print_warning(warning),
        Ended::Interrupted => print_warning(&format!("{shown}: interrupted; what had come was checked")),
        _ => {}
    }
    let gone = gone.get().filter(|_| matches!(ended, Ended::Input | Ended::CutOff(_)));
    if let Some(why) = gone {
        print_warning(&format!("{shown}: {why}; what came before that was checked"));
    }
    let mut checked = Checked {
        name: name.clone(),
        header,
        conclusion: Conclusion::Linearizable,
        operations: so_far.operations,
        keys: so_far.keys,
        took: Duration::ZERO,
        shown: Vec::new(),
        undecided: Vec::new(),
        cut_short: gone.copied().or(ended.cut_short()),
        provisional: ended == Ended::EnoughForNow,
        is_followed: true,
        notes: Vec::new(),
        fields: Map::new(),
    };
    if let Some(ends) = lock(&followed).ends() {
        let on: HashMap<String, u64> = ends
            .violations()
            .map(|(key, operations)| (key.to_string(), operations))
            .collect();
        // All at once: the copy can be taken only once.
        let few = checked.header.spec != Spec::Stock && on.values().sum::<u64>() <= MOST;
        let again = few.then(|| again::read(&name, path, copy.as_ref(), line, &on));
        judge(options, &mut checked, line, ends.all(), &mut again.flatten());
    }
    if ended == Ended::EnoughForNow {
        let note = format!(
            "Nothing came for 0.2 s after line {line}, so that was taken for the last line of its time: one more of the same time may \
             change this."
        );
        checked.notes.push(filled(&note, "  "));
    }
    if matches!(ended, Ended::Enough | Ended::EnoughForNow) && checked.keys > 1 {
        let note = "Stopped there; `oversell check` without --follow tells of every key.";
        checked.notes.push(note.to_string());
    }
    checked.took = started.elapsed();
    Ok(checked.print(options))
}

/// The verdict, and what shows the violations: what was kept of them, or what was read `again`.
fn judge(
    options: &CheckOptions,
    checked: &mut Checked,
    line: u64,
    seen: impl Iterator<Item = Seen>,
    again: &mut Option<History>,
) {
    for seen in seen {
        let (key, before, open, history) = match seen {
            Seen::Linearizable => continue,
            Seen::Undecided { key, limit } => {
                checked.conclusion = Conclusion::Undecided;
                checked.undecided.push((key, limit));
                continue;
            }
            Seen::Violation {
                key,
                before,
                open,
                history: Some(history),
            } => (key, before, open, Some(*history)),
            Seen::Violation { key, open, .. } => {
                let history = again.as_mut().and_then(|again| again::of_key(again, &key));
                (key, 0, open, history)
            }
        };
        checked.conclusion = Conclusion::Violation;
        let inspected = history.map(|history| (inspect(&history, &options.limits()), history));
        match inspected {
            Some((mut inspection, history)) if !inspection.findings.is_empty() => {
                for finding in &mut inspection.findings {
                    // These are not lost: their answers may be in what was not read. No counterexample needs them.
                    let unanswered = match &mut finding.finding {
                        AnyFinding::Stock(finding) => &mut finding.unanswered,
                        AnyFinding::Sales(finding) => &mut finding.unanswered,
                        AnyFinding::Register(finding) => &mut finding.unanswered,
                        AnyFinding::Kv(finding) => &mut finding.unanswered,
                    };
                    *unanswered = unanswered.saturating_sub(open);
                }
                checked.shown.push(Shown {
                    history,
                    inspection,
                    before,
                    open,
                });
            }
            _ => checked.notes.push(match checked.header.spec {
                Spec::Stock => format!(
                    "This is {}. It spans more than is kept: check the whole file to see it.",
                    the_key(&key)
                ),
                _ => format!(
                    "This is {}, certain by line {line}. Not shown: to show it, at most {} are\n  read again, where what was read could be \
                     kept, and checked within the limits.",
                    the_key(&key),
                    explain::operations(MOST),
                ),
            }),
        }
    }
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
    Ok(match (source, copy) {
        (Source::StandardInput, Some(copy)) => Box::new(Copied {
            from: io::stdin(),
            copy: copy.clone(),
        }),
        (Source::StandardInput, None) => Box::new(io::stdin()),
        // A pipe with a name.
        (Source::File(path), _) if path.metadata().is_ok_and(|file| !file.is_file() && !file.is_dir()) => {
            Box::new(Unopened(path, None))
        }
        (Source::File(path) | Source::Unreadable(path, _), _) => {
            Box::new(Growing::open(path, stopped, gone).map_err(|error| {
                Failure::bad_input(format!(
                    "{name}: failed to open it: {error}; expected a history file that is being written, or `-`"
                ))
            })?)
        }
    })
}

/// A line on standard error that counts operations, when that is a terminal.
fn progress() -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner().with_message("following");
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}  {elapsed}  {operations}") {
        bar.set_style(style.with_key("operations", counted));
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
