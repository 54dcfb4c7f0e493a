//! What to do when the reply is lost: send it again.

use std::sync::LazyLock;

use redis::{AsyncCommands as _, RedisError, RedisResult};

use super::{
    Connection, Context, Expected, Info, Purchase, Strategy, counter,
    lua::{self, purchase},
};

static BUY_ONCE: LazyLock<redis::Script> = LazyLock::new(|| redis::Script::new(include_str!("../../lua/buy_once.lua")));

/// How often a purchase is sent before its error is the caller's.
const ATTEMPTS: u32 = 3;

/// Is it unknown what became of the request?
fn is_lost(error: &RedisError) -> bool {
    error.is_timeout() || error.is_connection_dropped()
}

/// [`Lua`](super::Lua), sent again after a lost reply, as clients with automatic retries do it.
///
/// The first request may have had its effect: then the buyer pays once and two units are gone.
#[derive(Clone, Copy, Debug, Default)]
pub struct RetryOnTimeout;

impl Strategy for RetryOnTimeout {
    fn info(&self) -> Info {
        counter::info(
            "retry-on-timeout",
            "`lua`, sent again when the reply is lost",
            Expected::Safe,
            "safe while no reply is lost; after a lost one it takes a second unit for the same buyer",
            "give each purchase a name that the server remembers: `idempotent`",
        )
    }

    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
        let mut attempt = 1;
        loop {
            match lua::buy(con, cx, quantity).await {
                Err(error) if is_lost(&error) && attempt < ATTEMPTS => attempt += 1,
                answer => return answer,
            }
        }
    }
}

/// [`Lua`](super::Lua) with a request id that the same script remembers (`lua/buy_once.lua`): sent again, it answers what
/// it answered the first time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Idempotent;

fn requests(cx: &Context<'_>) -> String {
    cx.subkey("requests")
}

impl Strategy for Idempotent {
    fn info(&self) -> Info {
        counter::info(
            "idempotent",
            "`lua` with a request id, sent again after a lost reply",
            Expected::Safe,
            "the ids have to be kept for as long as a request may be sent again, and thrown away some time after",
            "",
        )
    }

    async fn prepare<C: Connection>(&self, con: &mut C, cx: &Context<'_>, stock: u64) -> RedisResult<()> {
        let () = con.del(requests(cx)).await?;
        con.set(cx.key(), stock).await
    }

    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
        let request = cx.unique();
        let mut attempt = 1;
        loop {
            let mut invocation = BUY_ONCE.key(cx.key());
            invocation.key(requests(cx)).arg(quantity).arg(&request);
            match invocation.invoke_async(con).await {
                Err(error) if is_lost(&error) && attempt < ATTEMPTS => attempt += 1,
                answer => return answer.map(purchase),
            }
        }
    }

    async fn cleanup<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<()> {
        con.del(&[cx.key(), requests(cx).as_str()]).await
    }
}
