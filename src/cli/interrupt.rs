//! Signals that ask the program to end: what is done first, and what does not stay behind.

use std::{
    io,
    sync::{
        Arc, Once,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use oversell_checker::{engines::hurry, history::Unfinished};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ},
    iterator::{Handle, Signals},
};

use super::{
    exit::Failure,
    output::{print_error, print_warning},
    progress::aside,
};
use crate::stress::Progress;

/// A signal so soon after the first is the same one: `timeout` of GNU coreutils sends it to the program and then, at once, to all
/// of its group. Nobody presses Ctrl-C twice in that time.
const SAME: Duration = Duration::from_millis(150);

/// So much may still be spent on verdicts and explanations then: most take less.
const GRACE: Duration = Duration::from_millis(300);

/// After so long what was read until an interrupt is not judged any more. What a search holds takes its time to be given back, too.
const PATIENCE: Duration = Duration::from_millis(650);

/// Does this at the first of these signals, from where on nothing is searched for long, and ends the program at the second. Both
/// happen on a thread of their own.
fn heed(signals: impl IntoIterator<Item = i32>, first: impl FnOnce(i32) + Send + 'static) -> io::Result<Handle> {
    let mut signals = Signals::new(signals)?;
    let handle = signals.handle();
    thread::Builder::new().spawn(move || {
        let mut signals = signals.forever();
        let Some(signal) = signals.next() else { return };
        let came = Instant::now();
        hurry(GRACE);
        first(signal);
        if let Some(second) = signals.find(|_| came.elapsed() >= SAME) {
            // The private server goes with us: its watchdog sees our end of the pipe close.
            end(second);
        }
    })?;
    Ok(handle)
}

/// Were we not told to ignore this when we were started, as by `nohup`?
fn is_heeded(signal: &i32) -> bool {
    let is_ignored = || -> Option<bool> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
        let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
        Some(mask >> (signal - 1) & 1 == 1)
    };
    // Where the system does not say.
    !is_ignored().unwrap_or(*signal == SIGHUP)
}

/// All that ask to end.
fn heeded() -> impl Iterator<Item = i32> {
    [SIGINT, SIGTERM, SIGHUP, SIGQUIT].into_iter().filter(is_heeded)
}

/// Ends the program as a shell says of a signal, and leaves nothing that is not finished.
fn end(signal: i32) -> ! {
    let mut unfinished = Unfinished::hold();
    unfinished.discard();
    std::process::exit(128 + signal)
}

/// From now on signals that end the program are heeded here: while this is held they wait, and then they remove what is not finished.
pub(super) fn hold() -> Unfinished {
    static LISTENS: Once = Once::new();
    LISTENS.call_once(|| {
        // Where that is not possible, files are written all the same.
        let _ = heed(heeded(), |signal| end(signal));
    });
    Unfinished::hold()
}

/// The first interrupt ends the reading, and what was read is judged, unless that takes too long; the second ends the program.
pub(super) fn stop_reading(stopped: &Arc<AtomicBool>) -> io::Result<()> {
    let stopped = Arc::clone(stopped);
    let first = move |signal| {
        stopped.store(true, Ordering::Relaxed);
        thread::sleep(PATIENCE);
        print_error(&"interrupted; there is no verdict: that takes too long");
        end(signal);
    };
    heed([SIGINT, SIGTERM], first).map(drop)
}

/// Listens while it lives.
pub(super) struct Interrupt(Handle);

impl Interrupt {
    /// Ends the program at the first signal: there is nothing yet that would be lost.
    pub(super) fn ends() -> Result<Self, Failure> {
        Self::heed(|signal| end(signal))
    }

    /// Stops `progress` on the first signal that asks to end, also when the terminal has gone: what was left on a server that we did not
    /// start would stay there. Says `what` is being done.
    pub(super) fn stops(progress: &Arc<Progress>, what: &'static str) -> Result<Self, Failure> {
        let progress = Arc::clone(progress);
        Self::heed(move |_| {
            // First, whatever becomes of the words.
            progress.stop();
            aside(|| print_warning(&format!("{what} (once more to quit at once)")));
        })
    }

    fn heed(first: impl FnOnce(i32) + Send + 'static) -> Result<Self, Failure> {
        let listens = heed(heeded(), first);
        listens.map(Self).map_err(|error| Failure::cannot_start(&error))
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// A file that would grow beyond the limit of its size (`ulimit -f`) is an error of the one who writes it, as a full disk is: the
/// signal, which would end the program there and then, goes nowhere.
pub(super) fn survive_size_limits() {
    // Where that is not possible, the program ends as others do.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
}
