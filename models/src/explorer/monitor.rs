//! Is what the clients were told still what a counter could have told them?
//!
//! The history of a run is not kept. What is kept is every way in which it can be linearized so far: a [`Way`] holds the
//! level of the counter and which open operations have been given their instant, with what they got. Histories with the
//! same ways have the same future, so merging them is exact, and it is as much as can be merged: this is the determinized
//! automaton of all linearizable histories.
//!
//! - An operation is open from its first command to its last reply. In a real run its interval is longer at both ends.
//!   That can only make it easier to linearize, and the short interval can happen, too: so the verdict over all
//!   interleavings is the same.
//! - Instants are given lazily: only when an operation returns, to it and to those that go before it. Any instant can be
//!   moved later until some operation returns that has to come after it.
//! - An operation of which nobody will ever hear (`adrift`) may be given an instant at any time or never.
//! - Which units were named is kept for all ways together: a unit sold twice is sold twice in whatever order.

use oversell_spec::stock::{StockOp, StockRet, Unit};
use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use super::{Misuse, fingerprint::fingerprint};

/// How answers stopped making sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wrong {
    /// Bought, but nothing was left.
    Oversold,
    /// One unit sold twice.
    DuplicateUnit,
    /// Bought, but what is said to remain cannot be.
    WrongRemaining,
    /// Sold out, but enough was left.
    FalseSoldOut,
    /// A stock that was never there.
    WrongRead,
    /// Something happened although the operation is known to have failed.
    Resurrected,
}

/// What an open operation got when it was given its instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Got {
    refused: bool,
    /// The level after it.
    level: u64,
}

/// One way to linearize what has happened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Way {
    level: u64,
    /// Of each client's open operation.
    got: SmallVec<[Option<Got>; 4]>,
    /// Operations adrift that have not been given an instant, each with how many of its kind; sorted.
    adrift: SmallVec<[(StockOp, u8); 1]>,
}

/// All ways to linearize what has happened, or how it became impossible.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Monitor {
    /// Sorted, each once.
    ways: SmallVec<[Way; 1]>,
    sold: SmallVec<[Unit; 4]>,
    wrong: Option<Wrong>,
}

/// Orders of the operations under way that are kept apart in one step. Among clients who are told what remains, each order is
/// another one: eight have 109,601.
const MOST_ORDERS: usize = 1 << 17;

/// An operation under way and whose it is.
pub(super) type Open = (usize, StockOp);

impl Monitor {
    pub(super) fn new(stock: u64, clients: usize) -> Self {
        let way = Way {
            level: stock,
            got: SmallVec::from_elem(None, clients),
            adrift: SmallVec::new(),
        };
        Self {
            ways: SmallVec::from_elem(way, 1),
            sold: SmallVec::new(),
            wrong: None,
        }
    }

    /// The bytes that it takes, about.
    pub(super) fn bytes(&self) -> usize {
        let clients = self.ways.first().map_or(0, |way| way.got.len());
        self.ways.len() * (size_of::<Way>() + clients * size_of::<Option<Got>>())
    }

    pub(super) fn wrong(&self) -> Option<Wrong> {
        self.wrong
    }

    fn break_off(&mut self, wrong: Wrong) {
        self.wrong = Some(wrong);
        self.ways.clear();
        self.sold.clear();
    }

    /// The open operation of `client` returned. `others` are the other open ones.
    pub(super) fn respond(&mut self, client: usize, op: StockOp, ret: StockRet, others: &[Open]) -> Result<(), Misuse> {
        if self.wrong.is_some() {
            return Ok(());
        }
        if let StockRet::Bought { unit: Some(unit), .. } = ret {
            match self.sold.binary_search(&unit) {
                Ok(_) => {
                    self.break_off(Wrong::DuplicateUnit);
                    return Ok(());
                }
                Err(place) => self.sold.insert(place, unit),
            }
        }
        let after = self.after(client, op, ret, others)?;
        if after.is_empty() {
            let wrong = match ret {
                StockRet::Bought { remaining: Some(_), .. }
                    if !self.after(client, op, StockRet::BOUGHT, others)?.is_empty() =>
                {
                    Wrong::WrongRemaining
                }
                StockRet::Bought { .. } => Wrong::Oversold,
                StockRet::SoldOut => Wrong::FalseSoldOut,
                StockRet::Stock(_) => Wrong::WrongRead,
                StockRet::Restocked { .. } => Wrong::WrongRemaining,
            };
            self.break_off(wrong);
        } else {
            self.ways = after;
        }
        Ok(())
    }

    fn after(&self, client: usize, op: StockOp, ret: StockRet, others: &[Open]) -> Result<SmallVec<[Way; 1]>, Misuse> {
        let mut after = SmallVec::new();
        for way in &self.ways {
            if let Some(got) = way.got[client] {
                if agrees(op, got, ret) {
                    let mut way = way.clone();
                    way.got[client] = None;
                    after.push(way);
                }
                continue;
            }
            // Those that go before it, in every order; it goes last.
            let mut reached = FxHashSet::from_iter([way.clone()]);
            let mut todo = vec![way.clone()];
            while let Some(way) = todo.pop() {
                if reached.len() > MOST_ORDERS {
                    return Err(Misuse::Crowded);
                }
                let (level, got) = act(way.level, op);
                if agrees(op, got, ret) {
                    after.push(Way { level, ..way.clone() });
                }
                let mut go = |further: Way| {
                    if reached.insert(further.clone()) {
                        todo.push(further);
                    }
                };
                for &(other, op) in others {
                    if way.got[other].is_none() {
                        let (level, got) = act(way.level, op);
                        let mut further = Way { level, ..way.clone() };
                        further.got[other] = Some(got);
                        go(further);
                    }
                }
                for place in 0..way.adrift.len() {
                    let (op, count) = way.adrift[place];
                    let (level, got) = act(way.level, op);
                    if got.refused {
                        // It may as well never take effect.
                        continue;
                    }
                    let mut further = Way { level, ..way.clone() };
                    if count > 1 {
                        further.adrift[place].1 -= 1;
                    } else {
                        further.adrift.remove(place);
                    }
                    go(further);
                }
            }
        }
        after.sort();
        after.dedup();
        Ok(after)
    }

    /// The open operation of `client` will never return.
    pub(super) fn abandon(&mut self, client: usize, op: StockOp) {
        for way in &mut self.ways {
            if way.got[client].take().is_some() || op == StockOp::Read {
                continue;
            }
            match way.adrift.binary_search_by(|(known, _)| known.cmp(&op)) {
                Ok(place) => way.adrift[place].1 += 1,
                Err(place) => way.adrift.insert(place, (op, 1)),
            }
        }
        self.ways.sort();
        self.ways.dedup();
    }

    /// The open operation of `client` certainly did nothing.
    pub(super) fn forget(&mut self, client: usize, op: StockOp) {
        if self.wrong.is_some() {
            return;
        }
        self.ways.retain(|way| {
            let got = way.got[client].take();
            got.is_none_or(|got| got.refused || op == StockOp::Read)
        });
        self.ways.sort();
        self.ways.dedup();
        if self.ways.is_empty() {
            self.break_off(Wrong::Resurrected);
        }
    }

    /// Could a reader be told `stock` now? `None` when nothing makes sense any more.
    pub(super) fn may_be(&self, stock: i64, open: &[Open]) -> Result<Option<bool>, Misuse> {
        if self.wrong.is_some() {
            return Ok(None);
        }
        let mut wide = self.clone();
        for way in &mut wide.ways {
            way.got.push(None);
        }
        let reader = wide.ways.first().map_or(0, |way| way.got.len() - 1);
        let after = wide.after(reader, StockOp::Read, StockRet::Stock(stock), open)?;
        Ok(Some(!after.is_empty()))
    }

    /// A number for what is known about one client, the same however clients are numbered.
    pub(super) fn column(&self, client: usize) -> u64 {
        let hash = |way: &Way| fingerprint(&(way.level, way.got[client]));
        if self.ways.iter().all(|way| way.got[client].is_none()) {
            return 0;
        }
        self.ways.iter().map(hash).fold(0, u64::wrapping_add)
    }

    /// Renumbers the clients: the new client i is the old `order[i]`.
    pub(super) fn rearrange(&mut self, order: &[usize]) {
        for way in &mut self.ways {
            way.got = order.iter().map(|&old| way.got[old]).collect();
        }
        if self.ways.len() > 1 {
            self.ways.sort();
        }
    }

    /// For people: the levels that the counter may have.
    #[cfg(feature = "stateright")]
    pub(super) fn levels(&self) -> Vec<u64> {
        let mut levels: Vec<u64> = self.ways.iter().map(|way| way.level).collect();
        levels.dedup();
        levels
    }
}

/// What a counter does.
fn act(level: u64, op: StockOp) -> (u64, Got) {
    let (level, refused) = match op {
        StockOp::Buy { quantity } => match level.checked_sub(quantity) {
            Some(rest) => (rest, false),
            None => (level, true),
        },
        StockOp::Read => (level, false),
        StockOp::Restock { quantity } => (level.saturating_add(quantity), false),
    };
    (level, Got { refused, level })
}

/// Is this what a client may be told that got this? Answers may say less than the counter knows.
fn agrees(op: StockOp, got: Got, ret: StockRet) -> bool {
    let told = |told: Option<i64>| told.is_none_or(|told| u64::try_from(told) == Ok(got.level));
    match (op, ret) {
        (StockOp::Buy { .. }, StockRet::Bought { remaining, .. }) => !got.refused && told(remaining),
        (StockOp::Buy { .. }, StockRet::SoldOut) => got.refused,
        (StockOp::Read, StockRet::Stock(stock)) => told(Some(stock)),
        (StockOp::Restock { .. }, StockRet::Restocked { stock }) => told(stock),
        _ => false,
    }
}
