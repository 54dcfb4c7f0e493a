//! What came of a run.

use std::{fmt, time::Duration};

use hdrhistogram::Histogram;
use thiserror::Error;

use oversell_checker::history::{Fault, What, number};
use oversell_spec::stock::{StockOp, StockRet};

use crate::server::left_behind;

/// Why a run ended before its workload was done.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CutShort {
    /// A violation was found, and that was enough.
    #[error("stopped at the first violation")]
    AtViolation,
    /// Somebody asked for it.
    #[error("stopped on request")]
    OnRequest,
    /// The server could not be reached any more. In the client's words, where it said anything.
    #[error("the server was lost{}", .0.as_ref().map_or_else(String::new, |why| format!(": {why}")))]
    ServerLost(Option<String>),
    /// An item was still being sold after as many operations, or as much time, as a round may take.
    #[error(
        "`{item}` was not sold out after {} operations in {:.1} s, which is as far as a round goes without a limit of its own",
        number(*.operations), .elapsed.as_secs_f64()
    )]
    NotSoldOut {
        /// The item.
        item: String,
        /// Operations on it.
        operations: u64,
        /// How long they took.
        elapsed: Duration,
    },
}

impl Outcome {
    /// Did it end because the server could not be reached any more?
    #[must_use]
    pub const fn server_lost(&self) -> bool {
        matches!(self.cut_short, Some(CutShort::ServerLost(_)))
    }
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Rounds that were begun.
    pub rounds: u64,
    /// The sums.
    pub totals: Totals,
    /// From the first round's start to the last one's end, without the preparation in between.
    pub elapsed: Duration,
    /// How long the clients asked for nothing more because too much was waiting to be taken. Part of `elapsed`.
    pub paused: Duration,
    /// How long operations took, in nanoseconds.
    pub latency: Histogram<u64>,
    /// Stalls that were asked for, and connections that were lost.
    pub faults: Vec<Fault>,
    /// How many more of them there were.
    pub faults_left_out: u64,
    /// Why the run ended before its workload was done.
    pub cut_short: Option<CutShort>,
    /// Keys that may still be on the server.
    pub left_behind: LeftBehind,
    /// The first error message of an operation, if any: one that was an answer before one that came of a lost connection.
    pub first_failure: Option<String>,
}

impl Outcome {
    /// Why a history of this run is no pass, whatever it says, if so: an operation without an answer keeps every promise.
    #[must_use]
    pub fn unanswered(&self) -> Option<String> {
        let totals = &self.totals;
        let all = number(totals.operations + totals.failed);
        let first = self.first_failure.as_deref().unwrap_or_default();
        if totals.errors > 0 {
            let errors = number(totals.errors);
            Some(format!(
                "{errors} of {all} operations ended with an error, and what that told the customer is not known; the first: {first}"
            ))
        } else if totals.unknown > totals.operations / 2 && !self.server_lost() {
            let unknown = number(totals.unknown);
            Some(format!(
                "{unknown} of {all} operations were never answered; the first: {first}"
            ))
        } else {
            None
        }
    }
}

/// Keys that may still be on a server, because it did not say that they are gone. On one of our own, where keys have no prefix, that is
/// nothing to speak of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftBehind {
    prefix: String,
    /// What all of them begin with.
    common: Option<String>,
}

impl LeftBehind {
    /// None, of those with this prefix.
    pub(super) fn none(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_string(),
            common: None,
        }
    }

    /// Those that begin with this key, too.
    pub(crate) fn add(&mut self, key: &str) {
        if !self.prefix.is_empty() {
            let more = self.common.is_some();
            self.common = Some(if more { &self.prefix } else { key }.to_string());
        }
    }

    /// Are there none?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.common.is_none()
    }

    /// To be added to a sentence.
    pub(super) fn also(&self) -> String {
        if self.is_empty() {
            String::new()
        } else {
            format!("; {self}")
        }
    }
}

impl fmt::Display for LeftBehind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.common {
            Some(common) => f.write_str(&left_behind(common)),
            None => Ok(()),
        }
    }
}

/// The sums of a run, over all its rounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Operations that were answered or given up, failed ones not counted.
    pub operations: u64,
    /// Purchases that were answered with `bought`.
    pub bought: u64,
    /// Units in them.
    pub units_sold: u64,
    /// Purchases that were answered with `sold-out`.
    pub sold_out: u64,
    /// Operations whose effect nobody knows.
    pub unknown: u64,
    /// Operations that certainly had no effect.
    pub failed: u64,
    /// Operations, unknown or failed, that ended with an error although every command was answered.
    pub errors: u64,
    /// Units put on sale, all rounds together.
    pub initial: u64,
    /// Units put back, as far as acknowledged.
    pub restocked: u64,
    /// Units left at the end, all rounds together; `None` when the strategy cannot tell or the server was gone.
    pub final_stock: Option<i64>,
    /// Units sold beyond those that were there: the sum over the rounds in which more were sold than put on sale and
    /// (possibly) put back.
    pub oversold: u64,
    /// Units that left the stock without anybody having been told that they are his: the sum over the rounds.
    pub leaked: u64,
}

/// The sums of one round.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Round {
    pub(super) bought: u64,
    pub(super) units_sold: u64,
    pub(super) sold_out: u64,
    pub(super) reads: u64,
    pub(super) restocks: u64,
    pub(super) restocked: u64,
    /// Units in restocks of unknown effect.
    pub(super) perhaps_restocked: u64,
    pub(super) unknown: u64,
    pub(super) failed: u64,
    pub(super) errors: u64,
}

impl Round {
    /// One operation more, with what came of it.
    pub(super) fn count(&mut self, op: StockOp, what: &What<StockOp, StockRet>) {
        match (op, what) {
            (StockOp::Buy { quantity }, What::Ok(StockRet::Bought { .. })) => {
                self.bought += 1;
                self.units_sold += quantity;
            }
            (StockOp::Buy { .. }, What::Ok(_)) => self.sold_out += 1,
            (StockOp::Read, What::Ok(_)) => self.reads += 1,
            (StockOp::Restock { quantity }, What::Ok(_)) => {
                self.restocks += 1;
                self.restocked += quantity;
            }
            (_, What::Fail) => self.failed += 1,
            (_, What::Info(_)) => {
                self.unknown += 1;
                if let StockOp::Restock { quantity } = op {
                    self.perhaps_restocked += quantity;
                }
            }
            (_, What::Invoke(_)) => {}
        }
    }

    /// Operations that were answered or given up, failed ones not counted.
    pub(super) const fn operations(&self) -> u64 {
        self.bought + self.sold_out + self.reads + self.restocks + self.unknown
    }
}

impl Totals {
    /// Adds a round that began with `stock` units and ended with `left`.
    pub(super) fn add(&mut self, stock: u64, round: &Round, left: Option<i64>) {
        self.operations += round.operations();
        self.bought += round.bought;
        self.units_sold += round.units_sold;
        self.sold_out += round.sold_out;
        self.unknown += round.unknown;
        self.failed += round.failed;
        self.errors += round.errors;
        self.initial += stock;
        self.restocked += round.restocked;
        let there = i128::from(stock) + i128::from(round.restocked);
        let sold = i128::from(round.units_sold);
        self.oversold += positive(sold - there - i128::from(round.perhaps_restocked));
        self.final_stock = match (self.final_stock, left) {
            (Some(sum), Some(left)) => sum.checked_add(left),
            _ => None,
        };
        if let Some(left) = left {
            self.leaked += positive(there - sold - i128::from(left).max(0));
        }
    }
}

fn positive(number: i128) -> u64 {
    u64::try_from(number.max(0)).unwrap_or(u64::MAX)
}
