//! Ctrl-C: the first stops the clients and keeps what was recorded, the second ends the program at once.

use std::{
    future::poll_fn,
    io,
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    task::AbortHandle,
};

use oversell_checker::engines::hurry;

use super::{exit::print_warning, progress::aside, unfinished::end};
use crate::stress::Progress;

/// A signal so soon after the first is the same one: `timeout` of GNU coreutils sends it to the program and then, at once, to all
/// of its group. Nobody presses Ctrl-C twice in that time.
const SAME: Duration = Duration::from_millis(150);

/// So much may still be spent on verdicts and explanations then: most take less.
const GRACE: Duration = Duration::from_millis(500);

/// Signals to this process that ask it to end.
pub(super) struct Signals(Vec<(SignalKind, Signal)>);

impl Signals {
    /// Interrupt and termination: from now on they do not end the program by themselves. Needs a runtime.
    pub(super) fn listen() -> io::Result<Self> {
        Self::to([SignalKind::interrupt(), SignalKind::terminate()])
    }

    /// The same, and the end of the terminal and Ctrl-\, unless we were told to ignore them.
    fn that_stop() -> io::Result<Self> {
        let further = [SignalKind::hangup(), SignalKind::quit()].into_iter().filter(is_heeded);
        Self::to(
            [SignalKind::interrupt(), SignalKind::terminate()]
                .into_iter()
                .chain(further),
        )
    }

    /// The same, the end of the terminal and Ctrl-\, but for those that we were told to ignore when we were started (`nohup`).
    pub(super) fn that_end() -> io::Result<Self> {
        let kinds = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
            SignalKind::quit(),
        ];
        Self::to(kinds.into_iter().filter(is_heeded))
    }

    fn to(kinds: impl IntoIterator<Item = SignalKind>) -> io::Result<Self> {
        let listened = kinds.into_iter().map(|kind| Ok((kind, signal(kind)?)));
        listened.collect::<io::Result<_>>().map(Self)
    }

    /// Does this at the first, from where on nothing is searched for long, and ends the program at the second: with 128 and its number, as
    /// a shell says it.
    pub(super) async fn heed(mut self, first: impl FnOnce()) {
        self.next().await;
        let came = Instant::now();
        hurry(GRACE);
        first();
        let second = loop {
            let next = self.next().await;
            if came.elapsed() >= SAME {
                break next;
            }
        };
        // The private server goes with us: its watchdog sees our end of the pipe close.
        end(128 + second.as_raw_value());
    }

    /// The next that comes.
    pub(super) async fn next(&mut self) -> SignalKind {
        poll_fn(|context| {
            let mut signals = self.0.iter_mut();
            let came = signals.find_map(|(kind, signal)| signal.poll_recv(context).is_ready().then_some(*kind));
            came.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

/// Were we not told to ignore this when we were started?
fn is_heeded(kind: &SignalKind) -> bool {
    !is_ignored(*kind).unwrap_or(*kind == SignalKind::hangup())
}

/// Was this ignored when we were started? `None` where the system does not say.
fn is_ignored(kind: SignalKind) -> Option<bool> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
    Some(mask >> (kind.as_raw_value() - 1) & 1 == 1)
}

/// Listens while it lives.
pub(super) struct Interrupt(AbortHandle);

impl Interrupt {
    /// Stops `progress` on the first signal that asks to end, also when the terminal has gone: what was left on a server that we did not
    /// start would stay there. Says `what` is being done. Needs a runtime.
    pub(super) fn stops(progress: &Arc<Progress>, what: &'static str) -> io::Result<Self> {
        let signals = Signals::that_stop()?;
        let progress = Arc::clone(progress);
        let task = tokio::spawn(signals.heed(move || {
            // First, whatever becomes of the words.
            progress.stop();
            aside(|| print_warning(&format!("{what} (once more to quit at once)")));
        }));
        Ok(Self(task.abort_handle()))
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.0.abort();
    }
}
