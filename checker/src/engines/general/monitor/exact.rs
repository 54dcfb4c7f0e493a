//! All pasts at once, as long as they are few enough; and what has to be known to go on without them.

use std::collections::VecDeque;

use oversell_spec::SequentialSpec;

use super::{
    act::{Act, Followed},
    outlook::Ahead,
    queue::{Queued, coming},
    walk::Walk,
    windows::Windows,
};
use crate::engines::{Limit, Limits, budget::Budget, stopped::Stopped};

/// Configurations that may be visited ahead of time, and for each response more.
const CREDIT: u64 = 1 << 18;
const CREDIT_EACH: u64 = 1 << 7;
/// With so many pasts it is worth a place to go on from.
const FEW: usize = 4;
/// Such a place is moved after so many operations, and after so many more with whatever there is.
const SOME: usize = 512;
const MANY: usize = 4096;
/// Or when there are so many bytes in what was read.
const MOST_BYTES: usize = 1 << 21;

/// Operations by number.
type Entered<S> = Vec<(u64, Queued<<S as SequentialSpec>::Op, <S as SequentialSpec>::Ret>)>;

#[derive(Clone)]
pub(super) struct Exact<S: Followed> {
    walk: Walk,
    limits: Limits,
    credit: u64,
    /// The last response it has passed.
    passed: Option<u64>,
    /// Where it stood when there were few pasts, and the last response before that.
    place: (Walk, Option<u64>),
    /// What has entered since, by number.
    since: Entered<S>,
    bytes: usize,
}

impl<S: Followed> Exact<S> {
    pub(super) fn new<'a>(texts: impl Iterator<Item = &'a str>, limits: Limits) -> Self {
        let walk = Walk::new(texts, limits);
        Self {
            place: (walk.clone(), None),
            walk,
            limits,
            credit: CREDIT,
            passed: None,
            since: Vec::new(),
            bytes: 0,
        }
    }

    /// The texts that are possible when nothing is open and nothing was lost.
    pub(super) fn at_rest(&self) -> Option<impl Iterator<Item = &str>> {
        self.walk.at_rest()
    }

    /// What it may spend on so many responses.
    fn limits(&self, responses: usize) -> Limits {
        let credit = self.credit + CREDIT_EACH * responses as u64;
        Limits {
            configurations: self.limits.configurations.min(credit),
            ..self.limits
        }
    }

    /// Looks at the responses before `end`, or at all of them, and takes what has entered with that out of the queue.
    pub(super) fn advance(
        &mut self,
        queue: &mut VecDeque<Queued<S::Op, S::Ret>>,
        first: u64,
        responses: &mut VecDeque<(u64, u64)>,
        end: Option<u64>,
        appends: bool,
    ) -> Result<u64, Stopped> {
        self.walk.budget = Budget::new(self.limits(responses.len()));
        let (entered, responded) = look::<S>(&mut self.walk, queue, first, responses, end, appends)?;
        let left = CREDIT_EACH * responded as u64 + self.credit;
        self.credit = left.saturating_sub(self.walk.budget.visited()).min(CREDIT);
        self.passed = responses
            .drain(..responded)
            .next_back()
            .map(|(at, _)| at)
            .or(self.passed);
        for (number, queued) in (first..).zip(queue.drain(..entered)) {
            if let Some((_, Act::Sees(text))) = queued.does::<S>() {
                self.bytes += text.len();
            }
            self.since.push((number, queued));
        }
        Ok(entered as u64)
    }

    /// An operation that will not be answered, and that nothing has to wait for.
    pub(super) fn lose(&mut self, number: u64, lost: Queued<S::Op, S::Ret>) -> Result<(), Stopped> {
        self.walk.lose(S::act(&lost.op, None))?;
        self.since.push((number, lost));
        Ok(())
    }

    pub(super) fn tidy(&mut self) {
        self.walk.tidy();
        let since = self.since.len();
        let is_good = since >= SOME.max(self.walk.lost.len()) && self.walk.pasts.len() <= FEW;
        if is_good || since >= MANY || self.bytes >= MOST_BYTES {
            self.place = (self.walk.clone(), self.passed);
            self.since.clear();
            self.bytes = 0;
        }
    }

    /// Is what has come a violation, and what is not known yet with it?
    pub(super) fn glance(
        &self,
        queue: &VecDeque<Queued<S::Op, S::Ret>>,
        first: u64,
        responses: &VecDeque<(u64, u64)>,
        appends: bool,
    ) -> Result<(), Stopped> {
        let mut walk = self.walk.clone();
        walk.budget = Budget::new(self.limits(responses.len()));
        look::<S>(&mut walk, queue, first, responses, None, appends).map(|_| ())
    }

    /// Goes on without all pasts.
    pub(super) fn give_up(&mut self, why: Limit) -> Result<Windows<S>, Stopped> {
        let (walk, passed) = &self.place;
        let mut windows = Windows::new(&walk.all_pasts(*passed), self.limits, why);
        for (number, queued) in self.since.drain(..) {
            if let Some(entry) = queued.entry::<S>(number, &mut windows) {
                windows.enter(entry)?;
            }
        }
        if let Some(passed) = self.passed {
            windows.answered(passed);
        }
        Ok(windows)
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
    let mut coming = coming::<S>(queue, first).peekable();
    let ahead = if appends {
        let all: Vec<_> = coming.clone().collect();
        Ahead::of(&mut walk.names, &walk.open, &all)
    } else {
        Ahead::default()
    };
    let mut passed = 0;
    let mut last = None;
    for &(at, number) in responses.iter().take_while(|(at, _)| before_end(at)) {
        while let Some((_, returns, number, act)) = coming.next_if(|(invoked, ..)| *invoked <= at) {
            match returns {
                Some(returns) => walk.invoke(number, returns, act)?,
                None => walk.lose(act)?,
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
