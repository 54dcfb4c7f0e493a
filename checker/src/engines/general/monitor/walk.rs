//! From response to response, with all pasts that are possible.
//!
//! The rules are those of the [search that goes deep first](super::super::explore), for acts on a text, and breadth first:
//! 1. *Just in time.* Open operations take effect only so that the one that returns now can.
//! 2. *Interchangeable operations*: of equal ones the one that returns first. (Of appends both, for of these one may be hidden
//!    where the other may not.)
//! 3. *What changes nothing is done at once* where its answer fits.
//! 4. *Hidden.* A reset or an append that was open when the last reset took effect may have taken effect right before that, where
//!    nobody saw it. So when it returns it is passed, and the past goes on as it was.
//! 5. *Wanted.* So a reset takes effect early only where somebody may want to see it. Take an order that explains everything,
//!    with what changes nothing as early as its answer fits, and in it a reset u that has not returned and after which
//!    neither an observer, nor a compare-and-set, nor an append comes before the next reset w. If w is to take effect now as
//!    well, u can be left out: it is open, so it will be hidden before w (and if w is left out in the same way, before the
//!    one after it). If not, u would be the last of all that take effect now, and the last is the one that returns. What an
//!    observer, a compare-and-set or an append may want to find is known when everything that was invoked has been answered
//!    or given up, and the walk waits for that.
//! 6. *What is lost* (its answer will never come) takes effect only where it is seen in that sense.
//!
//! Where the same past comes about twice, the later reset leaves more to be hidden, and the earlier is forgotten; where two differ
//! only in what is lost, the one that needed less of it stays.

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::{
    super::window::Window,
    act::Act,
    lost::{self, Lost},
    names::{Name, Names},
    open::Open,
    outlook::Ahead,
    past::{Past, Taken},
    wanted::{By, Candidate, wanted},
    windows,
};
use crate::engines::{Limit, Limits, budget::Budget, stopped::Stopped};

/// So many pasts are kept at most.
pub(super) const MOST_PASTS: usize = if cfg!(test) { 1 } else { 1 << 11 };
/// So many operations with an answer may be open at once.
const MOST_OPEN: usize = 1 << 12;

/// Pasts, each with how many operations had entered when its last reset took effect.
type Pasts = IndexMap<Past, u64, FxBuildHasher>;

#[derive(Clone, Debug)]
pub(super) struct Walk {
    pub(super) names: Names,
    pub(super) open: Vec<Option<Open>>,
    pub(super) lost: Lost,
    pub(super) pasts: Pasts,
    /// Pasts after the response that is looked at.
    next: Pasts,
    /// Pasts that were looked at on the way to it.
    seen: Pasts,
    stack: Vec<(Past, u64)>,
    /// Observers, by what they see, and those by what they do not.
    sees: FxHashMap<Name, Window>,
    misses: Vec<(Name, u32)>,
    /// Observers that came after the last response.
    arrived: Vec<u32>,
    entered: u64,
    pub(super) budget: Budget,
}

impl Walk {
    pub(super) fn new<'a>(texts: impl Iterator<Item = &'a str>, limits: Limits) -> Self {
        let mut names = Names::default();
        let pasts = texts.map(|text| (Past::of(names.name(text)), 0)).collect();
        Self {
            names,
            open: Vec::new(),
            lost: Lost::default(),
            pasts,
            next: IndexMap::with_hasher(FxBuildHasher),
            seen: IndexMap::with_hasher(FxBuildHasher),
            stack: Vec::new(),
            sees: FxHashMap::default(),
            misses: Vec::new(),
            arrived: Vec::new(),
            entered: 0,
            budget: Budget::new(limits),
        }
    }

    /// What they are, for who knows nothing of this walk; the last response it has passed was this.
    pub(super) fn all_pasts(&self, passed: Option<u64>) -> windows::Pasts {
        let text = |name| self.names.text(name).to_string();
        let open = || {
            let slots = (0..).zip(&self.open);
            slots.filter_map(|(slot, open)| Some((slot, (*open)?)))
        };
        let mut pasts: Vec<(&Past, u64)> = self.pasts.iter().map(|(past, &hid)| (past, hid)).collect();
        pasts.sort_by_key(|(past, _)| past.taken.iter().map(|&(_, count)| u64::from(count)).sum::<u64>());
        let starts = pasts.into_iter().map(|(past, hid)| windows::Start {
            text: text(past.state),
            done: open()
                .filter(|&(slot, _)| past.done.contains(slot))
                .map(|(_, open)| open.number)
                .collect(),
            hidden: open()
                .filter(|(_, open)| open.act.is_blind() && open.entered <= hid)
                .map(|(_, open)| open.number)
                .collect(),
            taken: past
                .taken
                .iter()
                .map(|&(class, count)| (self.lost.act(class).map(text), count))
                .collect(),
        });
        windows::Pasts {
            starts: starts.collect(),
            open: open()
                .map(|(_, open)| (open.number, open.returns, open.act.map(text)))
                .collect(),
            lost: self
                .lost
                .all()
                .map(|(class, act)| (act.map(text), self.lost.count(class)))
                .collect(),
            passed,
        }
    }

    /// The texts that are possible when nothing is open and nothing was lost.
    pub(super) fn at_rest(&self) -> Option<impl Iterator<Item = &str>> {
        let nothing_open = self.open.iter().all(Option::is_none) && self.lost.len() == 0;
        nothing_open.then(|| self.pasts.keys().map(|past| self.names.text(past.state)))
    }

    /// An operation begins that will be answered.
    pub(super) fn invoke(&mut self, number: u64, returns: u64, act: Act<&str>) -> Result<(), Stopped> {
        let act = act.map(|text| self.names.name(text));
        if act == Act::Never {
            return Err(Stopped::Refuted);
        }
        self.entered += 1;
        let slot = self.open.iter().position(Option::is_none).unwrap_or(self.open.len());
        if slot >= MOST_OPEN {
            return Err(Limit::Open(MOST_OPEN).into());
        }
        if slot == self.open.len() {
            self.open.push(None);
        }
        self.open[slot] = Some(Open {
            number,
            returns,
            entered: self.entered,
            act,
        });
        let slot = slot as u32;
        match act {
            Act::Sees(name) => self.sees.entry(name).or_default().insert(slot),
            Act::Misses(name) => self.misses.push((name, slot)),
            _ => return Ok(()),
        }
        self.arrived.push(slot);
        Ok(())
    }

    /// An operation began that will not be answered.
    pub(super) fn lose(&mut self, act: Act<&str>) -> Result<(), Stopped> {
        let act = act.map(|text| self.names.name(text));
        if !matches!(act, Act::Nothing | Act::Never) {
            self.lost.add(act);
        }
        if self.lost.len() > lost::MOST {
            return Err(Limit::Open(lost::MOST).into());
        }
        Ok(())
    }

    /// The answer of an operation has come.
    pub(super) fn respond(&mut self, number: u64, ahead: &Ahead) -> Result<(), Stopped> {
        let mut open = (0..).zip(self.open.iter().copied());
        let returning = open.find_map(|(slot, open)| Some((slot, open.filter(|open| open.number == number)?)));
        let Some((slot, returning)) = returning else {
            return Ok(());
        };
        self.greet();
        if self.pasts.keys().all(|past| past.done.contains(slot)) {
            change_all(&mut self.pasts, &mut self.next, |past| past.done.remove(slot));
        } else {
            self.explore(slot, returning, ahead)?;
        }
        self.open[slot as usize] = None;
        match returning.act {
            Act::Sees(name) => {
                if let Some(slots) = self.sees.get_mut(&name) {
                    slots.remove(slot);
                    if slots.is_empty() {
                        self.sees.remove(&name);
                    }
                }
            }
            Act::Misses(_) => self.misses.retain(|&(_, other)| other != slot),
            _ => {}
        }
        if self.pasts.is_empty() {
            return Err(Stopped::Refuted);
        }
        self.settle_lost();
        self.prefer_fewer_taken()?;
        if self.pasts.len() > MOST_PASTS {
            return Err(Limit::Pasts(MOST_PASTS).into());
        }
        Ok(())
    }

    /// Observers that have come since the last response see what is there now.
    fn greet(&mut self) {
        if self.arrived.is_empty() {
            return;
        }
        let arrived = std::mem::take(&mut self.arrived);
        let fits = |slot: u32, state: Name| match self.open[slot as usize].map(|open| open.act) {
            Some(Act::Sees(name)) => name == state,
            Some(Act::Misses(name)) => name != state,
            _ => false,
        };
        if self
            .pasts
            .keys()
            .any(|past| arrived.iter().any(|&slot| fits(slot, past.state)))
        {
            change_all(&mut self.pasts, &mut self.next, |past| {
                let seeing = arrived.iter().filter(|&&slot| fits(slot, past.state));
                seeing.for_each(|&slot| past.done.insert(slot));
            });
        }
        self.arrived = arrived;
        self.arrived.clear();
    }

    /// All pasts in which the operation in this slot takes effect by now.
    fn explore(&mut self, slot: u32, returning: Open, ahead: &Ahead) -> Result<(), Stopped> {
        let candidates = wanted(&self.open, &self.lost, slot);
        let outlook = ahead.outlook(&self.names, &self.open, &self.lost, returning.returns);
        let mut stack = std::mem::take(&mut self.stack);
        stack.extend(self.pasts.drain(..));
        while let Some((mut past, hid)) = stack.pop() {
            if outlook.is_in_vain(&self.names, &past) {
                continue;
            }
            if past.done.contains(slot) {
                past.done.remove(slot);
                keep(&mut self.next, past, hid);
                continue;
            }
            if !keep(&mut self.seen, past.clone(), hid) {
                continue;
            }
            self.budget.spend()?;
            for candidate in &candidates {
                stack.extend(self.step(&past, hid, candidate));
            }
            if returning.act.is_blind() && returning.entered <= hid {
                keep(&mut self.next, past, hid);
            }
        }
        self.stack = stack;
        self.seen.clear();
        std::mem::swap(&mut self.pasts, &mut self.next);
        Ok(())
    }

    /// What becomes of a past when this takes effect, if it can.
    fn step(&mut self, past: &Past, hid: u64, candidate: &Candidate) -> Option<(Past, u64)> {
        if !candidate.before.is_within(&past.done)
            || candidate
                .only_for
                .as_ref()
                .is_some_and(|slots| slots.is_within(&past.done))
        {
            return None;
        }
        match candidate.by {
            By::Open(slot) if past.done.contains(slot) => return None,
            By::Lost(class) if past.taken(class) >= self.lost.count(class) => return None,
            _ => {}
        }
        let (state, hid) = match candidate.act {
            Act::Resets(name) => (name, self.entered),
            Act::Changes(old, new) if old == past.state => (new, hid),
            Act::Appends(text) => {
                let whole = [self.names.text(past.state), self.names.text(text)].concat();
                (self.names.name(&whole), hid)
            }
            _ => return None,
        };
        let mut after = past.clone();
        after.state = state;
        match candidate.by {
            By::Open(slot) => after.done.insert(slot),
            By::Lost(class) => after.take(class),
        }
        if let Some(slots) = self.sees.get(&state) {
            after.done.insert_all(slots);
        }
        for &(name, slot) in &self.misses {
            if name != state {
                after.done.insert(slot);
            }
        }
        Some((after, hid))
    }

    /// What has taken effect in all pasts needs not be told apart any more.
    fn settle_lost(&mut self) {
        let Some((first, _)) = self.pasts.first() else { return };
        if first.taken.is_empty() {
            return;
        }
        let in_all = |&(class, count): &(u32, u32)| {
            let least = self.pasts.keys().map(|past| past.taken(class)).min();
            (class, least.unwrap_or(0).min(count))
        };
        let taken: Vec<(u32, u32)> = first.taken.iter().map(in_all).filter(|&(_, count)| count > 0).collect();
        if taken.is_empty() {
            return;
        }
        change_all(&mut self.pasts, &mut self.next, |past| {
            taken.iter().for_each(|&(class, count)| past.settle(class, count));
        });
        taken.iter().for_each(|&(class, count)| self.lost.settle(class, count));
    }

    /// Of pasts that differ only in how many indeterminate operations have taken effect, those with fewer have more left, and the
    /// others are forgotten.
    fn prefer_fewer_taken(&mut self) -> Result<(), Limit> {
        if self.pasts.len() < 2 || self.pasts.keys().all(|past| past.taken.is_empty()) {
            return Ok(());
        }
        let mut all: Vec<(Past, u64)> = self.pasts.drain(..).collect();
        all.sort_by_key(|(past, _)| past.taken.iter().map(|&(_, count)| u64::from(count)).sum::<u64>());
        let mut kept: FxHashMap<(Name, Window), Vec<(Taken, u64)>> = FxHashMap::default();
        for (past, hid) in all {
            self.budget.step()?;
            let others = kept.entry((past.state, past.done.clone())).or_default();
            let is_no_more = |taken: &Taken| taken.iter().all(|&(class, count)| count <= past.taken(class));
            if !others.iter().any(|(taken, other)| *other >= hid && is_no_more(taken)) {
                others.push((past.taken.clone(), hid));
                keep(&mut self.pasts, past, hid);
            }
        }
        Ok(())
    }

    /// Forgets the texts that nobody needs.
    pub(super) fn tidy(&mut self) {
        if !self.names.is_crowded() {
            return;
        }
        let mut needed: Vec<Name> = self.pasts.keys().map(|past| past.state).collect();
        let acts = self.open.iter().flatten().map(|open| open.act);
        for act in acts.chain(self.lost.all().map(|(_, act)| act)) {
            act.map(|name| needed.push(name));
        }
        self.names.keep(needed.into_iter());
    }
}

/// Changes every past. `spare` is empty, before and after.
fn change_all(pasts: &mut Pasts, spare: &mut Pasts, change: impl Fn(&mut Past)) {
    for (mut past, hid) in pasts.drain(..) {
        change(&mut past);
        keep(spare, past, hid);
    }
    std::mem::swap(pasts, spare);
}

/// Adds a past; where it is known already, it stays with the later reset. Does that say anything new?
fn keep(pasts: &mut Pasts, past: Past, hid: u64) -> bool {
    let mut new = false;
    let known = pasts.entry(past).or_insert_with(|| {
        new = true;
        hid
    });
    new |= *known < hid;
    *known = hid.max(*known);
    new
}
