//! Check, then act: two steps with a gap between them.

use redis::{AsyncCommands as _, RedisResult};

use super::{Connection, Context, Expected, Info, Purchase, Strategy, counter};

/// `GET`, compare, `DECR`: the deliberate one.
///
/// Between the two commands other buyers read the same stock, and all of them go on to take it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Naive;

impl Strategy for Naive {
    fn info(&self) -> Info {
        counter::info(
            "naive",
            "GET → DECR",
            Expected::Broken,
            "two buyers read the same stock before either takes it (check-then-act)",
            "check and take in one step: `lua`, `watch` or `lpop`",
        )
    }

    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
        let stock = counter::read(con, cx).await?;
        if !counter::enough(stock, quantity) {
            return Ok(Purchase::SoldOut);
        }
        let left: i64 = con.decr(cx.key(), quantity).await?;
        Ok(Purchase::bought_leaving(left))
    }
}

/// `GET`, compare, `MULTI DECR EXEC`: a transaction that guards nothing, for want of `WATCH`.
#[derive(Clone, Copy, Debug, Default)]
pub struct MultiNoWatch;

impl Strategy for MultiNoWatch {
    fn info(&self) -> Info {
        counter::info(
            "multi-no-watch",
            "GET → MULTI DECR EXEC",
            Expected::Broken,
            "a transaction runs its commands together, but the GET came before it: without WATCH nothing ties them",
            "WATCH the key before the GET and start again when EXEC answers nil: `watch`",
        )
    }

    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
        let stock = counter::read(con, cx).await?;
        if !counter::enough(stock, quantity) {
            return Ok(Purchase::SoldOut);
        }
        let (left,): (i64,) = redis::pipe().atomic().decr(cx.key(), quantity).query_async(con).await?;
        Ok(Purchase::bought_leaving(left))
    }
}
