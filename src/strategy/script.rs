//! A Lua script of the user's own.

use redis::{AsyncCommands as _, RedisResult};

use super::{Connection, Context, Info, Purchase, Strategy, read_counter};

/// A script that buys: its reply is the stock after the purchase, or negative (or nil, or false) when sold out.
///
/// The first key holds the stock as a counter. In keys `{sku}` stands for the item, in arguments `{quantity}` for the units
/// of one purchase.
#[derive(Clone, Debug)]
pub struct Script {
    name: String,
    script: redis::Script,
    keys: Vec<String>,
    args: Vec<String>,
}

impl Script {
    /// A script with its keys and arguments.
    #[must_use]
    pub fn new(name: impl Into<String>, code: &str, keys: &[String], args: &[String]) -> Self {
        Self {
            name: name.into(),
            script: redis::Script::new(code),
            keys: keys.to_vec(),
            args: args.to_vec(),
        }
    }

    fn keys(&self, cx: &Context<'_>) -> Vec<String> {
        self.keys.iter().map(|key| key.replace("{sku}", cx.key())).collect()
    }

    fn stock_key(&self, cx: &Context<'_>) -> String {
        self.keys(cx).into_iter().next().unwrap_or_else(|| cx.key().to_string())
    }
}

impl Strategy for Script {
    fn info(&self) -> Info {
        Info {
            commands: "EVALSHA".to_string(),
            reads: true,
            restocks: true,
            ..Info::new(&self.name)
        }
    }

    async fn prepare<C: Connection>(&self, con: &mut C, cx: &Context<'_>, stock: u64) -> RedisResult<()> {
        con.set(self.stock_key(cx), stock).await
    }

    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
        let mut invocation = self.script.prepare_invoke();
        for key in self.keys(cx) {
            invocation.key(key);
        }
        for argument in &self.args {
            invocation.arg(argument.replace("{quantity}", &quantity.to_string()));
        }
        let left: Option<i64> = invocation.invoke_async(con).await?;
        Ok(match left {
            Some(left) if left >= 0 => Purchase::bought_leaving(left),
            _ => Purchase::SoldOut,
        })
    }

    async fn read<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<i64> {
        read_counter(con, &self.stock_key(cx)).await
    }

    async fn restock<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Option<i64>> {
        con.incr(self.stock_key(cx), quantity).await.map(Some)
    }

    async fn cleanup<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<()> {
        con.del(self.keys(cx)).await
    }
}
