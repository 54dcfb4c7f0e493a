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
mod lost;
mod names;
mod outlook;
mod past;
mod walk;
mod wanted;

use std::collections::{HashSet, VecDeque};

use rustc_hash::FxHashSet;

pub use act::{Act, Followed};
use outlook::Ahead;
use walk::{Stopped, Walk};

use crate::checker::{Limit, Limits, Watched};

/// An operation that stays open while so many others are invoked is taken for one that is never answered.
const MOST_WAITING: usize = 1 << 18;
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

/// What is known of an operation.
#[derive(Clone, Debug)]
enum Known<Ret> {
    Nothing,
    /// It certainly had no effect.
    Failed,
    /// Its answer will not come.
    Lost,
    Answered(u64, Ret),
}

#[derive(Clone, Debug)]
struct Queued<Op, Ret> {
    invoked: u64,
    op: Op,
    known: Known<Ret>,
}

/// Checks one register or one key, event by event. See the module's description.
///
/// ```
/// use oversell::checker::{Limits, Watched, general::Monitor};
/// use oversell_models::spec::register::{Register, RegisterOp, RegisterRet};
///
/// let mut monitor = Monitor::new(&Register("0".to_string()), Limits::default());
/// let write = monitor.invoke(10, RegisterOp::Write("7".to_string()));
/// monitor.respond(write, 30, RegisterRet::Done);
/// let stale_read = monitor.invoke(40, RegisterOp::Read);
/// monitor.respond(stale_read, 50, RegisterRet::Value("0".to_string()));
/// assert!(matches!(monitor.finish(), Watched::Violation(_)));
/// ```
pub struct Monitor<S: Followed> {
    walk: Walk,
    /// What the walk has not been told of yet, by invocation.
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
    /// What was taken for never answered because it had been open for so long.
    given_up: FxHashSet<u64>,
    /// Some answer came too late to be held against the others.
    weakened: Option<Limit>,
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
            walk: Walk::new(texts, limits),
            queue: VecDeque::new(),
            first,
            responses: VecDeque::new(),
            watched: Watched::Linearizable,
            waiting: 0,
            glanced: 0,
            appends: false,
            given_up: FxHashSet::default(),
            weakened: None,
        }
    }

    /// Forgets how it came to what it is, where everything was answered and it is right so far. `None`: it must be kept.
    pub fn rest(&mut self) -> Option<AtRest> {
        self.advance();
        let at_rest = matches!(self.watched, Watched::Linearizable) && self.weakened.is_none() && self.queue.is_empty();
        let texts: HashSet<&str> = self.walk.at_rest().filter(|_| at_rest)?.collect();
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
        self.answer_counts(number);
        let Some(queued) = self.unknown(number) else { return };
        queued.known = Known::Answered(at, ret);
        self.responses.push_back((at, number));
        self.came();
    }

    /// It certainly had no effect.
    pub fn fail(&mut self, number: u64) {
        self.answer_counts(number);
        if let Some(queued) = self.unknown(number) {
            queued.known = Known::Failed;
            self.came();
        }
    }

    /// It will not be answered: it may have taken effect, may still, or never.
    pub fn lose(&mut self, number: u64) {
        self.given_up.remove(&number);
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
            self.given_up.insert(self.first + place as u64);
        }
        &self.watched
    }

    /// Looks at everything there is, for when nothing comes for a while: is it a violation whatever the answers that are
    /// still to come?
    pub fn glance(&mut self) -> &Watched {
        self.advance();
        self.glanced = self.queue.len();
        if matches!(self.watched, Watched::Linearizable) && !self.responses.is_empty() {
            let mut walk = self.walk.clone();
            let looked = look::<S>(&mut walk, &self.queue, self.first, &self.responses, None, self.appends);
            if looked == Err(Stopped::Refuted) {
                self.watched = Watched::Violation(Vec::new());
            }
        }
        &self.watched
    }

    /// There is no more: what has not been answered never will be.
    pub fn finish(mut self) -> Watched {
        self.advance_to(None);
        match (self.watched, self.weakened) {
            (Watched::Linearizable, Some(limit)) => Watched::Undecided(limit),
            (watched, _) => watched,
        }
    }

    /// It has come to be known what happened. Too late, if that was given up.
    fn answer_counts(&mut self, number: u64) {
        if self.given_up.remove(&number) {
            self.weakened = Some(Limit::Behind(MOST_WAITING));
        }
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
        let (queue, responses) = (&self.queue, &self.responses);
        match look::<S>(&mut self.walk, queue, self.first, responses, end, self.appends) {
            Ok((entered, responded)) => {
                self.queue.drain(..entered);
                self.responses.drain(..responded);
                self.first += entered as u64;
                self.enter_lost();
                self.walk.tidy();
            }
            Err(Stopped::Refuted) => self.watched = Watched::Violation(Vec::new()),
            Err(Stopped::Limit(limit)) => self.watched = Watched::Undecided(limit),
        }
    }
}

impl<S: Followed> Monitor<S> {
    /// What comes first in the queue and has no answer need not wait for one to come after it: every response that it did not
    /// precede has been looked at.
    fn enter_lost(&mut self) {
        while let Some(queued) = self.queue.front() {
            match queued.known {
                Known::Nothing | Known::Answered(..) => return,
                Known::Failed => {}
                Known::Lost => {
                    if let Err(Stopped::Limit(limit)) = self.walk.lose(S::act(&queued.op, None)) {
                        self.watched = Watched::Undecided(limit);
                        return;
                    }
                }
            }
            self.queue.pop_front();
            self.first += 1;
        }
    }
}

/// Takes the walk past the responses before `end`, or all of them. How many operations have entered it with that, and how many
/// responses it has passed?
fn look<S: Followed>(
    walk: &mut Walk,
    queue: &VecDeque<Queued<S::Op, S::Ret>>,
    first: u64,
    responses: &VecDeque<(u64, u64)>,
    end: Option<u64>,
    appends: bool,
) -> Result<(usize, usize), Stopped> {
    let before_end = |&at: &u64| end.is_none_or(|end| at < end);
    let numbered = (first..).zip(queue);
    let mut coming = numbered
        .filter_map(|(number, queued)| {
            let (returns, act) = match &queued.known {
                Known::Failed => return None,
                Known::Nothing | Known::Lost => (u64::MAX, S::act(&queued.op, None)),
                Known::Answered(at, ret) => (*at, S::act(&queued.op, Some(ret))),
            };
            let answered = matches!(queued.known, Known::Answered(..));
            Some(((queued.invoked, returns, number, act), answered))
        })
        .peekable();
    let ahead = if appends {
        let all: Vec<_> = coming.clone().map(|(coming, _)| coming).collect();
        Ahead::of(walk, &all)
    } else {
        Ahead::default()
    };
    walk.renew();
    let mut passed = 0;
    let mut last = None;
    for &(at, number) in responses.iter().take_while(|(at, _)| before_end(at)) {
        while let Some(((_, returns, number, act), answered)) = coming.next_if(|((invoked, ..), _)| *invoked <= at) {
            if answered {
                walk.invoke(number, returns, act)?;
            } else {
                walk.lose(act)?;
            }
        }
        walk.respond(number, &ahead)?;
        passed += 1;
        last = Some(at);
    }
    // What had no effect, or is lost, leaves the queue with what was invoked before it.
    let entered = last.map_or(0, |last| queue.partition_point(|queued| queued.invoked <= last));
    Ok((entered, passed))
}
