//! Your own buy function under test: copy this into your project's `tests/`, where `cargo test` runs the tests at its end. (`main`
//! is not needed there.)
//!
//! `cargo run --example my_shop` runs it here. Both shops look before they take, in a script the one, in two commands the
//! other: the program ends with a panic, which explains what the second does wrong.

use oversell::strategy::{Connection, Context, Info, Purchase, Strategy};
use redis::{AsyncCommands, RedisResult};

/// A function over a connection is taken as it is. Its stock is a counter.
async fn racy(mut con: impl AsyncCommands) -> RedisResult<bool> {
    let left: i64 = con.get("stock:42").await?;
    if left < 1 {
        return Ok(false);
    }
    con.decr("stock:42", 1).await.map(|_: i64| true)
}

/// A shop that keeps its stock in a hash, which has to be prepared and read: a strategy. It decrements in a script.
struct HashShop;

impl Strategy for HashShop {
    fn info(&self) -> Info {
        Info {
            reads: true,
            ..Info::new("hash-shop")
        }
    }

    async fn prepare<C: Connection>(&self, con: &mut C, cx: &Context<'_>, stock: u64) -> RedisResult<()> {
        con.hset(cx.key(), "left", stock).await
    }

    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
        let script = redis::Script::new(
            "local left = tonumber(redis.call('HGET', KEYS[1], 'left'))
             local wanted = tonumber(ARGV[1])
             if left < wanted then return -1 end
             return redis.call('HINCRBY', KEYS[1], 'left', -wanted)",
        );
        let left: i64 = script.key(cx.key()).arg(quantity).invoke_async(con).await?;
        Ok(if left < 0 {
            Purchase::SoldOut
        } else {
            Purchase::bought_leaving(left)
        })
    }

    async fn read<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<i64> {
        con.hget(cx.key(), "left").await
    }
}

/// Panics where an answer cannot be explained.
async fn hash_shop_holds() {
    oversell::stress(HashShop)
        .clients(16)
        .stock(50)
        .rounds(20)
        .assert_linearizable()
        .await;
}

/// The same; and here the panic is the explanation.
async fn racy_shop_holds() {
    oversell::stress(racy)
        .key("stock:42")
        .clients(16)
        .stock(50)
        .rounds(20)
        .assert_linearizable()
        .await;
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    hash_shop_holds().await;
    println!("hash-shop: every answer can be explained");
    let proven = oversell::prove(HashShop).clients(3).stock(2).assert_proved();
    let states = proven.exploration.progress.unique_states;
    println!("hash-shop: proved for 3 clients and 2 units, in {states} states");

    let proven = oversell::prove(racy).key("stock:42").run().expect("it can be explored");
    if let Some(schedule) = proven.schedule {
        println!("racy: {} commands are enough to break it", schedule.len());
    }
    racy_shop_holds().await;
}

#[cfg(test)]
mod tests {
    use super::{HashShop, hash_shop_holds, racy_shop_holds};

    #[tokio::test]
    async fn the_hash_shop_does_not_oversell_under_stress() {
        hash_shop_holds().await;
    }

    #[test]
    fn the_hash_shop_oversells_in_no_order_of_its_commands() {
        oversell::prove(HashShop).clients(3).stock(2).assert_proved();
    }

    /// A test of yours has no `should_panic`: it is to fail, and to say why.
    #[tokio::test]
    #[should_panic(expected = "SOLD")]
    async fn the_racy_shop_oversells() {
        racy_shop_holds().await;
    }
}
