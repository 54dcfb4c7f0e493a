//! A buy function of the user's own, as a closure.

use redis::RedisResult;

use super::{AnyConnection, Connection, Context, Info, Purchase, Strategy};

/// A strategy made of one asynchronous closure over a plain counter; see [`from_fn`].
#[derive(Clone, Debug)]
pub struct BuyFn<F> {
    name: String,
    buy: F,
}

/// Makes a strategy of one asynchronous closure that buys `quantity` units of the counter under [`Context::key`].
///
/// The counter is prepared with `SET`, read with `GET` and restocked with `INCRBY`. Anything else (other keys, scripts to
/// load, units with names) is worth a [`Strategy`] of its own.
///
/// ```
/// use oversell::strategy::{self, AnyConnection, Context, Purchase};
/// use redis::{AsyncCommands, RedisResult};
///
/// let mine = strategy::from_fn("mine", async |con: &mut AnyConnection<'_>, cx: &Context<'_>, quantity: u64| {
///     let left: i64 = con.decr(cx.key(), quantity).await?;
///     Ok(if left < 0 { Purchase::SoldOut } else { Purchase::bought_leaving(left) })
/// });
/// ```
pub fn from_fn<F>(name: impl Into<String>, buy: F) -> BuyFn<F>
where
    F: AsyncFn(&mut AnyConnection<'_>, &Context<'_>, u64) -> RedisResult<Purchase>,
{
    BuyFn { name: name.into(), buy }
}

impl<F> Strategy for BuyFn<F>
where
    F: AsyncFn(&mut AnyConnection<'_>, &Context<'_>, u64) -> RedisResult<Purchase>,
{
    fn info(&self) -> Info {
        Info {
            reads: true,
            restocks: true,
            ..Info::new(&self.name)
        }
    }

    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
        (self.buy)(&mut AnyConnection::new(con), cx, quantity).await
    }
}
