//! Somebody who looks on while a run is recorded.

use std::fmt;

use oversell_models::spec::stock::{StockOp, StockRet};

/// Hears of every event as it is recorded, in order of time.
pub trait Watcher: fmt::Debug + Send {
    /// From now on it is about another counter, which has `stock` units.
    fn start_key(&mut self, stock: u64);

    /// Operation `number`, counted from 0 for each counter, is invoked.
    fn invoked(&mut self, number: u64, process: i64, at: u64, op: StockOp);

    /// It is answered.
    fn responded(&mut self, number: u64, at: u64, ret: StockRet);

    /// It will not be answered.
    fn lost(&mut self, number: u64);

    /// It certainly had no effect.
    fn failed(&mut self, number: u64);

    /// There is no more about the present counter.
    fn ended(&mut self);
}
