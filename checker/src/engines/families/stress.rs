//! Large histories of a stock counter, as a stress run records them: clients in a closed loop, answers in the order of
//! instants that only the generator knows.

use std::{cmp::Reverse, collections::BinaryHeap};

use oversell_spec::SequentialSpec;
use oversell_spec::{
    Stock,
    stock::{StockOp, StockRet},
};
use rand::{Rng, RngExt};

use crate::history::{Operation, Response, StockOperation};

/// What a history is made of. Shares are of all operations, between 0 and 1.
#[derive(Clone, Copy, Debug)]
pub struct Stress {
    /// Clients with one operation in flight each.
    pub clients: usize,
    /// Operations.
    pub operations: usize,
    /// Units at first.
    pub initial: u64,
    /// Share of reads.
    pub reads: f64,
    /// Share of restocks.
    pub restocks: f64,
    /// Share of lost answers; half of those operations took effect.
    pub lost: f64,
    /// Share of buys and restocks that are told the level.
    pub told: f64,
    /// Quantities of buys are 1 up to this.
    pub most_quantity: u64,
    /// Quantities of restocks are 1 up to this.
    pub most_restocked: u64,
}

impl Default for Stress {
    /// 64 clients that buy 10,000 times from a stock for 7,000 of them.
    fn default() -> Self {
        Self {
            clients: 64,
            operations: 10_000,
            initial: 7_000,
            reads: 0.0,
            restocks: 0.0,
            lost: 0.0,
            told: 0.0,
            most_quantity: 1,
            most_restocked: 1,
        }
    }
}

/// One lie in a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// The first sold-out is told that it bought.
    Oversold,
    /// A bought from the middle is told sold-out, though units were left.
    FalseSoldOut,
    /// A read from the middle, or a level told there, is one too low.
    WrongLevel,
}

impl Stress {
    /// A linearizable history, in the order of invocations.
    pub fn history(&self, random: &mut impl Rng) -> Vec<StockOperation> {
        let mut stock = Stock::new(self.initial);
        closed_loop(self.clients, self.operations, random, |_, random| {
            let op = self.ask(random);
            if random.random_bool(self.lost) {
                if random.random_bool(0.5) {
                    stock.invoke(&op);
                }
                return (op, None);
            }
            let ret = self.tell(random, stock.invoke(&op));
            (op, Some(ret))
        })
    }

    fn ask(&self, random: &mut impl Rng) -> StockOp {
        let kind = random.random::<f64>();
        if kind < self.reads {
            StockOp::Read
        } else if kind < self.reads + self.restocks {
            StockOp::Restock {
                quantity: random.random_range(1..=self.most_restocked),
            }
        } else {
            StockOp::Buy {
                quantity: random.random_range(1..=self.most_quantity),
            }
        }
    }

    fn tell(&self, random: &mut impl Rng, ret: StockRet) -> StockRet {
        let told = self.told >= 1.0 || (self.told > 0.0 && random.random_bool(self.told));
        match ret {
            StockRet::Bought { .. } if !told => StockRet::BOUGHT,
            StockRet::Restocked { .. } if !told => StockRet::Restocked { stock: None },
            ret => ret,
        }
    }
}

/// What so many clients do, each with one operation after the other, in the order of invocations. `act` does the operation of a
/// number and says what came back, if anything did.
pub(super) fn closed_loop<R: Rng, Op, Ret>(
    clients: usize,
    operations: usize,
    random: &mut R,
    mut act: impl FnMut(u32, &mut R) -> (Op, Option<Ret>),
) -> Vec<Operation<Op, Ret>> {
    // The first begin one after the other.
    let mut coming: BinaryHeap<_> = (0..clients as i64)
        .map(|client| Reverse(next(random, client, client, client as u64 * 37)))
        .collect();
    let mut processes = clients as i64;
    let mut history = Vec::with_capacity(operations);
    while history.len() < operations
        && let Some(Reverse((_, client, process, invoked, at))) = coming.pop()
    {
        let (op, ret) = act(history.len() as u32, random);
        let lost = ret.is_none();
        history.push(Operation {
            process,
            invoked,
            op,
            response: ret.map(|ret| Response { at, ret }),
        });
        let process = if lost { processes } else { process };
        processes += i64::from(lost);
        coming.push(Reverse(next(random, client, process, at + 1)));
    }
    history.sort_by_key(|operation| operation.invoked);
    history
}

/// The next operation of a client that is free from `time` on: instant, client, process, invocation, response. It takes 20 to
/// 200 µs, the instant anywhere within.
fn next(random: &mut impl Rng, client: i64, process: i64, time: u64) -> (u64, i64, i64, u64, u64) {
    let invoked = time + random.random_range(0..2_000);
    let takes = random.random_range(20_000..200_000);
    let instant = invoked + random.random_range(0..=takes);
    (instant, client, process, invoked, invoked + takes)
}

/// A legal history with each lie that there is something to lie about, and as it is.
pub fn with_and_without_lies(legal: Vec<StockOperation>) -> impl Iterator<Item = Vec<StockOperation>> {
    let lies = [Lie::Oversold, Lie::FalseSoldOut, Lie::WrongLevel].map(|what| lie(legal.clone(), what));
    lies.into_iter().flatten().chain([legal])
}

/// Puts one lie into the history; `None` where there is nothing to lie about.
#[must_use]
pub fn lie(mut operations: Vec<StockOperation>, lie: Lie) -> Option<Vec<StockOperation>> {
    let middle = operations.len() / 2;
    let tell = |operation: &mut StockOperation, ret: StockRet| {
        operation.response = operation.response.map(|response| Response { ret, ..response });
    };
    let told = |operation: &StockOperation| operation.response.map(|response| response.ret);
    match lie {
        Lie::Oversold => {
            let sold_out = operations
                .iter_mut()
                .find(|operation| told(operation) == Some(StockRet::SoldOut))?;
            tell(sold_out, StockRet::BOUGHT);
        }
        Lie::FalseSoldOut => {
            let bought = operations[middle..]
                .iter_mut()
                .find(|operation| matches!(told(operation), Some(StockRet::Bought { .. })))?;
            tell(bought, StockRet::SoldOut);
        }
        Lie::WrongLevel => {
            let (at, ret) = operations[middle..].iter().enumerate().find_map(|(at, operation)| {
                let ret = match told(operation)? {
                    StockRet::Stock(level) => StockRet::Stock(level - 1),
                    StockRet::Bought {
                        remaining: Some(level),
                        unit,
                    } => StockRet::Bought {
                        remaining: Some(level - 1),
                        unit,
                    },
                    _ => return None,
                };
                Some((middle + at, ret))
            })?;
            tell(&mut operations[at], ret);
        }
    }
    Some(operations)
}
