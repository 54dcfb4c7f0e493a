//! A history in memory: its header, and the operations by key.

use serde_json::{Map, Value};

use super::{Body, Spec, StockHistory, Texts};
use crate::each;

/// The name of the format, as the header of every file gives it.
pub const FORMAT: &str = "oversell-history";
/// The version of the format that is written, and the only one that is read.
pub const VERSION: u64 = 1;

/// The field of the header that says how many units one buyer may have.
pub const LIMIT: &str = "limit";

/// A history: what concurrent clients did, when, and what they were told.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// What the history is about.
    pub header: Header,
    /// What time is measured in.
    pub clock: Clock,
    /// The operations, by key, in order of the keys' first appearance.
    pub body: Body,
    /// The names of the units that were sold and of those who bought; a `Unit` and a `Buyer` are numbers in it. Empty where this is
    /// not about stock.
    pub units: Texts,
}

/// What a history is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// Which sequential specification the operations are held against. The same as that of the [`Body`].
    pub spec: Spec,
    /// The value of each key before the first operation.
    pub initial: Initial,
    /// Everything else that the header says (strategy, seed, clients, server version, …), in its order.
    pub metadata: Map<String, Value>,
}

impl Header {
    /// A header without metadata for keys that all begin with the same value.
    #[must_use]
    pub fn new(spec: Spec, initial: impl Into<Value>) -> Self {
        Self {
            spec,
            initial: Initial::Every(initial.into()),
            metadata: Map::new(),
        }
    }

    /// A header without other metadata for stock counters of which one buyer may have so many units.
    #[must_use]
    pub fn sales(initial: u64, limit: u64) -> Self {
        let mut header = Self::new(Spec::Sales, initial);
        header.metadata.insert(LIMIT.to_owned(), limit.into());
        header
    }

    /// Units that one buyer may have, where the header says it. It means something where this is about stock.
    #[must_use]
    pub fn limit(&self) -> Option<u64> {
        self.metadata.get(LIMIT)?.as_u64()
    }
}

/// The value of each key before the first operation.
#[derive(Clone, Debug, PartialEq)]
pub enum Initial {
    /// One value for every key.
    Every(Value),
    /// A value for each key.
    Each(Map<String, Value>),
}

impl Initial {
    /// The initial value of this key, where there is one.
    #[must_use]
    pub fn of(&self, key: &str) -> Option<&Value> {
        match self {
            Self::Every(value) => Some(value),
            Self::Each(values) => values.get(key),
        }
    }
}

/// What the times of a history are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Nanoseconds on one monotonic clock.
    Nanoseconds,
    /// The file gives no times: they are numbers that say nothing but the order of its lines.
    Lines,
}

impl History {
    /// A history of stock counters, with times in nanoseconds.
    #[must_use]
    pub const fn stock(header: Header, keys: Vec<StockHistory>, units: Texts) -> Self {
        Self {
            header,
            clock: Clock::Nanoseconds,
            body: Body::Stock(keys),
            units,
        }
    }

    /// How many operations there are, those that certainly had no effect not counted.
    #[must_use]
    pub fn operations(&self) -> usize {
        each!(&self.body, keys => keys.iter().map(|key| key.operations.len()).sum())
    }

    /// The name of the key at this place. Empty when there is none.
    #[must_use]
    pub fn key(&self, index: usize) -> &str {
        each!(&self.body, keys => keys.get(index).map(|key| key.key.as_str())).unwrap_or_default()
    }

    /// How many keys were acted on.
    #[must_use]
    pub fn keys(&self) -> usize {
        each!(&self.body, keys => keys.len())
    }
}
