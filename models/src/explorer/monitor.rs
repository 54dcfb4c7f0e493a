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
    /// Bought by somebody who has as many as one buyer may have.
    TooMany,
    /// Sold out, but enough was left.
    FalseSoldOut,
    /// Told to have had theirs, without having had any.
    AlreadyUntrue,
    /// A stock that was never there.
    WrongRead,
    /// Something happened although the operation is known to have failed.
    Resurrected,
}

/// What an open operation got when it was given its instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Got {
    /// Too few were left.
    short: bool,
    /// The buyer has had theirs.
    had: bool,
    /// The level after it.
    level: u64,
}

impl Got {
    const fn refused(self) -> bool {
        self.short || self.had
    }
}

/// What one buyer may have.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    /// So many units; `None`: any number.
    pub(super) limit: Option<u64>,
    /// Which buyer a client is.
    pub(super) buyers: Vec<u8>,
}

impl Rules {
    /// Buyers whose units are counted.
    pub(super) fn counted(&self) -> usize {
        let last = self.limit.and(self.buyers.iter().max());
        last.map_or(0, |last| usize::from(*last) + 1)
    }

    /// Without a limit it makes no difference who buys.
    fn buyer(&self, client: usize) -> u8 {
        let buyer = self.limit.and_then(|_| self.buyers.get(client));
        buyer.copied().unwrap_or(0)
    }
}

/// One way to linearize what has happened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Way {
    level: u64,
    /// Units of each buyer, where there is a limit to them.
    had: SmallVec<[u64; 2]>,
    /// Of each client's open operation.
    got: SmallVec<[Option<Got>; 4]>,
    /// Operations adrift that have not been given an instant, each with its buyer and how many of its kind; sorted.
    adrift: SmallVec<[((StockOp, u8), u8); 1]>,
}

impl Way {
    /// What the counter does with an operation of this buyer.
    fn act(&mut self, rules: &Rules, op: StockOp, buyer: u8) -> Got {
        let mut got = Got {
            short: false,
            had: false,
            level: self.level,
        };
        match op {
            StockOp::Buy { quantity } => {
                let has = self.had.get_mut(usize::from(buyer));
                let after = has.as_ref().map_or(0, |has| has.saturating_add(quantity));
                got.short = self.level < quantity;
                got.had = rules.limit.is_some_and(|limit| after > limit);
                if !got.refused() {
                    self.level -= quantity;
                    if let Some(has) = has {
                        *has = after;
                    }
                }
            }
            StockOp::Read => {}
            StockOp::Restock { quantity } => self.level = self.level.saturating_add(quantity),
        }
        got.level = self.level;
        got
    }
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
    pub(super) fn new(stock: u64, clients: usize, rules: &Rules) -> Self {
        let way = Way {
            level: stock,
            had: SmallVec::from_elem(0, rules.counted()),
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
        let had = self.ways.first().map_or(0, |way| way.had.len());
        self.ways.len() * (size_of::<Way>() + clients * size_of::<Option<Got>>() + had * size_of::<u64>())
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
    pub(super) fn respond(
        &mut self,
        rules: &Rules,
        client: usize,
        op: StockOp,
        ret: StockRet,
        others: &[Open],
    ) -> Result<(), Misuse> {
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
        let after = self.after(rules, client, op, ret, others)?;
        if after.is_empty() {
            let any = Rules {
                limit: None,
                ..rules.clone()
            };
            let wrong = match ret {
                StockRet::Bought { remaining: Some(_), .. }
                    if !self.after(rules, client, op, StockRet::BOUGHT, others)?.is_empty() =>
                {
                    Wrong::WrongRemaining
                }
                StockRet::Bought { .. } if !self.after(&any, client, op, StockRet::BOUGHT, others)?.is_empty() => {
                    Wrong::TooMany
                }
                StockRet::Bought { .. } => Wrong::Oversold,
                StockRet::SoldOut | StockRet::Refused => Wrong::FalseSoldOut,
                StockRet::Already => Wrong::AlreadyUntrue,
                StockRet::Stock(_) => Wrong::WrongRead,
                StockRet::Restocked { .. } => Wrong::WrongRemaining,
            };
            self.break_off(wrong);
        } else {
            self.ways = after;
        }
        Ok(())
    }

    fn after(
        &self,
        rules: &Rules,
        client: usize,
        op: StockOp,
        ret: StockRet,
        others: &[Open],
    ) -> Result<SmallVec<[Way; 1]>, Misuse> {
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
                let mut last = way.clone();
                let got = last.act(rules, op, rules.buyer(client));
                if agrees(op, got, ret) {
                    after.push(last);
                }
                let mut go = |further: Way| {
                    if reached.insert(further.clone()) {
                        todo.push(further);
                    }
                };
                for &(other, op) in others {
                    if way.got[other].is_none() {
                        let mut further = way.clone();
                        further.got[other] = Some(further.act(rules, op, rules.buyer(other)));
                        go(further);
                    }
                }
                for place in 0..way.adrift.len() {
                    let ((op, buyer), count) = way.adrift[place];
                    let mut further = way.clone();
                    if further.act(rules, op, buyer).refused() {
                        // It may as well never take effect.
                        continue;
                    }
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
    pub(super) fn abandon(&mut self, rules: &Rules, client: usize, op: StockOp) {
        let adrift = (op, rules.buyer(client));
        for way in &mut self.ways {
            if way.got[client].take().is_some() || op == StockOp::Read {
                continue;
            }
            match way.adrift.binary_search_by(|(known, _)| known.cmp(&adrift)) {
                Ok(place) => way.adrift[place].1 += 1,
                Err(place) => way.adrift.insert(place, (adrift, 1)),
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
            got.is_none_or(|got| got.refused() || op == StockOp::Read)
        });
        self.ways.sort();
        self.ways.dedup();
        if self.ways.is_empty() {
            self.break_off(Wrong::Resurrected);
        }
    }

    /// Could a reader be told `stock` now? `None` when nothing makes sense any more.
    pub(super) fn may_be(&self, rules: &Rules, stock: i64, open: &[Open]) -> Result<Option<bool>, Misuse> {
        if self.wrong.is_some() {
            return Ok(None);
        }
        let mut wide = self.clone();
        for way in &mut wide.ways {
            way.got.push(None);
        }
        let reader = wide.ways.first().map_or(0, |way| way.got.len() - 1);
        let after = wide.after(rules, reader, StockOp::Read, StockRet::Stock(stock), open)?;
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

/// Is this what a client may be told that got this? Answers may say less than the counter knows.
fn agrees(op: StockOp, got: Got, ret: StockRet) -> bool {
    let told = |told: Option<i64>| told.is_none_or(|told| u64::try_from(told) == Ok(got.level));
    match (op, ret) {
        (StockOp::Buy { .. }, StockRet::Bought { remaining, .. }) => !got.refused() && told(remaining),
        (StockOp::Buy { .. }, StockRet::SoldOut) => got.short,
        (StockOp::Buy { .. }, StockRet::Already) => got.had,
        (StockOp::Buy { .. }, StockRet::Refused) => got.refused(),
        (StockOp::Read, StockRet::Stock(stock)) => told(Some(stock)),
        (StockOp::Restock { .. }, StockRet::Restocked { stock }) => told(stock),
        _ => false,
    }
}
