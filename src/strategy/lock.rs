//! A lock with a lease around check-then-act.

use std::{sync::LazyLock, time::Duration};

use redis::{AsyncCommands as _, RedisResult, Script};

use super::{Connection, Context, Expected, Info, Purchase, Strategy, counter};

static UNLOCK: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("../../lua/unlock.lua")));

/// How the lock is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// Only if it is still ours (`lua/unlock.lua`).
    CompareAndDelete,
    /// `DEL`, whoever holds it now.
    Delete,
}

/// `SET lock owner NX PX lease` → `GET` n → `SET` n − 1 → release: what people write once they have a lock.
///
/// The lease is there so that a crashed buyer does not hold the lock for ever. A buyer that stalls for longer than the
/// lease has lost the lock without knowing.
#[derive(Clone, Copy, Debug)]
pub struct Lock {
    lease: Duration,
    release: Release,
}

impl Lock {
    /// A lock whose lease outlasts any pause worth expecting, released by its owner only.
    #[must_use]
    pub const fn careful() -> Self {
        Self {
            lease: Duration::from_secs(10),
            release: Release::CompareAndDelete,
        }
    }

    /// A lock with a short lease, released with a plain `DEL`.
    #[must_use]
    pub const fn careless() -> Self {
        Self {
            lease: Duration::from_millis(2),
            release: Release::Delete,
        }
    }
}

fn lock(cx: &Context<'_>) -> String {
    cx.subkey("lock")
}

impl Strategy for Lock {
    fn info(&self) -> Info {
        match self.release {
            Release::CompareAndDelete => Info {
                restocks: false,
                ..counter::info(
                    "lock",
                    "SET NX PX → GET n → SET n-1 → compare-and-delete",
                    Expected::Safe,
                    "safe only until the lease runs out under a buyer that stalls (here 10 s, and no stalls)",
                    "",
                )
            },
            Release::Delete => Info {
                restocks: false,
                ..counter::info(
                    "lock-del",
                    "SET NX PX → GET n → SET n-1 → DEL",
                    Expected::Broken,
                    "a buyer that stalls beyond its lease (here 2 ms) deletes the lock of the next one, and lets in a third",
                    "delete the lock only if it is still yours (`lock`), or do without one: `lua`",
                )
            },
        }
    }

    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
        let lock = lock(cx);
        let owner = cx.unique();
        let lease = u64::try_from(self.lease.as_millis()).unwrap_or(u64::MAX);
        loop {
            let taken: Option<String> = redis::cmd("SET")
                .arg(&lock)
                .arg(&owner)
                .arg("NX")
                .arg("PX")
                .arg(lease)
                .query_async(con)
                .await?;
            if taken.is_some() {
                break;
            }
            cx.retry().await;
        }
        let stock = counter::read(con, cx).await?;
        let purchase = if counter::enough(stock, quantity) {
            let left = stock.saturating_sub_unsigned(quantity);
            let () = con.set(cx.key(), left).await?;
            Purchase::bought_leaving(left)
        } else {
            Purchase::SoldOut
        };
        cx.stall().await;
        match self.release {
            Release::CompareAndDelete => {
                let _: i64 = UNLOCK.key(&lock).arg(&owner).invoke_async(con).await?;
            }
            Release::Delete => {
                let _: i64 = con.del(&lock).await?;
            }
        }
        Ok(purchase)
    }

    async fn cleanup<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<()> {
        con.del(&[cx.key(), lock(cx).as_str()]).await
    }
}
