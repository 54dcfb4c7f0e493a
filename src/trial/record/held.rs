//! What is kept of a record in memory.

use std::time::Instant;

use oversell_checker::{
    engines::{Limit, Limits, Verdict, Violation},
    examine::{Conclusion, Examination, KeyVerdict, Seen},
    history::{Clock, Command, Header, History, StockEvent, Texts, What},
};
use rayon::prelude::*;

use super::{
    super::sold::{Key, Sold},
    gathered::Gathered,
    kept::{Beyond, Kept},
    long::Long,
};

/// Violating or undecided keys that are kept when keys are let go, at most: each is explained in the end.
const MOST_KEYS: usize = 1000;

/// The keys that are in memory.
pub(super) struct Held<S: Sold> {
    header: Header,
    limits: Limits,
    /// Most operations of a key, and of finished keys, before they are let go.
    most: usize,
    current: Option<Current<S>>,
    /// Finished keys that were not looked at, and their operations.
    finished: Vec<Named<S>>,
    finished_operations: usize,
    /// Keys that are kept after they were looked at, and their operations.
    kept: Vec<(Named<S>, Found)>,
    kept_operations: usize,
    beyond: Beyond,
}

/// The key that is being sold.
enum Current<S: Sold> {
    Gathered(Gathered<S>),
    /// It is too long to be gathered.
    Long(Long<S>),
}

/// A key, with the names of its units and buyers.
struct Named<S: Sold> {
    key: Key<S>,
    units: Texts,
}

enum Found {
    Violation(Violation),
    Undecided(Limit),
    /// It is the end of a key that violates: a violation by itself, after so many operations.
    Stretch(u64),
}

impl Found {
    fn of(verdict: Verdict) -> Option<Self> {
        match verdict {
            Verdict::Linearizable(_) => None,
            Verdict::Violation(what) => Some(Self::Violation(what)),
            Verdict::Undecided(what) => Some(Self::Undecided(what)),
        }
    }
}

impl<S: Sold> Held<S> {
    pub(super) const fn new(header: Header, limits: Limits, most: usize) -> Self {
        Self {
            header,
            limits,
            most,
            current: None,
            finished: Vec::new(),
            finished_operations: 0,
            kept: Vec::new(),
            kept_operations: 0,
            beyond: Beyond {
                keys: 0,
                violations: 0,
                undecided: 0,
                spans: None,
            },
        }
    }

    pub(super) fn start_key(&mut self, name: &str, initial: S::Initial) {
        if self.finished_operations >= self.most {
            self.let_go();
        }
        self.current = Some(Current::Gathered(Gathered::new(name, initial)));
    }

    /// The next event on the current key; `units` are the names of its units.
    pub(super) fn event<'a>(&mut self, event: &StockEvent, units: &Texts, commands: impl Iterator<Item = Command<'a>>) {
        let invokes = matches!(event.what, What::Invoke(_));
        match &mut self.current {
            None => {}
            Some(Current::Gathered(gathered)) if invokes && gathered.key.operations.len() >= self.most => {
                self.go_on_watching(units);
                self.event(event, units, commands);
            }
            Some(Current::Gathered(gathered)) => gathered.event(event, commands),
            Some(Current::Long(long)) => long.event(event, units, commands),
        }
    }

    /// The current key is too long to be gathered.
    fn go_on_watching(&mut self, units: &Texts) {
        let Some(Current::Gathered(begun)) = self.current.take() else {
            return;
        };
        let mut long = Long::after(&begun, units, self.header.clone(), self.limits);
        if long.violates {
            // Explained best by all there is; whatever comes, it stays a violation.
            let key = begun.finish();
            if let Verdict::Violation(what) = S::check(&key, &self.limits) {
                let units = units.clone();
                self.keep(Named { key, units }, Found::Violation(what));
                long.told = true;
            }
        }
        self.current = Some(Current::Long(long));
    }

    /// There is no more about the current key, whose units have these names.
    pub(super) fn end_key(&mut self, units: Texts) {
        match self.current.take() {
            None => {}
            Some(Current::Gathered(gathered)) => {
                let key = gathered.finish();
                self.finished_operations += key.operations.len();
                self.finished.push(Named { key, units });
            }
            Some(Current::Long(long)) if long.told => {}
            Some(Current::Long(long)) => self.end_long(long, units),
        }
    }

    fn end_long(&mut self, long: Long<S>, units: Texts) {
        let (name, initial) = (long.name.clone(), long.initial);
        match long.finish() {
            Seen::Linearizable => self.beyond.keys += 1,
            Seen::Undecided { limit, .. } => {
                let key = Key::<S>::new(name, initial);
                self.keep(Named { key, units }, Found::Undecided(limit));
            }
            Seen::Violation { history: None, .. } => {
                self.beyond.keys += 1;
                self.beyond.violations += 1;
                self.beyond.spans.get_or_insert(name);
            }
            Seen::Violation {
                history: Some(stretch),
                before,
                ..
            } => {
                for key in S::keys(stretch.body) {
                    let units = stretch.units.clone();
                    self.keep(Named { key, units }, Found::Stretch(before));
                }
            }
        }
    }

    /// Checks the finished keys and keeps only those that do not pass, as far as there is room.
    fn let_go(&mut self) {
        self.finished_operations = 0;
        for named in std::mem::take(&mut self.finished) {
            match Found::of(S::check(&named.key, &self.limits)) {
                None => self.beyond.keys += 1,
                Some(found) => self.keep(named, found),
            }
        }
    }

    fn keep(&mut self, named: Named<S>, found: Found) {
        let operations = named.key.operations.len();
        let room = self.kept_operations + operations <= self.most;
        // The first is kept however long it is: a stretch is bounded.
        if self.kept.is_empty() || (room && self.kept.len() < MOST_KEYS) {
            self.kept_operations += operations;
            self.kept.push((named, found));
        } else {
            self.beyond.keys += 1;
            match found {
                Found::Violation(_) | Found::Stretch(_) => self.beyond.violations += 1,
                Found::Undecided(_) => self.beyond.undecided += 1,
            }
        }
    }

    /// The run is over: looks at what was not looked at. `units` are those of a key that has not ended.
    pub(super) fn finish(mut self, units: Texts) -> Kept {
        self.end_key(units);
        let start = Instant::now();
        let limits = self.limits;
        let check = |key: &Key<S>| S::check(key, &limits);
        let verdicts: Vec<Verdict> = self.finished.par_iter().map(|named| check(&named.key)).collect();
        let finished = self.finished.into_iter().zip(verdicts);
        let finished = finished.map(|(named, verdict)| (named, Found::of(verdict)));
        let looked_at = self.kept.into_iter().map(|(named, found)| (named, Some(found)));
        let (mut keys, mut names, mut cut) = (Vec::new(), Texts::new(), Vec::new());
        let (mut violations, mut undecided, mut beyond) = (Vec::new(), Vec::new(), self.beyond);
        for (Named { mut key, units }, found) in looked_at.chain(finished) {
            let index = keys.len();
            match found {
                None => {}
                Some(Found::Violation(what)) => violations.push(KeyVerdict { index, what }),
                Some(Found::Undecided(what)) => undecided.push(KeyVerdict { index, what }),
                Some(Found::Stretch(before)) => {
                    let Verdict::Violation(what) = check(&key) else {
                        // A unit sold for the second time, the first longer ago; or its limits were reached.
                        beyond.keys += 1;
                        beyond.violations += 1;
                        beyond.spans.get_or_insert(key.key);
                        continue;
                    };
                    cut.push((index, before));
                    violations.push(KeyVerdict { index, what });
                }
            }
            S::rename_units(&mut key.operations, &units, &mut names);
            keys.push(key);
        }
        let conclusion = if !violations.is_empty() || beyond.violations > 0 {
            Conclusion::Violation
        } else if !undecided.is_empty() || beyond.undecided > 0 {
            Conclusion::Undecided
        } else {
            Conclusion::Linearizable
        };
        Kept {
            history: History {
                header: Header {
                    spec: S::SPEC,
                    ..self.header
                },
                clock: Clock::Nanoseconds,
                body: S::body(keys),
                units: names,
            },
            examination: Examination {
                conclusion,
                violations,
                undecided,
                elapsed: start.elapsed(),
            },
            cut,
            beyond,
        }
    }
}
