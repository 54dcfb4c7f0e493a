//! What the strategies over a plain counter share.

use redis::RedisResult;

use super::{Connection, Context, read_counter};

/// `GET key`, as every strategy over a plain counter reads it.
pub(super) async fn read<C: Connection>(con: &mut C, cx: &Context<'_>) -> RedisResult<i64> {
    read_counter(con, cx.key()).await
}

/// Is `stock` enough for `quantity`? A counter below zero is never enough.
pub(super) fn enough(stock: i64, quantity: u64) -> bool {
    u64::try_from(stock).is_ok_and(|stock| stock >= quantity)
}

/// The row of the catalogue for a strategy that can read and restock, as all over a plain counter can.
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
