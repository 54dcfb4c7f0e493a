//! What is kept of a record in memory.

use std::time::{Duration, Instant};

use oversell_checker::{
    engines::{Limit, Limits, Verdict, Violation, check_stock},
    examine::{KeyVerdict, Seen},
    history::{Body, Command, Header, StockEvent, StockHistory, Texts, What, rename_units},
};
use rayon::prelude::*;

use super::{
    gathered::Gathered,
    kept::{Beyond, Kept},
    long::Long,
};

/// Violating or undecided keys that are kept when keys are let go, at most: each is explained in the end.
const MOST_KEYS: usize = 1000;

/// The keys that are in memory.
pub(super) struct Held {
    header: Header,
    limits: Limits,
    /// Most operations of a key, and of finished keys, before they are let go.
    most: usize,
    current: Option<Current>,
    /// Finished keys that were not looked at, and their operations.
    finished: Vec<Named>,
    finished_operations: usize,
    /// Keys that are kept after they were looked at, and their operations.
    kept: Vec<(Named, Found)>,
    kept_operations: usize,
    beyond: Beyond,
}

/// The key that is being sold.
enum Current {
    Gathered(Gathered),
    /// It is too long to be gathered.
    Long(Long),
}

/// A key, with the names of its units.
struct Named {
    key: StockHistory,
    units: Texts,
}

enum Found {
    Violation(Violation),
    Undecided(Limit),
    /// It is the end of a key that violates: a violation by itself, after so many operations.
    Stretch(u64),
}

impl Held {
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

    pub(super) fn start_key(&mut self, name: &str, stock: u64) {
        if self.finished_operations >= self.most {
            self.let_go();
        }
        self.current = Some(Current::Gathered(Gathered::new(name, stock)));
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
            if let Verdict::Violation(what) = check_stock(key.initial, &key.operations, &self.limits) {
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

    fn end_long(&mut self, long: Long, units: Texts) {
        let (name, initial) = (long.name.clone(), long.initial);
        match long.finish() {
            Seen::Linearizable => self.beyond.keys += 1,
            Seen::Undecided { limit, .. } => {
                let key = StockHistory::new(name, initial);
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
                if let Body::Stock(keys) = stretch.body {
                    for key in keys {
                        let units = stretch.units.clone();
                        self.keep(Named { key, units }, Found::Stretch(before));
                    }
                }
            }
        }
    }

    /// Checks the finished keys and keeps only those that do not pass, as far as there is room.
    fn let_go(&mut self) {
        self.finished_operations = 0;
        for named in std::mem::take(&mut self.finished) {
            match check_stock(named.key.initial, &named.key.operations, &self.limits) {
                Verdict::Linearizable(_) => self.beyond.keys += 1,
                Verdict::Violation(violation) => self.keep(named, Found::Violation(violation)),
                Verdict::Undecided(limit) => self.keep(named, Found::Undecided(limit)),
            }
        }
    }

    fn keep(&mut self, named: Named, found: Found) {
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
        let check = |key: &StockHistory| check_stock(key.initial, &key.operations, &limits);
        let verdicts: Vec<Verdict> = self.finished.par_iter().map(|named| check(&named.key)).collect();
        let mut kept = Kept {
            keys: Vec::with_capacity(self.kept.len() + self.finished.len()),
            units: Texts::new(),
            violations: Vec::new(),
            undecided: Vec::new(),
            cut: Vec::new(),
            beyond: self.beyond,
            elapsed: Duration::ZERO,
        };
        for (named, found) in self.kept {
            let index = kept.keys.len();
            match found {
                Found::Violation(what) => kept.violations.push(KeyVerdict { index, what }),
                Found::Undecided(what) => kept.undecided.push(KeyVerdict { index, what }),
                Found::Stretch(before) => {
                    let Verdict::Violation(what) = check(&named.key) else {
                        // A unit sold for the second time, the first longer ago; or its limits were reached.
                        kept.beyond.keys += 1;
                        kept.beyond.violations += 1;
                        kept.beyond.spans.get_or_insert(named.key.key);
                        continue;
                    };
                    kept.cut.push((index, before));
                    kept.violations.push(KeyVerdict { index, what });
                }
            }
            kept.add(named.key, &named.units);
        }
        for (named, verdict) in self.finished.into_iter().zip(verdicts) {
            let index = kept.keys.len();
            match verdict {
                Verdict::Linearizable(_) => {}
                Verdict::Violation(what) => kept.violations.push(KeyVerdict { index, what }),
                Verdict::Undecided(what) => kept.undecided.push(KeyVerdict { index, what }),
            }
            kept.add(named.key, &named.units);
        }
        kept.elapsed = start.elapsed();
        kept
    }
}

impl Kept {
    fn add(&mut self, mut key: StockHistory, units: &Texts) {
        rename_units(&mut key.operations, units, &mut self.units);
        self.keys.push(key);
    }
}
