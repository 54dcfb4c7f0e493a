//! Take first, look afterwards, give back.

use redis::{AsyncCommands as _, RedisResult};

use super::{Connection, Context, Expected, Info, Purchase, Strategy, counter};

/// `DECRBY`; if that went below zero, `INCRBY` back and report sold out.
///
/// It never oversells. But while a buyer of three holds what it cannot have, the two units that are there look gone, and
/// a buyer of one is turned away; a crash before the `INCRBY` loses them for good.
#[derive(Clone, Copy, Debug, Default)]
pub struct DecrCompensate;

impl Strategy for DecrCompensate {
    fn info(&self) -> Info {
        counter::info(
            "decr-compensate",
            "DECR → INCR back if negative",
            Expected::Broken,
            "never oversells, but turns buyers away while units are there: what one is about to give back looks sold",
            "compare before taking, in one step: `lua`",
        )
    }

    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
        let left: i64 = con.decr(cx.key(), quantity).await?;
        if left >= 0 {
            return Ok(Purchase::bought_leaving(left));
        }
        let _: i64 = con.incr(cx.key(), quantity).await?;
        Ok(Purchase::SoldOut)
    }
}
