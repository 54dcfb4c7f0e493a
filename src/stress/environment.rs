//! Chance and time of a stress run.

use std::{
    cell::{Cell, RefCell},
    future::Future,
    pin::Pin,
    rc::Rc,
    time::Duration,
};

use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};

use super::fault_log::FaultLog;
use crate::{recorder::Attempts, strategy::Environment};

/// Attempts in vain before a client sleeps instead of only letting others go first.
const EAGER: u32 = 8;
/// One in so many chances to stall is taken.
const STALLS: u32 = 16;

/// One client's chance and time, from the run's seed and the client's number.
pub(super) struct Chance {
    random: RefCell<SmallRng>,
    client: u64,
    issued: Cell<u64>,
    attempts: Attempts,
    stall: Option<Duration>,
    faults: Rc<FaultLog>,
    /// Who buys.
    buyer: Cell<u64>,
    /// Units put on sale.
    stock: u64,
    /// The number under which the client acts.
    pub(super) process: Cell<i64>,
}

impl Chance {
    pub(super) fn new(
        seed: u64,
        client: u64,
        attempts: Attempts,
        stall: Option<Duration>,
        faults: Rc<FaultLog>,
        stock: u64,
    ) -> Self {
        Self {
            random: RefCell::new(SmallRng::seed_from_u64(
                seed ^ client.wrapping_mul(0x9E37_79B9_7F4A_7C15),
            )),
            client,
            // A server may remember what earlier runs were called.
            issued: Cell::new(u64::from(rand::random::<u32>())),
            attempts,
            stall,
            faults,
            buyer: Cell::new(client),
            stock,
            process: Cell::new(0),
        }
    }

    /// The next purchase is of one of so many buyers.
    pub(super) fn draw_buyer(&self, buyers: u64) {
        self.buyer
            .set(self.draw(|random| random.random_range(0..buyers.max(1))));
    }

    pub(super) fn draw<T>(&self, draw: impl FnOnce(&mut SmallRng) -> T) -> T {
        draw(&mut self.random.borrow_mut())
    }
}

impl Environment for Chance {
    fn unique(&self) -> u64 {
        let issued = self.issued.get();
        self.issued.set(issued + 1);
        (self.client << 40) | issued
    }

    fn buyer(&self) -> u64 {
        self.buyer.get()
    }

    fn stock(&self) -> u64 {
        self.stock
    }

    /// First lets the other clients go on, then sleeps a little longer each time, with jitter.
    fn retry(&self) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        let attempts = self.attempts.retry();
        Box::pin(async move {
            if attempts <= EAGER {
                tokio::task::yield_now().await;
            } else {
                let longest = u64::from((attempts - EAGER).min(4)) * 1000;
                let micros = self.draw(|random| random.random_range(0..=longest));
                tokio::time::sleep(Duration::from_micros(micros)).await;
            }
        })
    }

    fn stall(&self) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        let stall = self
            .stall
            .filter(|_| self.draw(|random| random.random_ratio(1, STALLS)));
        Box::pin(async move {
            if let Some(stall) = stall {
                let from = self.faults.now();
                tokio::time::sleep(stall).await;
                self.faults.add(from, self.process.get(), "stalls");
            }
        })
    }
}
