//! What a schedule does to the server itself.

use std::time::Duration;

use redis::{AsyncCommands as _, ErrorKind, RedisError, RedisResult, Value};

use crate::server::Link;

/// A key, its time to live in milliseconds (0: none), and its content as `DUMP` gives it.
type Saved = (Vec<u8>, i64, Vec<u8>);

/// All keys of the item: its name stands somewhere in them.
pub(super) type Snapshot = Vec<Saved>;

async fn keys(link: &mut Link, item: &str) -> RedisResult<Vec<Vec<u8>>> {
    let mut keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg(format!("*{item}*")).query_async(link).await?;
    keys.sort();
    Ok(keys)
}

/// The data as it is.
pub(super) async fn snapshot(link: &mut Link, item: &str) -> RedisResult<Snapshot> {
    let mut snapshot = Vec::new();
    for key in keys(link, item).await? {
        let left: i64 = link.pttl(&key).await?;
        let content: Vec<u8> = redis::cmd("DUMP").arg(&key).query_async(link).await?;
        snapshot.push((key, left.max(0), content));
    }
    Ok(snapshot)
}

/// Has anything changed but the time that is left to keys?
pub(super) fn differs(one: &Snapshot, other: &Snapshot) -> bool {
    let same = |(one, other): (&Saved, &Saved)| one.0 == other.0 && one.2 == other.2 && (one.1 > 0) == (other.1 > 0);
    one.len() != other.len() || !one.iter().zip(other).all(same)
}

/// The data as it was: what a replica that had not had the last writes would go on with.
pub(super) async fn restore(link: &mut Link, item: &str, snapshot: &Snapshot) -> RedisResult<()> {
    for key in keys(link, item).await? {
        let () = link.del(&key).await?;
    }
    for (key, left, content) in snapshot {
        redis::cmd("RESTORE")
            .arg(key)
            .arg(*left)
            .arg(content)
            .exec_async(link)
            .await?;
    }
    Ok(())
}

/// How often it is looked whether a key whose time is up is gone, a millisecond apart.
const LOOKS: u32 = 5000;

/// Lets the time of a key run out, and waits until it is gone.
pub(super) async fn run_out(link: &mut Link, key: &[u8]) -> RedisResult<()> {
    let _: Value = redis::cmd("PEXPIRE").arg(key).arg(1).query_async(link).await?;
    for _ in 0..LOOKS {
        let there: bool = link.exists(key).await?;
        if !there {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let what = format!("`{}` is still there", key.escape_ascii());
    Err(RedisError::from((
        ErrorKind::Client,
        "a time to live does not run out",
        what,
    )))
}
