//! Strategies behind a pointer, so that a catalogue can hold them side by side.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use redis::RedisResult;

use super::{AnyConnection, Connection, Context, Info, Purchase, Strategy};

type LocalFuture<'a, T> = Pin<Box<dyn Future<Output = RedisResult<T>> + 'a>>;

/// The object-safe twin of [`Strategy`]. Every strategy has it; nobody implements it by hand.
///
/// [`AnyStrategy`] is a [`Strategy`] again, so code that is generic over strategies takes both.
#[allow(missing_docs, reason = "each method is its namesake in `Strategy`")]
pub trait DynStrategy: Send + Sync {
    fn info(&self) -> Info;
    /// Whose code it is, whatever it is called: the name of its type.
    fn code(&self) -> &'static str;
    fn probe<'a>(&'a self, con: &'a mut AnyConnection<'_>, cx: &'a Context<'_>) -> LocalFuture<'a, ()>;
    fn prepare<'a>(&'a self, con: &'a mut AnyConnection<'_>, cx: &'a Context<'_>, stock: u64) -> LocalFuture<'a, ()>;
    fn buy<'a>(
        &'a self,
        con: &'a mut AnyConnection<'_>,
        cx: &'a Context<'_>,
        quantity: u64,
    ) -> LocalFuture<'a, Purchase>;
    fn read<'a>(&'a self, con: &'a mut AnyConnection<'_>, cx: &'a Context<'_>) -> LocalFuture<'a, i64>;
    fn restock<'a>(
        &'a self,
        con: &'a mut AnyConnection<'_>,
        cx: &'a Context<'_>,
        quantity: u64,
    ) -> LocalFuture<'a, Option<i64>>;
    fn cleanup<'a>(&'a self, con: &'a mut AnyConnection<'_>, cx: &'a Context<'_>) -> LocalFuture<'a, ()>;
}

/// By its name.
impl fmt::Debug for dyn DynStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.info().name, f)
    }
}

/// Any strategy, shared.
pub type AnyStrategy = Arc<dyn DynStrategy>;

impl<S: Strategy + Send + Sync> DynStrategy for S {
    fn info(&self) -> Info {
        Strategy::info(self)
    }

    fn code(&self) -> &'static str {
        Strategy::code(self)
    }

    fn probe<'a>(&'a self, con: &'a mut AnyConnection<'_>, cx: &'a Context<'_>) -> LocalFuture<'a, ()> {
        Box::pin(Strategy::probe(self, con, cx))
    }

    fn prepare<'a>(&'a self, con: &'a mut AnyConnection<'_>, cx: &'a Context<'_>, stock: u64) -> LocalFuture<'a, ()> {
        Box::pin(Strategy::prepare(self, con, cx, stock))
    }

    fn buy<'a>(
        &'a self,
        con: &'a mut AnyConnection<'_>,
        cx: &'a Context<'_>,
        quantity: u64,
    ) -> LocalFuture<'a, Purchase> {
        Box::pin(Strategy::buy(self, con, cx, quantity))
    }

    fn read<'a>(&'a self, con: &'a mut AnyConnection<'_>, cx: &'a Context<'_>) -> LocalFuture<'a, i64> {
        Box::pin(Strategy::read(self, con, cx))
    }

    fn restock<'a>(
        &'a self,
        con: &'a mut AnyConnection<'_>,
        cx: &'a Context<'_>,
        quantity: u64,
    ) -> LocalFuture<'a, Option<i64>> {
        Box::pin(Strategy::restock(self, con, cx, quantity))
    }

    fn cleanup<'a>(&'a self, con: &'a mut AnyConnection<'_>, cx: &'a Context<'_>) -> LocalFuture<'a, ()> {
        Box::pin(Strategy::cleanup(self, con, cx))
    }
}

impl Strategy for AnyStrategy {
    fn info(&self) -> Info {
        (**self).info()
    }

    fn code(&self) -> &'static str {
        (**self).code()
    }

    async fn probe<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<()> {
        (**self).probe(&mut AnyConnection::new(con), cx).await
    }

    async fn prepare<C: Connection>(&self, con: &mut C, cx: &Context<'_>, stock: u64) -> RedisResult<()> {
        (**self).prepare(&mut AnyConnection::new(con), cx, stock).await
    }

    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
        (**self).buy(&mut AnyConnection::new(con), cx, quantity).await
    }

    async fn read<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<i64> {
        (**self).read(&mut AnyConnection::new(con), cx).await
    }

    async fn restock<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Option<i64>> {
        (**self).restock(&mut AnyConnection::new(con), cx, quantity).await
    }

    async fn cleanup<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<()> {
        (**self).cleanup(&mut AnyConnection::new(con), cx).await
    }
}
