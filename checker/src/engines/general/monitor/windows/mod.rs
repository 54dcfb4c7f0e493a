//! For a text on which so much is open, or lost, that there are too many pasts: one of them is enough for a pass, and a violation is
//! seen without them.
//!
//! *A pass.* The operations of a while are put before the engine for whole histories, from a text on that was possible. Of
//! the order that it finds, all but the end is settled: the text that it leads to is the next to start from, and what it has not
//! settled stays. What is settled begins an order of everything, and nothing that is left had to be before it: what had returned
//! before one of the settled operations was invoked is in front of it in the order, so it is settled as well, and what comes later
//! is invoked later. So as long as an order is found, the history is linearizable. Where none is found, it is looked for again from
//! further back, and from other pasts, if there were several when this began.
//!
//! *A violation* is one that [the last operations](recent) show, whatever was before; or all of them, if none has been forgotten.
//!
//! Neither need be: then the key is undecided. That takes an order that went wrong long ago without being noticed, or a violation
//! that is not seen by the last few thousand operations.

mod entry;
mod recent;
mod supply;
mod window;

use std::{
    marker::PhantomData,
    time::{Duration, Instant},
};

use rustc_hash::FxHashSet;

pub(super) use entry::Entry;
use recent::Recent;
use supply::{Supply, Used};
use window::{Material, Source};

use super::{
    act::{Act, Followed},
    lost::MOST as MOST_LOST,
    names::{Name, Names},
};
use crate::engines::{Limit, Limits, Verdict, Witness, stopped::Stopped};

/// So many operations enter before an order is looked for.
const BLOCK: usize = if cfg!(test) { 3 } else { 2048 };
/// So many at the end of an order are not settled.
const MARGIN: usize = if cfg!(test) { 2 } else { 1024 };
/// It can go back to so many places.
const MOST_MARKS: usize = if cfg!(test) { 2 } else { 4 };
/// So many pasts are tried where this begins.
const MOST_STARTS: usize = 8;
/// Configurations for an order, and to see that there is none, whatever was before.
const FOR_ORDER: u64 = 1 << 14;
const FOR_NONE: u64 = 1 << 19;
/// Time for either: the search spends more on a configuration where much is lost.
const MOST_TIME: Duration = Duration::from_secs(4);
/// Texts are kept up to so many bytes, before an order is looked for earlier.
const MOST_BYTES: usize = 1 << 22;

/// A past from which to go on.
#[derive(Clone, Debug)]
pub(super) struct Start {
    pub(super) text: String,
    /// What is open and has taken effect, by number.
    pub(super) done: FxHashSet<u64>,
    /// What is open and may have taken effect where nobody saw it.
    pub(super) hidden: FxHashSet<u64>,
    /// Lost operations that have taken effect.
    pub(super) taken: Vec<(Act<String>, u32)>,
}

/// All pasts at an instant.
pub(super) struct Pasts {
    /// There is one at least; the most promising first.
    pub(super) starts: Vec<Start>,
    /// What is open.
    pub(super) open: Vec<(u64, u64, Act<String>)>,
    /// What is lost.
    pub(super) lost: Vec<(Act<String>, u32)>,
    /// The last response before it.
    pub(super) passed: Option<u64>,
}

/// One past, as far as it is settled.
#[derive(Clone)]
struct Past {
    state: Name,
    /// What has entered and is not settled.
    left: Vec<Entry>,
    /// Of the supply.
    used: Used,
}

/// A past to begin from, and what may have been hidden in it.
#[derive(Clone)]
struct Began {
    past: Past,
    hidden: FxHashSet<u64>,
}

/// A place to go back to.
#[derive(Clone)]
struct Mark {
    state: Name,
    left: Vec<Entry>,
    /// What had entered since.
    fresh: Vec<Entry>,
    /// The lost operations that were settled with that.
    used: Vec<Act<Name>>,
}

/// No order was found: there is none from here on, or a limit was reached.
struct Unsettled {
    why: Option<Limit>,
    fresh: Vec<Entry>,
}

#[derive(Clone)]
pub(super) struct Windows<S: Followed> {
    names: Names,
    /// For all that is looked for at one time, and for each order, and to see that there is none.
    limits: Limits,
    for_order: Limits,
    for_none: Limits,
    /// When it began to look.
    began: Instant,
    /// Why not all pasts are kept.
    why: Limit,
    supply: Supply,
    past: Past,
    /// What has entered since it was settled.
    fresh: Vec<Entry>,
    /// Bytes in that.
    bytes: usize,
    marks: Vec<Mark>,
    recent: Recent,
    /// Where it began, as long as everything since then is kept.
    starts: Vec<Began>,
    /// There were no other pasts.
    all_starts: bool,
    /// So many of the recent operations were open then.
    open_at_start: usize,
    upto: u64,
    /// Something has come since an order was looked for.
    changed: bool,
    appends: bool,
    spec: PhantomData<S>,
}

impl<S: Followed> Windows<S> {
    pub(super) fn new(pasts: &Pasts, limits: Limits, why: Limit) -> Self {
        let mut names = Names::default();
        let mut supply = Supply::default();
        for (act, count) in &pasts.lost {
            let act = named(&mut names, act);
            (0..*count).for_each(|_| supply.add(act, 0, &names));
        }
        let mut recent = Recent::after(pasts.passed);
        for (number, returns, act) in &pasts.open {
            recent.entries.push(Entry {
                number: *number,
                // Nothing that is looked at from here on returned before it was invoked.
                invoked: 0,
                returns: Some(*returns),
                act: named(&mut names, act),
            });
        }
        let mut starts = Vec::new();
        for start in pasts.starts.iter().take(MOST_STARTS) {
            let left = recent
                .entries
                .iter()
                .filter(|entry| !start.done.contains(&entry.number));
            let taken = start.taken.iter();
            starts.push(Began {
                past: Past {
                    state: names.name(&start.text),
                    left: left.copied().collect(),
                    used: taken
                        .map(|(act, count)| (named(&mut names, act), *count as usize))
                        .collect(),
                },
                hidden: start.hidden.clone(),
            });
        }
        let within = |configurations| Limits {
            configurations: limits.configurations.min(configurations),
            time: limits.time.min(MOST_TIME),
            ..limits
        };
        Self {
            names,
            limits,
            began: Instant::now(),
            for_order: within(FOR_ORDER),
            for_none: within(FOR_NONE),
            why,
            past: starts[0].past.clone(),
            supply,
            fresh: Vec::new(),
            bytes: 0,
            marks: Vec::new(),
            open_at_start: recent.entries.len(),
            recent,
            all_starts: starts.len() == pasts.starts.len(),
            starts,
            upto: pasts.passed.unwrap_or(0),
            changed: false,
            appends: false,
            spec: PhantomData,
        }
    }

    /// What an operation is here.
    pub(super) fn entry(&mut self, number: u64, invoked: u64, returns: Option<u64>, act: Act<&str>) -> Entry {
        let act = act.map(|text| self.names.name(text));
        self.appends |= matches!(act, Act::Appends(_));
        Entry {
            number,
            invoked,
            returns,
            act,
        }
    }

    /// An operation of which everything is known.
    pub(super) fn enter(&mut self, entry: Entry) -> Result<(), Stopped> {
        match (entry.act, entry.returns) {
            (Act::Never, Some(_)) => return Err(Stopped::Refuted),
            (Act::Nothing | Act::Never, _) | (Act::Sees(_) | Act::Misses(_), None) => return Ok(()),
            (act, None) => {
                self.supply.add(act, entry.invoked, &self.names);
                if self.supply.len() > MOST_LOST {
                    return Err(Limit::Open(MOST_LOST).into());
                }
                return Ok(());
            }
            (Act::Sees(name), _) => self.bytes += self.names.text(name).len(),
            _ => {}
        }
        self.fresh.push(entry);
        self.recent.push(entry, &self.names);
        Ok(())
    }

    /// The answers up to this instant are known, and nothing more will be invoked by then.
    pub(super) fn answered(&mut self, upto: u64) {
        self.upto = self.upto.max(upto);
        self.changed = true;
    }

    /// Enough has come to look for an order.
    pub(super) fn is_due(&self) -> bool {
        self.fresh.len() >= BLOCK || self.bytes >= MOST_BYTES
    }

    /// Looks for an order, and settles what it can of it.
    pub(super) fn advance(&mut self) -> Result<(), Stopped> {
        if !std::mem::take(&mut self.changed) {
            return Ok(());
        }
        self.began = Instant::now();
        let fresh = std::mem::take(&mut self.fresh);
        self.bytes = 0;
        match self.settle(self.marks.len(), self.past.clone(), fresh) {
            Ok(()) => {}
            Err(unsettled) => self.go_back(unsettled)?,
        }
        self.tidy();
        Ok(())
    }

    /// Is what has come a violation, and what is not known yet with it, whatever its answers? `upto`: the last answer of that.
    pub(super) fn glance(&mut self, more: &[Entry], upto: u64) -> bool {
        self.began = Instant::now();
        let upto = upto.max(self.upto);
        if more
            .iter()
            .any(|entry| entry.returns.is_some() && entry.act == Act::Never)
        {
            return true;
        }
        let entries = [&self.past.left, self.fresh.as_slice(), more].concat();
        let window = self
            .material(upto)
            .narrow::<S>(self.past.state, &entries, &self.past.used);
        !matches!(window.judge(&self.left(&self.for_order)), Verdict::Linearizable(_)) && self.is_violation(more, upto)
    }

    /// What is left of these limits.
    fn left(&self, of: &Limits) -> Limits {
        Limits {
            time: of.time.min(self.limits.rest(self.began).time),
            ..*of
        }
    }

    fn material(&self, upto: u64) -> Material<'_> {
        Material {
            names: &self.names,
            supply: &self.supply,
            upto,
            appends: self.appends || self.supply.has_appends(),
        }
    }

    /// Looks for an order from a past on, in place of all but so many of the marks.
    fn settle(&mut self, marks: usize, from: Past, fresh: Vec<Entry>) -> Result<(), Unsettled> {
        let entries = [from.left.as_slice(), fresh.as_slice()].concat();
        let window = self.material(self.upto).narrow::<S>(from.state, &entries, &from.used);
        let order = match window.judge(&self.left(&self.for_order)) {
            Verdict::Linearizable(Witness(order)) => order,
            Verdict::Violation(_) => return Err(Unsettled { why: None, fresh }),
            Verdict::Undecided(limit) => {
                return Err(Unsettled {
                    why: Some(limit),
                    fresh,
                });
            }
        };
        let mut text = self.names.text(from.state).to_string();
        let mut settled = FxHashSet::default();
        let mut used = Vec::new();
        for &index in &order[..order.len().saturating_sub(MARGIN)] {
            let (act, number) = match window.sources[index] {
                Source::Entry(entry) => (entry.act, Some(entry.number)),
                Source::Lost(act) => (act, None),
            };
            match act {
                Act::Resets(name) => self.names.text(name).clone_into(&mut text),
                Act::Appends(name) => text.push_str(self.names.text(name)),
                Act::Changes(old, new) if self.names.text(old) == text => self.names.text(new).clone_into(&mut text),
                // It has found something else, and has not been answered yet.
                Act::Changes(..) => continue,
                Act::Sees(_) | Act::Misses(_) | Act::Nothing | Act::Never => {}
            }
            match number {
                Some(number) => _ = settled.insert(number),
                None => used.push(act),
            }
        }
        let mut past = Past {
            state: self.names.name(&text),
            left: entries,
            used: from.used.clone(),
        };
        past.left.retain(|entry| !settled.contains(&entry.number));
        for &act in &used {
            *past.used.entry(act).or_default() += 1;
        }
        self.past = past;
        self.marks.truncate(marks);
        self.marks.push(Mark {
            state: from.state,
            left: from.left,
            fresh,
            used,
        });
        Ok(())
    }

    /// No order goes on from the one that was settled.
    fn go_back(&mut self, unsettled: Unsettled) -> Result<(), Stopped> {
        if self.is_shown(&[], self.upto, BLOCK + MARGIN) {
            return Err(Stopped::Refuted);
        }
        let mut why = unsettled.why.unwrap_or(self.why);
        let whole = unsettled.fresh.clone();
        let mut since = unsettled.fresh;
        // How many marks stay, where it goes on from, and what had entered between there and the one before.
        let mut places = Vec::new();
        let mut used = self.past.used.clone();
        for (marks, mark) in self.marks.iter().enumerate().rev() {
            for act in &mark.used {
                if let Some(used) = used.get_mut(act) {
                    *used -= 1;
                }
            }
            let from = Past {
                state: mark.state,
                left: mark.left.clone(),
                used: used.clone(),
            };
            places.push((marks, from, mark.fresh.clone()));
        }
        let starts = self.starts.iter().skip(1);
        places.extend(starts.map(|start| (0, start.past.clone(), Vec::new())));
        for (marks, from, entered) in places {
            match self.settle(marks, from, [entered, since].concat()) {
                Ok(()) => return Ok(()),
                Err(unsettled) => {
                    why = unsettled.why.unwrap_or(why);
                    since = unsettled.fresh;
                }
            }
        }
        if self.is_violation(&[], self.upto) {
            return Err(Stopped::Refuted);
        }
        if self.for_order.configurations < self.for_none.configurations {
            // Once more, with all that may be spent.
            let little = std::mem::replace(&mut self.for_order, self.for_none);
            let again = self.go_back(Unsettled {
                why: Some(why),
                fresh: whole,
            });
            self.for_order = little;
            return again;
        }
        Err(why.into())
    }

    /// Is there no order, whatever was before what is kept?
    fn is_violation(&self, more: &[Entry], upto: u64) -> bool {
        if !self.all_starts {
            return self.is_shown(more, upto, BLOCK + MARGIN) || self.is_shown(more, upto, usize::MAX);
        }
        self.starts.iter().all(|start| {
            let left = start.past.left.iter().map(|entry| {
                let hidden = start.hidden.contains(&entry.number);
                Entry {
                    returns: entry.returns.filter(|_| !hidden),
                    ..*entry
                }
            });
            let entered = self.recent.entries.iter().skip(self.open_at_start).copied();
            let entries: Vec<Entry> = left.chain(entered).chain(more.iter().copied()).collect();
            let window = self
                .material(upto)
                .wide::<S>(start.past.state, &entries, &start.past.used);
            matches!(window.judge(&self.left(&self.for_none)), Verdict::Violation(_))
        })
    }

    /// Do so many of the last operations show that there is no order?
    fn is_shown(&self, more: &[Entry], upto: u64, last: usize) -> bool {
        self.recent.anchored(last, upto, more).is_some_and(|anchored| {
            let window = self
                .material(upto)
                .wide::<S>(anchored.state, &anchored.entries, &Used::default());
            matches!(window.judge(&self.left(&self.for_none)), Verdict::Violation(_))
        })
    }

    /// Forgets what is long past.
    fn tidy(&mut self) {
        let mut forgotten = self.recent.tidy(&self.names);
        if self.marks.len() > MOST_MARKS {
            self.marks.remove(0);
            forgotten = true;
        }
        if forgotten {
            self.starts.clear();
            self.all_starts = false;
        }
        if !self.names.is_crowded() {
            return;
        }
        let mut needed = Vec::new();
        let mut need = |act: Act<Name>| _ = act.map(|name| needed.push(name));
        let starts = self.starts.iter().map(|start| &start.past);
        for past in starts.chain([&self.past]) {
            need(Act::Sees(past.state));
            past.left.iter().for_each(|entry| need(entry.act));
        }
        for mark in &self.marks {
            need(Act::Sees(mark.state));
            mark.left.iter().chain(&mark.fresh).for_each(|entry| need(entry.act));
        }
        self.recent.entries.iter().for_each(|entry| need(entry.act));
        self.supply.names(|name| needed.push(name));
        self.names.keep(needed.into_iter());
    }
}

fn named(names: &mut Names, act: &Act<String>) -> Act<Name> {
    act.clone().map(|text| names.name(&text))
}
