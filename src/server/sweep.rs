//! Removes what code of users leaves on a server.

use redis::{AsyncCommands as _, RedisResult};

use super::Target;

/// Keys that are looked at in one go.
const SOME: usize = 1000;

/// Removes all keys in which `name` stands, which has no letter that a pattern gives a meaning.
pub(crate) async fn sweep(target: &Target, name: &str) -> RedisResult<()> {
    let mut link = target.connect().await?;
    let mut cursor = 0_u64;
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor)
            .arg("MATCH")
            .arg(format!("*{name}*"))
            .arg("COUNT")
            .arg(SOME);
        let (next, keys): (u64, Vec<Vec<u8>>) = scan.query_async(&mut link).await?;
        if !keys.is_empty() {
            let () = link.del(keys).await?;
        }
        cursor = next;
        if cursor == 0 {
            return Ok(());
        }
    }
}
