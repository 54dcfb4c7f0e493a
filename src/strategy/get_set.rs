//! `GET`, compare, `SET` the difference: the lost update.

use redis::{AsyncCommands as _, RedisResult};

use super::{Connection, Context, Expected, Info, Purchase, Strategy, counter};

/// `GET` n, then `SET` n − 1.
///
/// Two buyers write the same number: two units gone, one counted. The counter ends at zero and looks right, so a test
/// that only counts at the end finds nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct GetSet;

impl Strategy for GetSet {
    fn info(&self) -> Info {
        counter::info(
            "get-set",
            "GET n → SET n-1",
            Expected::Broken,
            "two buyers write the same number back (lost update): the counter ends right and the sales are wrong",
            "let the server do the sum, in one step with the comparison: `lua`, or compare-and-set: `watch`, `ifeq`",
        )
    }

    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
        let stock = counter::read(con, cx).await?;
        if !counter::enough(stock, quantity) {
            return Ok(Purchase::SoldOut);
        }
        let left = stock.saturating_sub_unsigned(quantity);
        let () = con.set(cx.key(), left).await?;
        Ok(Purchase::bought_leaving(left))
    }
}
