//! Checks a stock counter of which one buyer may have so many units while its history is still being made.

use oversell_spec::{
    sales::{Buyer, SalesOp},
    stock::{StockOp, StockRet},
};
use rustc_hash::FxHashMap;

use super::check::decide_sales;
use crate::{
    engines::{Limits, Verdict, Watched},
    history::{OnSale, Operation, Response, SalesOperation},
};

/// Responses before all that has come is looked at for the first time; then after twice as many, and so on: in all, as often as it
/// would be to look at everything twice or so.
const FIRST: usize = 512;

/// Checks one counter, event by event. All operations are kept: what a buyer has had is never forgotten. That a buyer was told bought
/// too often is seen at once, all else when as much has come as before, when nothing comes for a while, or in the end.
#[derive(Clone)]
pub struct SalesMonitor {
    initial: OnSale,
    limits: Limits,
    /// `None`: it had no effect.
    operations: Vec<Option<SalesOperation>>,
    /// Told bought, by each buyer.
    sold: FxHashMap<Buyer, u64>,
    watched: Watched,
    responses: usize,
    next: usize,
    changed: bool,
}

impl SalesMonitor {
    /// Of what is there at first.
    #[must_use]
    pub fn new(initial: OnSale, limits: Limits) -> Self {
        Self {
            initial,
            limits,
            operations: Vec::new(),
            sold: FxHashMap::default(),
            watched: Watched::Linearizable,
            responses: 0,
            next: FIRST,
            changed: false,
        }
    }

    /// An operation is invoked. Events come in order of time, at equal times invocations first. Operations are numbered from 0 on.
    pub fn invoke(&mut self, process: i64, at: u64, op: SalesOp) {
        self.operations.push(Some(Operation {
            process,
            invoked: at,
            op,
            response: None,
        }));
    }

    /// It was answered.
    pub fn respond(&mut self, number: u64, at: u64, ret: StockRet) {
        let Some(operation) = self.at(number) else { return };
        operation.response = Some(Response { at, ret });
        let asked = operation.op;
        self.responses += 1;
        self.changed = true;
        if let (StockOp::Buy { quantity }, StockRet::Bought { .. }) = (asked.op, ret) {
            let mut own = 0;
            let sold = match asked.buyer {
                Some(buyer) => self.sold.entry(buyer).or_insert(0),
                None => &mut own,
            };
            *sold = sold.saturating_add(quantity);
            if *sold > self.initial.limit {
                self.watched = Watched::Violation(Vec::new());
                return;
            }
        }
        if self.responses >= self.next {
            self.next = self.responses * 2;
            self.look();
        }
    }

    /// It had no effect.
    pub fn fail(&mut self, number: u64) {
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        if let Some(operation) = self.operations.get_mut(index) {
            *operation = None;
        }
        self.changed = true;
    }

    fn at(&mut self, number: u64) -> Option<&mut SalesOperation> {
        self.operations.get_mut(usize::try_from(number).ok()?)?.as_mut()
    }

    /// Looks at all that has come. What is open is taken for lost, so a violation is one whatever comes.
    fn look(&mut self) -> Option<Verdict> {
        if !self.changed || !matches!(self.watched, Watched::Linearizable) {
            return None;
        }
        self.changed = false;
        let operations: Vec<SalesOperation> = self.operations.iter().flatten().copied().collect();
        let verdict = decide_sales(self.initial, &operations, &self.limits);
        if let Verdict::Violation(_) = verdict {
            self.watched = Watched::Violation(Vec::new());
        }
        Some(verdict)
    }

    /// What is known so far.
    #[must_use]
    pub const fn watched(&self) -> &Watched {
        &self.watched
    }

    /// Nothing has come for a while: is it a violation whatever comes?
    pub fn glance(&mut self) -> &Watched {
        self.look();
        &self.watched
    }

    /// Nothing comes any more.
    #[must_use]
    pub fn finish(mut self) -> Watched {
        // What was not decided before may be now, or is not decided at all.
        self.changed = true;
        if let Some(Verdict::Undecided(limit)) = self.look() {
            return Watched::Undecided(limit);
        }
        self.watched
    }
}
