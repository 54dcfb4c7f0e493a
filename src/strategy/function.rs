//! The script as a function that the server keeps.

use redis::{AsyncCommands as _, RedisResult};

use super::{Connection, Context, Expected, Info, Purchase, Strategy, counter, lacking, lua::purchase};

/// `FCALL`: as [`Lua`](super::Lua), with the code loaded once (`lua/buy_function.lua`). Redis 7 and later.
///
/// Function names are global on a server, so each item gets a library of its own name, which is deleted afterwards.
#[derive(Clone, Copy, Debug, Default)]
pub struct Function;

/// A name for the library of this item: letters, digits and underscores only.
fn library(cx: &Context<'_>) -> String {
    cx.key()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect()
}

impl Strategy for Function {
    fn info(&self) -> Info {
        counter::info(
            "function",
            "FCALL: the same script, kept by the server",
            Expected::Safe,
            "functions are data: a server restarted without persistence has lost them, and buyers see errors",
            "",
        )
    }

    async fn probe<C: Connection>(&self, con: &mut C, _: &Context<'_>) -> RedisResult<()> {
        match redis::cmd("FUNCTION").arg("STATS").exec_async(con).await {
            Err(error) if error.code().is_some() => Err(lacking("functions (they came with Redis 7)")),
            answer => answer,
        }
    }

    async fn prepare<C: Connection>(&self, con: &mut C, cx: &Context<'_>, stock: u64) -> RedisResult<()> {
        let code = include_str!("../../lua/buy_function.lua").replace("@LIBRARY@", &library(cx));
        redis::cmd("FUNCTION")
            .arg("LOAD")
            .arg("REPLACE")
            .arg(code)
            .exec_async(con)
            .await?;
        con.set(cx.key(), stock).await
    }

    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
        let left: i64 = redis::cmd("FCALL")
            .arg(format!("{}_buy", library(cx)))
            .arg(1)
            .arg(cx.key())
            .arg(quantity)
            .query_async(con)
            .await?;
        Ok(purchase(left))
    }

    async fn cleanup<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<()> {
        redis::cmd("FUNCTION")
            .arg("DELETE")
            .arg(library(cx))
            .exec_async(con)
            .await?;
        con.del(cx.key()).await
    }
}
