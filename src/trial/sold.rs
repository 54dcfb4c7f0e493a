//! By what a run is judged: as a stock counter, or as one with a limit for each buyer.

use oversell_checker::{
    engines::{Limits, Monitor, Verdict, check_sales, check_stock},
    examine::Watchable,
    history::{Body, Event, KeyHistory, OnSale, Vocabulary},
};
use oversell_spec::{Sales, Stock, stock::StockRet};

/// All that was done to one item.
pub(super) type Key<S> = KeyHistory<<S as Vocabulary>::Op, StockRet, <S as Vocabulary>::Initial>;

/// One of the two specifications.
pub(super) trait Sold: Watchable<Ret = StockRet, Op: Copy + Sync, Initial: Copy + Sync> {
    /// What is there at first, `limit` units of it for one buyer.
    fn on_sale(stock: u64, limit: Option<u64>) -> Self::Initial;

    /// What happened, as far as it matters.
    fn happened(event: Event<Sales>) -> Event<Self>;

    /// What only notices a violation, and keeps nothing of what shows it.
    fn noticing(initial: Self::Initial, limits: Limits) -> Self::Watcher {
        Self::watcher(initial, limits)
    }

    /// Is it linearizable?
    fn check(key: &Key<Self>, limits: &Limits) -> Verdict;

    /// The items of a history.
    fn keys(body: Body) -> Vec<Key<Self>>;
}

impl Sold for Stock {
    fn on_sale(stock: u64, _: Option<u64>) -> u64 {
        stock
    }

    fn happened(event: Event<Sales>) -> Event<Self> {
        event.without_buyer()
    }

    fn noticing(initial: u64, limits: Limits) -> Monitor {
        Monitor::keeping(initial, limits, 0)
    }

    fn check(key: &Key<Self>, limits: &Limits) -> Verdict {
        check_stock(key.initial, &key.operations, limits)
    }

    fn keys(body: Body) -> Vec<Key<Self>> {
        match body {
            Body::Stock(keys) => keys,
            _ => Vec::new(),
        }
    }
}

impl Sold for Sales {
    fn on_sale(stock: u64, limit: Option<u64>) -> OnSale {
        OnSale {
            stock,
            limit: limit.unwrap_or(u64::MAX),
        }
    }

    fn happened(event: Event<Self>) -> Event<Self> {
        event
    }

    fn check(key: &Key<Self>, limits: &Limits) -> Verdict {
        check_sales(key.initial, &key.operations, limits)
    }

    fn keys(body: Body) -> Vec<Key<Self>> {
        match body {
            Body::Sales(keys) => keys,
            _ => Vec::new(),
        }
    }
}
