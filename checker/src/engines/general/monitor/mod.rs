//! Checks a register, or a key of a store, while its history is still being made, with memory bounded by what is open.
//!
//! Instead of one past at a time, as the search for finished histories has, it keeps all that are possible, and goes from
//! response to response with them (Lowe 2017, "Testing for linearizability", breadth first). A past is a text, which of the
//! open operations have taken effect, and which of the indeterminate ones; when none is left, it is a violation.
//!
//! A response is looked at when everything that was invoked before it has been answered or given up: what a reader saw decides
//! which pasts are worth keeping. Where that takes a while, [`Monitor::glance`] asks what is certain whatever the answers: it
//! takes them for lost.

mod act;
mod exact;
mod lost;
mod names;
mod open;
mod outlook;
mod past;
mod queue;
#[cfg(test)]
mod tests;
mod walk;
mod wanted;
mod windows;

use std::collections::{HashSet, VecDeque};

pub use act::{Act, Followed};
use exact::Exact;
use queue::{Known, Queued, coming, pop_if};
use windows::{Entry, Windows};

use crate::engines::{
    Limits, Watched,
    late::{Late, MOST_WAITING},
    stopped::Stopped,
};

/// Responses are looked at in groups of this many: a group says what is got next.
const GROUP: usize = 512;
/// While an operation keeps the walk from going on, every so many others are looked at as if it were lost.
const GLANCE: usize = 1 << 12;
/// A text with more values than this is not at rest.
const MOST_TEXTS: usize = 8;

/// All that has to be known of a text while nobody acts on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtRest {
    /// What it may be: what is not known is which of several writes was last.
    texts: Box<[Box<str>]>,
    /// The number of the next operation.
    next: u64,
}

/// Checks one register or one key, event by event. See the module's description.
///
/// ```
/// use oversell_checker::engines::{Limits, Watched, general::Monitor};
/// use oversell_spec::register::{Register, RegisterOp, RegisterRet};
///
/// let mut monitor = Monitor::new(&Register("0".to_string()), Limits::default());
/// let write = monitor.invoke(10, RegisterOp::Write("7".to_string()));
/// monitor.respond(write, 30, RegisterRet::Done);
/// let stale_read = monitor.invoke(40, RegisterOp::Read);
/// monitor.respond(stale_read, 50, RegisterRet::Value("0".to_string()));
/// assert!(matches!(monitor.finish(), Watched::Violation(_)));
/// ```
#[derive(Clone)]
pub struct Monitor<S: Followed> {
    way: Way<S>,
    /// What has not been looked at yet, by invocation.
    queue: VecDeque<Queued<S::Op, S::Ret>>,
    /// The number of the first in the queue.
    first: u64,
    /// When and which, in order of time.
    responses: VecDeque<(u64, u64)>,
    watched: Watched,
    /// Responses since it was last tried to look at them.
    waiting: usize,
    /// The length of the queue at the last glance.
    glanced: usize,
    /// Does anybody append?
    appends: bool,
    late: Late,
}

/// How it is looked at.
#[derive(Clone)]
enum Way<S: Followed> {
    Exact(Box<Exact<S>>),
    Windows(Box<Windows<S>>),
}

impl<S: Followed> Monitor<S> {
    /// Of what is `initial` at first. The limits are for each few hundred operations.
    #[must_use]
    pub fn new(initial: &S, limits: Limits) -> Self {
        Self::starting(std::iter::once(initial.text()), 0, limits)
    }

    /// Goes on where it came to rest.
    #[must_use]
    pub fn resume(resting: &AtRest, limits: Limits) -> Self {
        Self::starting(resting.texts.iter().map(|text| &**text), resting.next, limits)
    }

    fn starting<'a>(texts: impl Iterator<Item = &'a str>, first: u64, limits: Limits) -> Self {
        Self {
            way: Way::Exact(Box::new(Exact::new(texts, limits))),
            queue: VecDeque::new(),
            first,
            responses: VecDeque::new(),
            watched: Watched::Linearizable,
            waiting: 0,
            glanced: 0,
            appends: false,
            late: Late::default(),
        }
    }

    /// Forgets how it came to what it is, where everything was answered and it is right so far. `None`: it must be kept.
    pub fn rest(&mut self) -> Option<AtRest> {
        self.advance();
        self.catch_up();
        let Way::Exact(exact) = &self.way else { return None };
        let at_rest = matches!(self.watched, Watched::Linearizable) && self.late.is_complete() && self.queue.is_empty();
        let texts: HashSet<&str> = exact.at_rest().filter(|_| at_rest)?.collect();
        let mut texts: Box<[Box<str>]> = texts.into_iter().map(Box::from).collect();
        texts.sort_unstable();
        (texts.len() <= MOST_TEXTS).then_some(AtRest {
            texts,
            next: self.first,
        })
    }

    /// An operation is invoked. Events come in order of time, at equal times invocations first. Returns the operation's
    /// number, from 0 on.
    pub fn invoke(&mut self, at: u64, op: S::Op) -> u64 {
        let number = self.first + self.queue.len() as u64;
        self.appends |= matches!(S::act(&op, None), Act::Appends(_));
        self.queue.push_back(Queued {
            invoked: at,
            op,
            known: Known::Nothing,
        });
        number
    }

    /// It is answered.
    pub fn respond(&mut self, number: u64, at: u64, ret: S::Ret) {
        self.late.answered(number);
        let Some(queued) = self.unknown(number) else { return };
        queued.known = Known::Answered(at, ret);
        self.responses.push_back((at, number));
        self.came();
    }

    /// It certainly had no effect.
    pub fn fail(&mut self, number: u64) {
        self.late.answered(number);
        if let Some(queued) = self.unknown(number) {
            queued.known = Known::Failed;
            self.came();
        }
    }

    /// It will not be answered: it may have taken effect, may still, or never.
    pub fn lose(&mut self, number: u64) {
        self.late.lost(number);
        if let Some(queued) = self.unknown(number) {
            queued.known = Known::Lost;
            self.came();
        }
    }

    /// One more operation is known.
    fn came(&mut self) {
        self.waiting += 1;
        if self.waiting >= GROUP {
            self.advance();
            if self.queue.len() >= self.glanced + GLANCE {
                self.glance();
            }
        }
    }

    /// What is known so far.
    pub const fn watched(&self) -> &Watched {
        &self.watched
    }

    /// Looks at every response that can be looked at.
    pub fn advance(&mut self) -> &Watched {
        self.waiting = 0;
        let blocking = |queued: &Queued<_, _>| matches!(queued.known, Known::Nothing);
        let blocked = self.queue.iter().position(blocking);
        self.advance_to(blocked.map(|place| self.queue[place].invoked));
        self.glanced = self.glanced.min(self.queue.len());
        if self.queue.len() > MOST_WAITING
            && let Some(place) = self.queue.iter().position(blocking)
        {
            self.queue[place].known = Known::Lost;
            self.late.give_up(self.first + place as u64);
        }
        &self.watched
    }

    /// Looks at everything there is, for when nothing comes for a while: is it a violation whatever the answers that are
    /// still to come?
    pub fn glance(&mut self) -> &Watched {
        self.advance();
        self.glanced = self.queue.len();
        if !matches!(self.watched, Watched::Linearizable) {
            return &self.watched;
        }
        if let Way::Exact(exact) = &mut self.way
            && !self.responses.is_empty()
        {
            match exact.glance(&self.queue, self.first, &self.responses, self.appends) {
                Err(Stopped::Limit(limit)) => match exact.give_up(limit) {
                    Ok(windows) => self.way = Way::Windows(Box::new(windows)),
                    Err(stopped) => self.conclude(Err(stopped)),
                },
                looked => self.conclude(looked),
            }
        }
        if let Way::Windows(windows) = &mut self.way {
            let coming = coming::<S>(&self.queue, self.first);
            let more: Vec<Entry> = coming
                .map(|(invoked, returns, number, act)| windows.entry(number, invoked, returns, act))
                .collect();
            let upto = self.responses.back().map_or(0, |&(at, _)| at);
            if windows.glance(&more, upto) {
                self.watched = Watched::Violation(Vec::new());
            }
        }
        &self.watched
    }

    /// There is no more: what has not been answered never will be.
    pub fn finish(mut self) -> Watched {
        self.advance_to(None);
        self.catch_up();
        self.late.conclude(self.watched)
    }

    fn unknown(&mut self, number: u64) -> Option<&mut Queued<S::Op, S::Ret>> {
        let place = usize::try_from(number.checked_sub(self.first)?).ok()?;
        let queued = self.queue.get_mut(place)?;
        matches!(queued.known, Known::Nothing).then_some(queued)
    }

    /// Looks at the responses before `end`, by when everything invoked is known, or at all of them.
    fn advance_to(&mut self, end: Option<u64>) {
        if !matches!(self.watched, Watched::Linearizable) {
            // There is nothing more to learn, and nothing more to keep but the count.
            self.first += self.queue.len() as u64;
            self.queue.clear();
            self.responses.clear();
            return;
        }
        let advanced = self.advance_exact(end).and_then(|()| self.advance_windows(end));
        let advanced = advanced.and_then(|()| self.enter_lost());
        self.conclude(advanced);
    }

    fn conclude(&mut self, advanced: Result<(), Stopped>) {
        match advanced {
            Ok(()) => {}
            Err(Stopped::Refuted) => self.watched = Watched::Violation(Vec::new()),
            Err(Stopped::Limit(limit)) => self.watched = Watched::Undecided(limit),
        }
    }

    fn advance_exact(&mut self, end: Option<u64>) -> Result<(), Stopped> {
        let Way::Exact(exact) = &mut self.way else {
            return Ok(());
        };
        match exact.advance(&mut self.queue, self.first, &mut self.responses, end, self.appends) {
            Ok(entered) => {
                self.first += entered;
                exact.tidy();
                Ok(())
            }
            Err(Stopped::Limit(limit)) => {
                self.way = Way::Windows(Box::new(exact.give_up(limit)?));
                Ok(())
            }
            Err(Stopped::Refuted) => Err(Stopped::Refuted),
        }
    }

    fn advance_windows(&mut self, end: Option<u64>) -> Result<(), Stopped> {
        let Way::Windows(windows) = &mut self.way else {
            return Ok(());
        };
        while let Some(&(at, _)) = self.responses.front()
            && end.is_none_or(|end| at < end)
        {
            while let Some(queued) = pop_if(&mut self.queue, |queued| queued.invoked <= at) {
                if let Some(entry) = queued.entry::<S>(self.first, windows) {
                    windows.enter(entry)?;
                }
                self.first += 1;
            }
            self.responses.pop_front();
            windows.answered(at);
            if windows.is_due() {
                windows.advance()?;
            }
        }
        Ok(())
    }

    /// What comes first in the queue and has no answer need not wait for one to come after it: every response that it did not
    /// precede has been looked at.
    fn enter_lost(&mut self) -> Result<(), Stopped> {
        while let Some(lost) = pop_if(&mut self.queue, |queued| {
            matches!(queued.known, Known::Failed | Known::Lost)
        }) {
            let number = self.first;
            self.first += 1;
            if matches!(lost.known, Known::Failed) {
                continue;
            }
            match &mut self.way {
                Way::Exact(exact) => exact.lose(number, lost)?,
                Way::Windows(windows) => {
                    if let Some(entry) = lost.entry::<S>(number, windows) {
                        windows.enter(entry)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Looks at what has entered.
    fn catch_up(&mut self) {
        if matches!(self.watched, Watched::Linearizable)
            && let Way::Windows(windows) = &mut self.way
        {
            let advanced = windows.advance();
            self.conclude(advanced);
        }
    }
}
