//! One unit a buyer: who has had theirs is kept in a set beside the counter.

use std::sync::LazyLock;

use redis::{AsyncCommands as _, RedisResult, Script};

use super::{Connection, Context, Expected, Info, Purchase, Strategy, counter, lua::purchase, unsupported};

static BUY_ONE_EACH: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("../../lua/buy_one_each.lua")));

/// What `buy_one_each.lua` replies to a buyer who has had theirs.
const HAS_HAD: i64 = -2;

fn buyers(cx: &Context<'_>) -> String {
    cx.subkey("buyers")
}

fn info(info: Info) -> Info {
    Info {
        max_quantity: 1,
        limit: Some(1),
        ..info
    }
}

fn at_most_one(quantity: u64) -> RedisResult<()> {
    match quantity {
        1 => Ok(()),
        _ => Err(unsupported("a purchase of more than one unit")),
    }
}

async fn prepare<C: Connection>(con: &mut C, cx: &Context<'_>, stock: u64) -> RedisResult<()> {
    let () = con.del(buyers(cx)).await?;
    con.set(cx.key(), stock).await
}

async fn cleanup<C: Connection>(con: &mut C, cx: &Context<'_>) -> RedisResult<()> {
    con.del(&[cx.key(), buyers(cx).as_str()]).await
}

/// `SISMEMBER`, compare, `SADD` and `DECR` in one script (`lua/buy_one_each.lua`).
#[derive(Clone, Copy, Debug, Default)]
pub struct OneEach;

impl Strategy for OneEach {
    fn info(&self) -> Info {
        info(counter::info(
            "one-each",
            "EVALSHA: SISMEMBER, compare, SADD, DECR in one script",
            Expected::Safe,
            "one unit a buyer, for as long as the set is kept; a buyer is whoever the caller says",
            "",
        ))
    }

    async fn prepare<C: Connection>(&self, con: &mut C, cx: &Context<'_>, stock: u64) -> RedisResult<()> {
        prepare(con, cx, stock).await
    }

    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
        at_most_one(quantity)?;
        let mut invocation = BUY_ONE_EACH.key(cx.key());
        invocation.key(buyers(cx)).arg(cx.buyer());
        Ok(match invocation.invoke_async(con).await? {
            HAS_HAD => Purchase::Already,
            left => purchase(left),
        })
    }

    async fn cleanup<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<()> {
        cleanup(con, cx).await
    }
}

/// `SISMEMBER`; if the buyer is not there, `DECR`, given back when it went below zero; then `SADD`.
///
/// Each command is right and none oversells. But a buyer in two windows is looked for twice before being noted once.
#[derive(Clone, Copy, Debug, Default)]
pub struct SismemberSadd;

impl Strategy for SismemberSadd {
    fn info(&self) -> Info {
        info(Info {
            // Who gives back looks like who has bought, and a unit that comes back would go to nobody.
            restocks: false,
            ..counter::info(
                "sismember-sadd",
                "SISMEMBER → DECR → SADD",
                Expected::Broken,
                "never oversells, but a buyer in two windows gets two: both look before either is noted",
                "look, take and note the buyer in one step: `one-each`",
            )
        })
    }

    async fn prepare<C: Connection>(&self, con: &mut C, cx: &Context<'_>, stock: u64) -> RedisResult<()> {
        prepare(con, cx, stock).await
    }

    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
        at_most_one(quantity)?;
        if con.sismember(buyers(cx), cx.buyer()).await? {
            return Ok(Purchase::Already);
        }
        let left: i64 = con.decr(cx.key(), 1).await?;
        if left < 0 {
            let _: i64 = con.incr(cx.key(), 1).await?;
            return Ok(Purchase::SoldOut);
        }
        let _: i64 = con.sadd(buyers(cx), cx.buyer()).await?;
        Ok(Purchase::bought_leaving(left))
    }

    async fn cleanup<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<()> {
        cleanup(con, cx).await
    }
}
