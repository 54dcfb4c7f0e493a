//! What is kept of a record in memory.

use std::time::{Duration, Instant};

use oversell_checker::{
    engines::{Limit, Limits, Verdict, Violation, check_stock},
    examine::{KeyVerdict, Seen},
    history::{Body, Command, Happened, Header, StockEvent, StockHistory, Texts},
};
use oversell_spec::stock::{StockRet, Unit};
use rayon::prelude::*;

use super::{
    kept::{Beyond, Kept},
    long::Long,
};
use crate::recorder::Collector;

/// Violating or undecided keys that are kept when keys are let go, at most: each is explained in the end.
const MOST_KEYS: usize = 1000;

/// The keys that are in memory.
pub(super) struct Held {
    header: Header,
    limits: Limits,
    /// Most operations of a key, and of finished keys, before they are let go.
    most: usize,
    /// Keys that were not looked at, and the current one.
    collector: Collector,
    /// Operations of these.
    finished: usize,
    current: usize,
    /// The current key, when it is too long to be gathered.
    long: Option<Long>,
    /// Keys that are kept after they were looked at, and their operations.
    kept: Vec<Looked>,
    kept_operations: usize,
    beyond: Beyond,
}

/// A key, with what came of looking at it.
struct Looked {
    key: StockHistory,
    found: Found,
}

enum Found {
    Violation(Violation),
    Undecided(Limit),
    /// It is the end of a key that violates: a violation by itself, after so many operations.
    Stretch(u64),
}

/// The event with the numbers that its group's units have here.
pub(super) fn renamed(event: &StockEvent, units: &[u32]) -> StockEvent {
    let mut event = event.clone();
    if let Happened::Answered(StockRet::Bought { unit: Some(unit), .. }) = &mut event.happened {
        *unit = Unit(units[unit.0 as usize]);
    }
    event
}

impl Held {
    pub(super) fn new(header: Header, limits: Limits, most: usize) -> Self {
        Self {
            header,
            limits,
            most,
            collector: Collector::default(),
            finished: 0,
            current: 0,
            long: None,
            kept: Vec::new(),
            kept_operations: 0,
            beyond: Beyond::default(),
        }
    }

    /// The numbers of these names of units.
    pub(super) fn units(&mut self, names: &Texts) -> Vec<u32> {
        let numbers = names.iter().map(|name| self.collector.units.intern(name)).collect();
        if let Some(long) = &mut self.long {
            long.name_units(&self.collector.units);
        }
        numbers
    }

    pub(super) fn start_key(&mut self, name: &str, stock: u64) {
        self.end_key();
        if self.finished >= self.most {
            self.let_go();
        }
        self.collector.start_key(name, stock);
    }

    /// There is no more about the current key.
    pub(super) fn end_key(&mut self) {
        self.finished += std::mem::take(&mut self.current);
        let Some(long) = self.long.take() else { return };
        let (name, initial, told) = (long.name.clone(), long.initial, long.told);
        match long.finish() {
            _ if told => {}
            Seen::Linearizable => self.beyond.keys += 1,
            Seen::Undecided { limit, .. } => {
                self.keep(StockHistory::new(name, initial), Found::Undecided(limit));
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
                        self.keep(key, Found::Stretch(before));
                    }
                }
            }
        }
    }

    pub(super) fn event<'a>(&mut self, number: u64, event: &StockEvent, commands: impl Iterator<Item = Command<'a>>) {
        if event.happened == Happened::Invoked && self.long.is_none() && self.current >= self.most {
            self.go_on_watching();
        }
        if let Some(long) = &mut self.long {
            return long.event(number, event, commands);
        }
        let operation = usize::try_from(number).unwrap_or(usize::MAX);
        let log = match &event.happened {
            Happened::Invoked => {
                self.current += 1;
                self.collector.invoke(event.process, event.at, event.op);
                None
            }
            Happened::Answered(ret) => self.collector.respond(operation, event.at, *ret),
            Happened::Lost(why) => self.collector.lose(operation, event.at, why),
            Happened::Failed => {
                self.collector.fail(operation);
                None
            }
        };
        if let Some(log) = log {
            commands.for_each(|command| log.push(operation, &command));
        }
    }

    /// The current key is too long to be gathered.
    fn go_on_watching(&mut self) {
        self.current = 0;
        let Some((mut begun, failed)) = self.collector.let_go() else {
            return;
        };
        let mut long = Long::after(&begun, &failed, &self.collector.units, self.header.clone(), self.limits);
        if long.violates {
            // Explained best by all there is; whatever comes, it stays a violation.
            begun.unknown.sort_by_key(|unknown| unknown.operation);
            begun.discard(&failed);
            if let Verdict::Violation(what) = check_stock(begun.initial, &begun.operations, &self.limits) {
                self.keep(begun, Found::Violation(what));
                long.told = true;
            }
        }
        self.long = Some(long);
    }

    /// Checks the finished keys and keeps only those that do not pass, as far as there is room.
    fn let_go(&mut self) {
        self.finished = 0;
        for key in self.collector.take() {
            match check_stock(key.initial, &key.operations, &self.limits) {
                Verdict::Linearizable(_) => self.beyond.keys += 1,
                Verdict::Violation(violation) => self.keep(key, Found::Violation(violation)),
                Verdict::Undecided(limit) => self.keep(key, Found::Undecided(limit)),
            }
        }
        // What was let go needs no names any more.
        let old = std::mem::take(&mut self.collector.units);
        for looked in &mut self.kept {
            rename(&mut looked.key, &old, &mut self.collector.units);
        }
    }

    fn keep(&mut self, key: StockHistory, found: Found) {
        let operations = key.operations.len();
        let room = self.kept_operations + operations <= self.most;
        // The first is kept however long it is: a stretch is bounded.
        if self.kept.is_empty() || (room && self.kept.len() < MOST_KEYS) {
            self.kept_operations += operations;
            self.kept.push(Looked { key, found });
        } else {
            self.beyond.keys += 1;
            match found {
                Found::Violation(_) | Found::Stretch(_) => self.beyond.violations += 1,
                Found::Undecided(_) => self.beyond.undecided += 1,
            }
        }
    }

    /// The run is over: looks at what was not looked at.
    pub(super) fn finish(mut self) -> Kept {
        self.end_key();
        let start = Instant::now();
        let limits = self.limits;
        let check = |key: &StockHistory| check_stock(key.initial, &key.operations, &limits);
        let rest = self.collector.take();
        let verdicts: Vec<Verdict> = rest.par_iter().map(check).collect();
        let mut kept = Kept {
            keys: Vec::with_capacity(self.kept.len() + rest.len()),
            units: self.collector.units,
            violations: Vec::new(),
            undecided: Vec::new(),
            cut: Vec::new(),
            beyond: self.beyond,
            elapsed: Duration::ZERO,
        };
        for Looked { key, found } in self.kept {
            let index = kept.keys.len();
            match found {
                Found::Violation(what) => kept.violations.push(KeyVerdict { index, what }),
                Found::Undecided(what) => kept.undecided.push(KeyVerdict { index, what }),
                Found::Stretch(before) => {
                    let Verdict::Violation(what) = check(&key) else {
                        // A unit sold for the second time, the first longer ago; or its limits were reached.
                        kept.beyond.keys += 1;
                        kept.beyond.violations += 1;
                        kept.beyond.spans.get_or_insert(key.key);
                        continue;
                    };
                    kept.cut.push((index, before));
                    kept.violations.push(KeyVerdict { index, what });
                }
            }
            kept.keys.push(key);
        }
        for (key, verdict) in rest.into_iter().zip(verdicts) {
            let index = kept.keys.len();
            match verdict {
                Verdict::Linearizable(_) => {}
                Verdict::Violation(what) => kept.violations.push(KeyVerdict { index, what }),
                Verdict::Undecided(what) => kept.undecided.push(KeyVerdict { index, what }),
            }
            kept.keys.push(key);
        }
        kept.elapsed = start.elapsed();
        kept
    }
}

fn rename(key: &mut StockHistory, old: &Texts, new: &mut Texts) {
    for operation in &mut key.operations {
        if let Some(response) = &mut operation.response
            && let StockRet::Bought { unit: Some(unit), .. } = &mut response.ret
            && let Some(name) = old.get(unit.0)
        {
            *unit = Unit(new.intern(name));
        }
    }
}
