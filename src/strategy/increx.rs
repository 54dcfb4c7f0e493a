//! A decrement with a floor: `INCREX … LBOUND 0`.

use redis::{RedisResult, Value};

use super::{Connection, Context, Expected, Info, Purchase, Strategy, counter, lacking};

/// `INCREX key BYINT -q LBOUND 0`: the server refuses to go below zero. Redis 8.8 and later, Valkey 9.2 and later.
///
/// The reply is the value and the step that was applied; a step of 0 means that it was refused. Source:
/// <https://redis.io/commands/increx>.
#[derive(Clone, Copy, Debug, Default)]
pub struct IncrEx;

impl Strategy for IncrEx {
    fn info(&self) -> Info {
        counter::info(
            "increx",
            "INCREX BYINT -1 LBOUND 0",
            Expected::Safe,
            "a missing key counts as 0, so an item that was never stocked looks sold out",
            "",
        )
    }

    async fn probe<C: Connection>(&self, con: &mut C, _: &Context<'_>) -> RedisResult<()> {
        let known: Vec<Value> = redis::cmd("COMMAND").arg("INFO").arg("INCREX").query_async(con).await?;
        match known.first() {
            None | Some(Value::Nil) => Err(lacking("INCREX (it came with Redis 8.8 and Valkey 9.2)")),
            Some(_) => Ok(()),
        }
    }

    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
        let (left, step): (i64, i64) = redis::cmd("INCREX")
            .arg(cx.key())
            .arg("BYINT")
            .arg(format!("-{quantity}"))
            .arg("LBOUND")
            .arg(0)
            .query_async(con)
            .await?;
        Ok(if step == 0 {
            Purchase::SoldOut
        } else {
            Purchase::bought_leaving(left)
        })
    }
}
