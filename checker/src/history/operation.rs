//! One operation of a history: an invocation, and its response where there was one.

use oversell_spec::{
    kv::{KvOp, KvRet},
    register::{RegisterOp, RegisterRet},
    sales::SalesOp,
    stock::{StockOp, StockRet},
};

/// A response: when it came and what it said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Response<Ret> {
    /// When the response had been read, in nanoseconds on the history's clock.
    pub at: u64,
    /// What it said.
    pub ret: Ret,
}

/// An operation: who asked what, when, and what came back.
///
/// Its interval is closed: two operations of which one responds at the very instant at which the other is invoked
/// overlap. An operation without a response is *indeterminate*: it may take effect at any time after its invocation,
/// or never. A response comes no earlier than its invocation, and a client has one operation open at a time: files in which that is not so
/// are refused, and of operations in memory it is taken for granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Operation<Op, Ret> {
    /// The client, under the number it had then.
    pub process: i64,
    /// When it was invoked, in nanoseconds on the history's clock.
    pub invoked: u64,
    /// What was asked.
    pub op: Op,
    /// What came back; `None` when it is not known whether it took effect.
    pub response: Option<Response<Ret>>,
}

impl<Op, Ret> Operation<Op, Ret> {
    /// When it was over: `u64::MAX` when it never was.
    #[must_use]
    pub fn returned(&self) -> u64 {
        self.response.as_ref().map_or(u64::MAX, |response| response.at)
    }

    /// Did this operation end before `other` began? Only then is their order known.
    #[must_use]
    pub fn precedes(&self, other: &Self) -> bool {
        self.returned() < other.invoked
    }
}

/// An operation on a stock counter.
pub type StockOperation = Operation<StockOp, StockRet>;
/// An operation on a stock counter with a limit for each buyer.
pub type SalesOperation = Operation<SalesOp, StockRet>;
/// An operation on a register whose values are JSON.
pub type RegisterOperation = Operation<RegisterOp<String>, RegisterRet<String>>;
/// An operation on a key of a key-value store.
pub type KvOperation = Operation<KvOp, KvRet>;
