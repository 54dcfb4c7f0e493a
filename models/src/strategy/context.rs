//! The world around a strategy that is not Redis.

use std::{fmt, future::Future, pin::Pin};

/// The world around a strategy that is not Redis: who it is, chance, and time.
///
/// The stress runner answers with real time and a seeded generator, the explorer with logical ones. A strategy must use
/// these and not its own clocks, randomness, sleeps or tasks, or it cannot be explored.
pub trait Environment {
    /// A number no other call returns, in any client.
    fn unique(&self) -> u64;

    /// Who buys. Some clients may be the same buyer.
    fn buyer(&self) -> u64 {
        0
    }

    /// Units that were put on sale.
    fn stock(&self) -> u64 {
        0
    }

    /// Called when an attempt was in vain and the next starts from nothing: back off a little.
    fn retry(&self) -> Pin<Box<dyn Future<Output = ()> + '_>>;

    /// A point at which a real client may stall (garbage collection, a slow disk, a paused machine). By default it does not: to an
    /// explorer a stall is nothing but other clients' steps, and those may come anyway.
    fn stall(&self) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        Box::pin(std::future::ready(()))
    }
}

/// What code is told of the buyer with this number.
pub(crate) fn buyer_name(number: u64) -> String {
    format!("buyer-{number}")
}

/// What a strategy gets besides its connection: the key to work on, and its [`Environment`].
#[derive(Clone, Copy)]
pub struct Context<'a> {
    key: &'a str,
    environment: &'a dyn Environment,
}

impl<'a> Context<'a> {
    /// A context for `key`.
    pub fn new(key: &'a str, environment: &'a dyn Environment) -> Self {
        Self { key, environment }
    }

    /// The Redis key of the stock. Further keys of a strategy start with it, so that they can be found and removed.
    #[must_use]
    pub fn key(&self) -> &'a str {
        self.key
    }

    /// The same world at another key.
    #[must_use]
    pub const fn at<'b>(&self, key: &'b str) -> Context<'b>
    where
        'a: 'b,
    {
        Context {
            key,
            environment: self.environment,
        }
    }

    /// A further key of the same item: `{key}:{suffix}`.
    #[must_use]
    pub fn subkey(&self, suffix: &str) -> String {
        format!("{}:{suffix}", self.key)
    }

    /// A name no other call returns, in any client: a request id, a lock owner.
    #[must_use]
    pub fn unique(&self) -> String {
        self.environment.unique().to_string()
    }

    /// Who buys: the same text for the same customer.
    #[must_use]
    pub fn buyer(&self) -> String {
        buyer_name(self.environment.buyer())
    }

    /// Units that were put on sale in the beginning.
    #[must_use]
    pub fn stock(&self) -> u64 {
        self.environment.stock()
    }

    /// To be awaited when an attempt was in vain and the operation starts again from nothing. Nothing learned in the
    /// attempt may be used afterwards: the explorer forgets it, too.
    pub async fn retry(&self) {
        self.environment.retry().await;
    }

    /// A point at which a real client may stall for longer than it thinks. Does nothing unless stalls were asked for.
    pub async fn stall(&self) {
        self.environment.stall().await;
    }
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
