//! What is written is what memory holds, and what is found of what is let go is what would have been found of all of it.

use std::{collections::BTreeMap, fs::File, io::BufReader, path::Path, sync::Arc};

use oversell_checker::{
    each,
    engines::Limits,
    examine::{Conclusion, examine, explain_all},
    history::{self, Command, Compression, Header, History, Spec, StockEvent, Texts, What},
};
use oversell_spec::{
    Sales, SequentialSpec as _, Stock,
    sales::{Buyer, SalesOp},
    stock::{StockOp, StockRet, Unit},
};
use proptest::prelude::*;
use rand::{SeedableRng as _, rngs::SmallRng};

use super::{super::sold::Sold, Keeper, Plan, Record};
use crate::recorder::{Entry, Group};

/// Random events of a few clients on one key after the other. One answer in `lies` is wrong.
struct Run {
    random: SmallRng,
    lies: u32,
    /// One buyer may have so many units.
    limit: Option<u64>,
    now: u64,
    next_process: i64,
    units: Texts,
    groups: Vec<Group>,
}

impl Run {
    fn record(seed: u64, keys: usize, operations: u64, lies: u32, limit: Option<u64>) -> Vec<Group> {
        let mut run = Self {
            random: SmallRng::seed_from_u64(seed),
            lies,
            limit,
            now: 0,
            next_process: 3,
            units: Texts::new(),
            groups: vec![Group::default()],
        };
        let mut processes = [0, 1, 2];
        for key in 0..keys {
            run.add(Entry::Key(format!("k{key}").into(), 4), 0, None);
            run.units.clear();
            run.round(&mut processes, operations);
            run.add(Entry::End, 0, None);
        }
        run.groups
    }

    fn round(&mut self, processes: &mut [i64; 3], operations: u64) {
        let mut sales = Sales::new(4, self.limit.unwrap_or(u64::MAX));
        let mut next = 0;
        let mut open: BTreeMap<usize, (u64, SalesOp, StockRet)> = BTreeMap::new();
        let mut left = operations;
        while left > 0 || !open.is_empty() {
            let client = self.random.random_range(0..3usize);
            // Equal times occur.
            self.now += self.random.random_range(0..3);
            match open.remove(&client) {
                None if left == 0 => {}
                None => {
                    left -= 1;
                    let op = match self.random.random_range(0..10) {
                        0 => StockOp::Read,
                        1 => StockOp::Restock { quantity: 2 },
                        _ => StockOp::Buy { quantity: 1 },
                    };
                    let buys = matches!(op, StockOp::Buy { .. }) && self.limit.is_some();
                    let buyer = buys.then(|| Buyer(self.name_of_buyer()));
                    let op = SalesOp { op, buyer };
                    self.event(processes[client], next, What::Invoke(op));
                    open.insert(client, (next, op, answer(op, &mut sales)));
                    next += 1;
                }
                Some((number, op, ret)) => match self.random.random_range(0..20) {
                    0 => {
                        self.event(processes[client], number, What::Info(Some("timed \"out\"".into())));
                        processes[client] = self.next_process;
                        self.next_process += 1;
                    }
                    // What failed must have had no effect; this one has none that can be told from none.
                    1 if op.op == StockOp::Read => self.event(processes[client], number, What::Fail),
                    _ => {
                        let lies = self.lies > 0 && self.random.random_ratio(1, self.lies);
                        let ret = if lies { StockRet::SoldOut } else { ret };
                        let ret = if matches!(op.op, StockOp::Buy { .. }) {
                            ret
                        } else {
                            answer(op, &mut sales.clone())
                        };
                        self.event(processes[client], number, What::Ok(ret));
                    }
                },
            }
        }
    }

    fn event(&mut self, process: i64, operation: u64, mut what: What<SalesOp, StockRet>) {
        if let What::Ok(StockRet::Bought { unit, .. }) = &mut what {
            *unit = Some(Unit(self.name(&format!("u{operation}"))));
        }
        let commands = match what {
            What::Ok(_) | What::Info(_) => self.random.random_range(0..3),
            _ => 0,
        };
        let event = StockEvent {
            line: 0,
            time: self.now,
            process,
            key: 0,
            operation,
            what,
            commands: (),
        };
        self.add(Entry::Event(event), commands, Some(self.now));
    }

    fn name_of_buyer(&mut self) -> u32 {
        let buyer = self.random.random_range(0..6);
        self.name(&format!("b{buyer}"))
    }

    fn name(&mut self, name: &str) -> u32 {
        let known = self.units.len();
        let number = self.units.intern(name);
        if self.units.len() > known {
            self.add(Entry::Unit(name.into()), 0, None);
        }
        number
    }

    fn add(&mut self, entry: Entry, commands: usize, at: Option<u64>) {
        let group = self.groups.last_mut().unwrap();
        for number in 0..commands {
            let at = at.unwrap_or(0);
            group.commands.push(
                group.entries.len(),
                &Command::new(at, at + 1, &format!("GET {number}"), "ü"),
            );
        }
        group.entries.push(entry);
        if self.random.random_ratio(1, 7) {
            self.groups.push(Group::default());
        }
    }
}

/// Without what remains.
fn answer(op: SalesOp, sales: &mut Sales) -> StockRet {
    match sales.invoke(&op) {
        StockRet::Bought { .. } => StockRet::BOUGHT,
        StockRet::Restocked { .. } => StockRet::Restocked { stock: None },
        ret => ret,
    }
}

fn record(groups: &[Group], limit: Option<u64>, most_held: usize, compression: Compression, folder: &Path) -> Record {
    match limit {
        None => record_as::<Stock>(groups, limit, most_held, compression, folder),
        Some(_) => record_as::<Sales>(groups, limit, most_held, compression, folder),
    }
}

fn record_as<S: Sold>(
    groups: &[Group],
    limit: Option<u64>,
    most_held: usize,
    compression: Compression,
    folder: &Path,
) -> Record {
    let mut header = Header::new(Spec::Stock, 4);
    header
        .metadata
        .extend(limit.map(|limit| ("limit".to_string(), limit.into())));
    let mut keeper = Keeper::<S>::new(Plan {
        folder: folder.into(),
        name: "h".into(),
        header,
        compression,
        limits: Limits::default(),
        limit,
        progress: Arc::default(),
        stop_on_violation: false,
        most_held,
    });
    for group in groups {
        keeper.take(group).unwrap();
    }
    let record = keeper.finish();
    assert!(record.error.is_none());
    record
}

fn read(path: &Path) -> History {
    let (history, warnings) = history::read("h", BufReader::new(File::open(path).unwrap())).unwrap();
    assert!(warnings.is_empty());
    history
}

/// Without keys on which nothing happened: no file can name them.
fn acted_on(mut history: History) -> History {
    each!(&mut history.body, keys => keys.retain(|key| !key.operations.is_empty()));
    history
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_written_event_by_event_is_what_memory_holds(
        seed: u64, keys in 1..4usize, operations in 0..40u64, kind in 0..3usize, limit in prop::option::of(1..3u64),
    ) {
        let groups = Run::record(seed, keys, operations, 0, limit);
        let folder = tempfile::tempdir().unwrap();
        let Record { path, kept, .. } = record(&groups, limit, usize::MAX, Compression::ALL[kind], folder.path());
        prop_assert_eq!(path.is_some(), operations > 0);
        if let Some(path) = path {
            prop_assert_eq!(acted_on(read(&path)), acted_on(kept.history));
        }
    }

    #[test]
    fn what_is_let_go_gets_the_verdict_that_the_whole_would_get(
        seed: u64, keys in 1..8usize, operations in 1..60u64, most in 1..50usize, lies in prop::sample::select(vec![0, 30, 200]),
        limit in prop::option::of(1..3u64),
    ) {
        let groups = Run::record(seed, keys, operations, lies, limit);
        let folder = tempfile::tempdir().unwrap();
        let Record { path, kept, .. } = record(&groups, limit, most, Compression::None, folder.path());
        let expected = examine(&read(&path.unwrap()), &Limits::default());
        let found = kept.examination.violations.len() as u64 + kept.beyond.violations;
        prop_assert_eq!(found, expected.violations.len() as u64, "seed {}", seed);
        // As many as one group of clients can have open beyond what may be held.
        let in_memory = kept.history.operations();
        prop_assert!(in_memory <= 3 * most + 2 * operations as usize, "{in_memory}");
        prop_assert_eq!(kept.examination.conclusion, expected.conclusion);
        if expected.conclusion == Conclusion::Violation && kept.beyond.spans.is_none() {
            prop_assert!(!explain_all(&kept.history, kept.examination, &Limits::default()).findings.is_empty());
        }
    }
}
