//! Optimistic locking: `WATCH`, `GET`, `MULTI DECR EXEC`, again when somebody was faster.

use redis::RedisResult;

use super::{Connection, Context, Expected, Info, Purchase, Sharing, Strategy, counter};

/// `MULTI DECRBY EXEC`: the stock afterwards, or `None` when a watched key changed.
async fn take<C: Connection>(con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Option<i64>> {
    let reply: Option<(i64,)> = redis::pipe().atomic().decr(cx.key(), quantity).query_async(con).await?;
    Ok(reply.map(|(left,)| left))
}

async fn command<C: Connection>(con: &mut C, name: &str, key: Option<&str>) -> RedisResult<()> {
    redis::cmd(name).arg(key).exec_async(con).await
}

/// `WATCH` → `GET` → `MULTI DECR EXEC`, again on nil.
///
/// A watch belongs to a connection: each buyer needs its own ([`Sharing::Own`]). Shared, one buyer's `EXEC` clears the
/// watches of all the others ([`Sharing::Shared`]).
#[derive(Clone, Copy, Debug, Default)]
pub struct Watch {
    sharing: Sharing,
}

impl Watch {
    /// All buyers over one multiplexed connection.
    #[must_use]
    pub const fn shared() -> Self {
        Self {
            sharing: Sharing::Shared,
        }
    }
}

impl Strategy for Watch {
    fn info(&self) -> Info {
        match self.sharing {
            Sharing::Own => counter::info(
                "watch",
                "WATCH → GET → MULTI DECR EXEC, again on nil",
                Expected::Safe,
                "needs a connection of its own for each buyer, and the loop: without it, it turns buyers away",
                "",
            ),
            Sharing::Shared => Info {
                sharing: Sharing::Shared,
                ..counter::info(
                    "watch-shared",
                    "`watch` over one shared connection",
                    Expected::Broken,
                    "WATCH belongs to the connection: one buyer's EXEC clears the watches of all who share it",
                    "give each buyer a connection of its own while it watches: `watch`",
                )
            },
        }
    }

    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
        loop {
            command(con, "WATCH", Some(cx.key())).await?;
            let stock = counter::read(con, cx).await?;
            if !counter::enough(stock, quantity) {
                command(con, "UNWATCH", None).await?;
                return Ok(Purchase::SoldOut);
            }
            if let Some(left) = take(con, cx, quantity).await? {
                return Ok(Purchase::bought_leaving(left));
            }
            cx.retry().await;
        }
    }
}

/// `GET` → `WATCH` → `MULTI DECR EXEC`: the guard is set after the look.
///
/// Published as a recipe. A change between the `GET` and the `WATCH` goes unnoticed.
#[derive(Clone, Copy, Debug, Default)]
pub struct GetBeforeWatch;

impl Strategy for GetBeforeWatch {
    fn info(&self) -> Info {
        counter::info(
            "get-before-watch",
            "GET → WATCH → MULTI DECR EXEC",
            Expected::Broken,
            "the guard is set after the look: a sale between GET and WATCH goes unnoticed",
            "WATCH first, then GET: `watch`",
        )
    }

    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
        loop {
            let stock = counter::read(con, cx).await?;
            if !counter::enough(stock, quantity) {
                return Ok(Purchase::SoldOut);
            }
            command(con, "WATCH", Some(cx.key())).await?;
            if let Some(left) = take(con, cx, quantity).await? {
                return Ok(Purchase::bought_leaving(left));
            }
            cx.retry().await;
        }
    }
}
