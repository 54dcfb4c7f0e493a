//! The script as a function that the server keeps.

use redis::{AsyncCommands as _, RedisResult};

use super::{Connection, Context, Expected, Info, Purchase, Strategy, counter, lacking, lua::purchase};

/// `FCALL`: as [`Lua`](super::Lua), with the code loaded once (`lua/buy_function.lua`). Redis 7 and later.
///
/// Function names are global on a server, so each item gets a library of its own name, which is deleted afterwards.
#[derive(Clone, Copy, Debug, Default)]
pub struct Function;

/// A name for the library of the item at this key: letters, digits and underscores only.
pub(crate) fn library(key: &str) -> String {
    key.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_")
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
        let code = include_str!("../../lua/buy_function.lua").replace("@LIBRARY@", &library(cx.key()));
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
            .arg(format!("{}_buy", library(cx.key())))
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
            .arg(library(cx.key()))
            .exec_async(con)
            .await?;
        con.del(cx.key()).await
    }
}
