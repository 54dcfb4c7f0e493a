//! Compare-and-set on the server: `SET … IFEQ`.

use redis::{AsyncCommands as _, RedisResult};

use super::{Connection, Context, Expected, Info, Purchase, Strategy, counter, lacking};

/// `GET` n, then `SET key n−1 IFEQ n`, again when somebody was faster. Valkey 8.1 and later, Redis 8.4 and later.
#[derive(Clone, Copy, Debug, Default)]
pub struct IfEq;

async fn set_if_equal<C: Connection>(con: &mut C, key: &str, new: i64, old: i64) -> RedisResult<bool> {
    let reply: Option<String> = redis::cmd("SET")
        .arg(key)
        .arg(new)
        .arg("IFEQ")
        .arg(old)
        .query_async(con)
        .await?;
    Ok(reply.is_some())
}

impl Strategy for IfEq {
    fn info(&self) -> Info {
        counter::info(
            "ifeq",
            "GET n → SET n-1 IFEQ n, again on nil",
            Expected::Safe,
            "sent again after a lost reply it takes a second unit: the first may have been taken",
            "",
        )
    }

    async fn probe<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<()> {
        // Compares with what is not there, so it changes nothing; a server without IFEQ calls it a syntax error.
        match set_if_equal(con, &cx.subkey("probe"), 0, 0).await {
            Ok(_) => con.del(cx.subkey("probe")).await,
            Err(error) if error.code().is_some() => {
                Err(lacking("SET with IFEQ (it came with Valkey 8.1 and Redis 8.4)"))
            }
            Err(error) => Err(error),
        }
    }

    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
        loop {
            let stock = counter::read(con, cx).await?;
            if !counter::enough(stock, quantity) {
                return Ok(Purchase::SoldOut);
            }
            let left = stock.saturating_sub_unsigned(quantity);
            if set_if_equal(con, cx.key(), left, stock).await? {
                return Ok(Purchase::bought_leaving(left));
            }
            cx.retry().await;
        }
    }
}
