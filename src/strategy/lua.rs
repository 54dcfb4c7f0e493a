//! One script: the server runs it alone.

use std::sync::LazyLock;

use redis::{RedisResult, Script};

use super::{Connection, Context, Expected, Info, Purchase, Strategy, counter};

static BUY: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("../../lua/buy.lua")));

/// `GET`, compare and `DECRBY` in one script (`lua/buy.lua`), which no other command interrupts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lua;

impl Strategy for Lua {
    fn info(&self) -> Info {
        counter::info(
            "lua",
            "EVALSHA: GET, compare, DECR in one script",
            Expected::Safe,
            "an error in the middle of a script is not rolled back; a missing key must not read as zero",
            "",
        )
    }

    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
        buy(con, cx, quantity).await
    }
}

/// One purchase through the script.
pub(super) async fn buy<C: Connection>(con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
    let left: i64 = BUY.key(cx.key()).arg(quantity).invoke_async(con).await?;
    Ok(purchase(left))
}

/// What the reply of `buy.lua` means.
pub(super) fn purchase(left: i64) -> Purchase {
    if left < 0 {
        Purchase::SoldOut
    } else {
        Purchase::bought_leaving(left)
    }
}
