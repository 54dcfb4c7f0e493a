//! One token a unit in a list: whoever pops it has it.

use redis::{AsyncCommands as _, RedisResult};

use super::{Connection, Context, Expected, Info, Purchase, Strategy, counter, unsupported};

/// Tokens pushed in one command while stocking up.
const CHUNK: u64 = 10_000;

/// `LPOP` of a token; the tokens were pushed beforehand.
///
/// The only strategy whose answer names the unit. One unit a purchase: `LPOP key 2` hands out one token when only one is
/// left, and giving it back would be a second step.
#[derive(Clone, Copy, Debug, Default)]
pub struct LPop;

fn tokens(cx: &Context<'_>) -> String {
    cx.subkey("tokens")
}

impl Strategy for LPop {
    fn info(&self) -> Info {
        Info {
            max_quantity: 1,
            ..counter::info(
                "lpop",
                "LPOP of a token, one a unit",
                Expected::Safe,
                "a reply lost after the pop loses a unit; pushing it back after a timeout may sell it twice",
                "",
            )
        }
    }

    async fn prepare<C: Connection>(&self, con: &mut C, cx: &Context<'_>, stock: u64) -> RedisResult<()> {
        let key = tokens(cx);
        let () = con.del(&key).await?;
        let mut first = 1;
        while first <= stock {
            let last = stock.min(first.saturating_add(CHUNK - 1));
            let () = con.rpush(&key, (first..=last).collect::<Vec<u64>>()).await?;
            first = last + 1;
        }
        Ok(())
    }

    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
        if quantity != 1 {
            return Err(unsupported("a purchase of more than one unit"));
        }
        let token: Option<String> = con.lpop(tokens(cx), None).await?;
        Ok(token.map_or(Purchase::SoldOut, Purchase::bought_unit))
    }

    async fn read<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<i64> {
        con.llen(tokens(cx)).await
    }

    async fn restock<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Option<i64>> {
        let new: Vec<String> = (0..quantity).map(|_| format!("restocked-{}", cx.unique())).collect();
        con.rpush(tokens(cx), new).await.map(Some)
    }

    async fn cleanup<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<()> {
        con.del(tokens(cx)).await
    }
}
