//! Your own buy function under test: copy this into your project's `tests/`.
//!
//! `cargo run --example my_shop` runs it here. The first strategy is safe; the second is what many shops have, and the
//! program ends with the explanation of what it did wrong.

use oversell::strategy::{self, AnyConnection, Connection, Context, Info, Purchase, Strategy};
use redis::{AsyncCommands as _, RedisResult};

/// A shop that keeps its stock in a hash, and decrements it in a script.
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

#[tokio::main(flavor = "current_thread")]
async fn main() {
    oversell::stress(HashShop)
        .clients(16)
        .stock(50)
        .rounds(20)
        .assert_linearizable()
        .await;
    println!("hash-shop: every answer can be explained");

    // A plain counter needs no trait: an asynchronous closure will do.
    let racy = strategy::from_fn(
        "racy",
        async |con: &mut AnyConnection<'_>, cx: &Context<'_>, quantity: u64| {
            let left: u64 = con.get(cx.key()).await?;
            if left < quantity {
                return Ok(Purchase::SoldOut);
            }
            let left: i64 = con.decr(cx.key(), quantity).await?;
            Ok(Purchase::bought_leaving(left))
        },
    );
    // Panics, and the panic is the explanation.
    oversell::stress(racy)
        .clients(16)
        .stock(50)
        .rounds(20)
        .assert_linearizable()
        .await;
}
