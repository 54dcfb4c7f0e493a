//! `oversell check -`: checked while the lines arrive, and looked at once more where that is not enough.
//!
//! A history whose lines are in order of time is checked as it comes, in memory that does not grow with it.
//! A compressed copy of what was read is kept, so that everything else gets the same answer as a file would: lines in any
//! order, and an account of every key that is a violation or was not decided in passing.

use std::{
    collections::HashSet,
    io::{self, BufReader, Read},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use oversell_checker::{
    engines::Limits,
    examine::{Conclusion, inspect},
    history::{self, Header, History, Warning, number},
};
use serde_json::Value;

use super::{
    CheckOptions, Exit, Headline, Source,
    copy::{Copied, Copy},
    elsewhere,
    feed::{Came, Ended, Feed, Further, Stop, stop_on_interrupt},
    follow::{Report, progress},
    input::Interruptible,
    json, print_details, print_warning, print_whole,
    watching::News,
};
use crate::cli::output::println;
use crate::report::terminal::Style;

/// So many operations are read into memory for a second look, at most: some 200 MB.
const MOST: u64 = 1_000_000;

/// Such a part of the time may be spent before a key is left to the second look, which has all of it.
const IN_PASSING: u32 = 10;

/// Checks standard input.
pub(super) fn check(options: &CheckOptions, limits: &Limits, style: &Style) -> Result<Exit, String> {
    let name = Source::StandardInput.name();
    let stopped = Arc::new(AtomicBool::new(false));
    stop_on_interrupt(&stopped).map_err(|error| format!("failed to listen for Ctrl-C: {error}"))?;
    let copy = Copy::new();
    let input = Interruptible::start(io::stdin(), &stopped);
    let from = Copied {
        from: input.clone(),
        copy: copy.clone(),
    };
    let started = Instant::now();
    let bar = progress("checking");
    // The first of them has been told.
    let mut violations: Vec<(String, u64)> = Vec::new();
    let in_passing = Limits {
        time: limits.time / IN_PASSING,
        ..*limits
    };
    let came = Feed::start(&name, from, &stopped).watch(&in_passing, &bar, |news| {
        match news {
            News::Violation { key, line } => {
                if violations.is_empty() {
                    bar.suspend(|| announce(&name, key, line));
                }
                violations.push((key.to_string(), line));
            }
            News::TakenBack { key, line } => {
                let was_told = violations.first().is_some_and(|(told, _)| told == key);
                violations.retain(|(told, _)| told != key);
                if !was_told {
                    return Further::Yes;
                }
                bar.suspend(|| {
                    print_warning(&format!(
                        "{name}: taken back: {} is no violation; what makes it right came later than line {line}, but has the same \
                         time",
                        history::the_key(key)
                    ));
                    if let Some((key, line)) = violations.first() {
                        announce(&name, key, *line);
                    }
                });
            }
        }
        Further::Yes
    });
    bar.finish_and_clear();
    let (watch, ended) = match came {
        Came::Whole(Some(watch), ended) => (watch, ended),
        Came::Whole(None, _) => return Err(format!("{name}: interrupted before its first line had come")),
        Came::Stopped(watch, Stop::Failed(error)) => {
            let hint = elsewhere(&Source::StandardInput, &error);
            if let Some(mut watch) = watch {
                watch.glance(&mut |news| {
                    match news {
                        News::Violation { key, line } => violations.push((key.to_string(), line)),
                        News::TakenBack { key, .. } => violations.retain(|(told, _)| told != key),
                    }
                    Further::Yes
                });
            }
            let before = violations.first().map(|(key, line)| {
                format!(
                    "\n  Before that, {} was a violation by line {line}, unless a line comes late: mend the history, and check it again",
                    history::the_key(key)
                )
            });
            return Err(error + &hint + &before.unwrap_or_default());
        }
        Came::Stopped(_, Stop::OutOfOrder { line, .. }) => {
            if let Some((key, _)) = violations.first() {
                print_warning(&format!(
                    "{name}: taken back for now: that {} is a violation, because line {line} is about an earlier time than the lines \
                     before it; such a history is read whole before it is checked",
                    history::the_key(key)
                ));
            }
            // As a file is read: whole.
            let all = copy.take()?.chain(input);
            let (whole, warnings) = read(&name, all, |_| true)?;
            if stopped.load(Ordering::Relaxed) {
                return Ok(print_part(options, &name, &whole, started));
            }
            warnings.iter().for_each(|warning| print_warning(warning));
            let cut_short = warnings.first().map(|warning| warning.notice.cut_short());
            return Ok(print_whole(options, &name, &whole, cut_short, limits, style));
        }
    };
    let cut_short = ended.cut_short();
    if ended == Ended::Interrupted {
        print_warning(&format!("{name}: interrupted; what had come was checked"));
    }
    let total = Total {
        operations: watch.operations(),
        keys: watch.keys(),
        started,
        cut_short,
    };
    let line = watch.line();
    let ends = watch.ends();
    let suspects: HashSet<String> = ends.keys().map(|(key, _)| key.to_string()).collect();
    let on_suspects: u64 = ends.keys().map(|(_, operations)| operations).sum();
    if suspects.is_empty() {
        total.print_pass(options, &name, ends.header());
        return Ok(Exit::AsExpected);
    }
    let report = Report {
        name: &name,
        spec: ends.header().spec,
        line,
        operations: total.operations,
        keys: total.keys,
        started,
        cut_short,
        provisional: false,
    };
    if on_suspects > MOST {
        print_warning(&format!(
            "{name}: {} operations are on keys that do not pass, too many for a whole account (at most {}): only the first violation \
             is shown, by its end",
            number(on_suspects),
            number(MOST)
        ));
        return Ok(report.print(options, std::iter::once(ends.first()), limits, style));
    }
    let copy = match copy.take() {
        Ok(copy) => copy,
        Err(error) => {
            print_warning(&format!("{name}: {error}; what was seen in passing is told without it"));
            return Ok(report.print(options, ends.all(), limits, style));
        }
    };
    if total.operations <= MOST {
        let whole = read(&name, copy, |_| true)?.0;
        return Ok(print_whole(options, &name, &whole, cut_short, limits, style));
    }
    let some = read(&name, copy, |key| suspects.contains(key))?.0;
    Ok(total.print_suspects(options, &name, &some, limits, style))
}

/// Says that a part of a history that has to be read whole is not judged: its lines may stand in any order, so what has not come
/// may belong before what has.
fn print_part(options: &CheckOptions, name: &str, part: &History, started: Instant) -> Exit {
    let total = Total {
        operations: part.operations() as u64,
        keys: part.keys(),
        started,
        cut_short: Ended::Interrupted.cut_short(),
    };
    let limit = "interrupted before it was checked";
    let keys: Vec<json::Undecided<'_>> = (0..total.keys)
        .map(|index| (part.key(index), limit.to_string()))
        .collect();
    total.print(options, name, &part.header, Conclusion::Undecided, &[], &keys);
    print_warning(&format!(
        "{name}: interrupted; such a history is read whole before it is checked (its lines may stand in any order), so no part of \
         it was"
    ));
    Exit::Undecided
}

/// What there was in all.
struct Total {
    operations: u64,
    keys: usize,
    started: Instant,
    cut_short: Option<&'static str>,
}

impl Total {
    fn print_pass(&self, options: &CheckOptions, name: &str, header: &Header) {
        self.print(options, name, header, Conclusion::Linearizable, &[], &[]);
    }

    /// The keys that do not pass were looked at once more.
    fn print_suspects(
        &self,
        options: &CheckOptions,
        name: &str,
        some: &History,
        limits: &Limits,
        style: &Style,
    ) -> Exit {
        let inspection = inspect(some, limits);
        let conclusion = inspection.examination.conclusion;
        let (violations, undecided) = json::found(some, &inspection);
        self.print(options, name, &some.header, conclusion, &violations, &undecided);
        if !options.json {
            print_details(options, name, some, &inspection, style);
        }
        conclusion.into()
    }

    fn print(
        &self,
        options: &CheckOptions,
        name: &str,
        header: &Header,
        conclusion: Conclusion,
        violations: &[Value],
        undecided: &[json::Undecided<'_>],
    ) {
        if options.json {
            let line = json::Checked {
                file: name,
                spec: header.spec,
                conclusion,
                operations: self.operations,
                keys: self.keys,
                took: self.started.elapsed(),
                violations,
                undecided,
                cut_short: self.cut_short,
                provisional: false,
            };
            println!("{}", line.to_json());
        } else {
            let headline = Headline {
                conclusion,
                header,
                operations: self.operations,
                keys: self.keys,
                took: self.started.elapsed(),
            };
            headline.print(name);
        }
    }
}

/// The first violation is told as soon as it can be.
fn announce(name: &str, key: &str, line: u64) {
    print_warning(&format!(
        "{name}: {} is a violation by line {line}, unless a line comes late, about that time or an earlier one; the rest is read \
         for a whole account (Ctrl-C: an account of what has come)",
        history::the_key(key),
    ));
}

/// Reads the copy. What was noticed at its end has been said already where it has been read to its end.
fn read(
    name: &str,
    from: impl Read + Send,
    wanted: impl Fn(&str) -> bool + Send + Sync,
) -> Result<(History, Vec<Warning>), String> {
    let from = BufReader::with_capacity(1 << 18, from);
    history::read_keys(name, from, wanted).map_err(|error| error.to_string())
}
