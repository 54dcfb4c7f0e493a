//! The list of all strategies, in the order in which they are shown: safe ones first.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use super::{
    AnyStrategy, DecrCompensate, DynStrategy, Function, GetBeforeWatch, GetSet, Idempotent, IfEq, IncrEx, LPop, Lock,
    Lua, MultiNoWatch, Naive, OneEach, RetryOnTimeout, SismemberSadd, Watch,
};

/// What it takes to see a strategy's weakness within a second, beyond many buyers at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provocation {
    /// Units asked for in one purchase.
    pub quantity: RangeInclusive<u64>,
    /// Buyers stall now and then, for this long.
    pub stall: Option<Duration>,
}

impl Default for Provocation {
    /// One unit a purchase, and nobody stalls.
    fn default() -> Self {
        Self {
            quantity: 1..=1,
            stall: None,
        }
    }
}

/// A row of the catalogue.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The code.
    pub strategy: AnyStrategy,
    /// What its stress run does beyond the usual.
    pub provocation: Provocation,
}

impl<S: DynStrategy + 'static> From<S> for Entry {
    fn from(strategy: S) -> Self {
        Self {
            strategy: Arc::new(strategy),
            provocation: Provocation::default(),
        }
    }
}

/// Every strategy there is, the safe ones first.
///
/// ```
/// let names: Vec<String> = oversell::strategy::catalogue().iter().map(|entry| entry.strategy.info().name).collect();
/// assert_eq!(names[..3], ["lpop", "watch", "lua"]);
/// assert!(names.contains(&"naive".to_string()));
/// ```
#[must_use]
pub fn catalogue() -> Vec<Entry> {
    vec![
        LPop.into(),
        Watch::default().into(),
        Lua.into(),
        Function.into(),
        IfEq.into(),
        IncrEx.into(),
        Lock::careful().into(),
        Idempotent.into(),
        RetryOnTimeout.into(),
        OneEach.into(),
        Naive.into(),
        GetSet.into(),
        MultiNoWatch.into(),
        GetBeforeWatch.into(),
        Watch::shared().into(),
        Entry {
            provocation: Provocation {
                quantity: 1..=3,
                ..Provocation::default()
            },
            ..DecrCompensate.into()
        },
        Entry {
            provocation: Provocation {
                stall: Some(Duration::from_millis(4)),
                ..Provocation::default()
            },
            ..Lock::careless().into()
        },
        SismemberSadd.into(),
    ]
}

/// The entry of this name.
#[must_use]
pub fn find(name: &str) -> Option<Entry> {
    catalogue().into_iter().find(|entry| entry.strategy.info().name == name)
}
