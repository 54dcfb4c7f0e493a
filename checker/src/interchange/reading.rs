//! What reading takes and gives.

use serde_json::Value;

use crate::history::{History, Spec, Warning};

/// What a file in another format does not say of itself, and how it is to be understood.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The specification. Without it, and without a header in the file, the operations tell.
    pub spec: Option<Spec>,
    /// What each key holds at the start. Without it, and without a header: nothing for a register or a store; a stock has
    /// to be told.
    pub initial: Option<Value>,
    /// Leave times out: the order of the events is the order of time, as Knossos takes it.
    pub by_lines: bool,
    /// Are values `[key value]`, as `jepsen.independent` has them? Without it, the operations tell.
    pub independent: Option<bool>,
}

/// A history that has been read.
#[derive(Debug)]
pub struct Converted {
    /// The history.
    pub history: History,
    /// What deserves attention.
    pub warnings: Vec<Warning>,
    /// Events of processes that are no clients (a nemesis): they are kept as `faults` in the header.
    pub faults: usize,
    /// By how much all values are higher than the file says: a counter that may go below zero is told as a stock, which never does.
    pub raised: u64,
}
