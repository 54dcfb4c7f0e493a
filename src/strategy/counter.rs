//! What the strategies over a plain counter share: everything but the purchase.

use redis::{AsyncCommands as _, ErrorKind, RedisError, RedisResult};

use super::{Connection, Context};

/// `SET key stock`.
pub(super) async fn prepare<C: Connection>(con: &mut C, cx: &Context<'_>, stock: u64) -> RedisResult<()> {
    con.set(cx.key(), stock).await
}

/// `GET key`; a missing key is an error, not an empty shelf.
pub(super) async fn read<C: Connection>(con: &mut C, cx: &Context<'_>) -> RedisResult<i64> {
    read_key(con, cx.key()).await
}

/// The same of any key.
pub(super) async fn read_key<C: Connection>(con: &mut C, key: &str) -> RedisResult<i64> {
    let stock: Option<i64> = con.get(key).await?;
    stock.ok_or_else(|| RedisError::from((ErrorKind::Client, "no stock under this key", key.to_string())))
}

/// `INCRBY key quantity`: one command, so atomic in itself.
pub(super) async fn restock<C: Connection>(con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Option<i64>> {
    con.incr(cx.key(), quantity).await.map(Some)
}

/// Is `stock` enough for `quantity`? A counter below zero is never enough.
pub(super) fn enough(stock: i64, quantity: u64) -> bool {
    u64::try_from(stock).is_ok_and(|stock| stock >= quantity)
}

/// Implements everything of `Strategy` but `info` and `buy` for a strategy over a plain counter.
macro_rules! plain_counter {
    () => {
        async fn prepare<C: $crate::strategy::Connection>(
            &self,
            con: &mut C,
            cx: &$crate::strategy::Context<'_>,
            stock: u64,
        ) -> redis::RedisResult<()> {
            $crate::strategy::counter::prepare(con, cx, stock).await
        }

        $crate::strategy::counter::plain_counter!(read_and_restock);
    };
    (read_and_restock) => {
        async fn read<C: $crate::strategy::Connection>(
            &self,
            con: &mut C,
            cx: &$crate::strategy::Context<'_>,
        ) -> redis::RedisResult<i64> {
            $crate::strategy::counter::read(con, cx).await
        }

        async fn restock<C: $crate::strategy::Connection>(
            &self,
            con: &mut C,
            cx: &$crate::strategy::Context<'_>,
            quantity: u64,
        ) -> redis::RedisResult<Option<i64>> {
            $crate::strategy::counter::restock(con, cx, quantity).await
        }
    };
}
pub(super) use plain_counter;

/// The row of the catalogue for a strategy over a plain counter, which can read and restock.
pub(super) fn info(name: &str, commands: &str, expected: super::Expected, caveat: &str, cure: &str) -> super::Info {
    super::Info {
        commands: commands.to_string(),
        expected,
        caveat: caveat.to_string(),
        cure: cure.to_string(),
        reads: true,
        restocks: true,
        ..super::Info::new(name)
    }
}
