//! A strategy under another name, or at a key of its own.

use std::sync::Arc;

use redis::RedisResult;

use super::{AnyStrategy, Connection, Context, Info, Purchase, Strategy};

struct Adapted {
    strategy: AnyStrategy,
    name: Option<String>,
    key: Option<String>,
}

/// `strategy`, called `name` and working on `key`, where they are given.
pub(crate) fn adapted(strategy: &AnyStrategy, name: Option<&str>, key: Option<&str>) -> AnyStrategy {
    if name.is_none() && key.is_none() {
        return Arc::clone(strategy);
    }
    Arc::new(Adapted {
        strategy: Arc::clone(strategy),
        name: name.map(str::to_string),
        key: key.map(str::to_string),
    })
}

impl Adapted {
    fn place<'a>(&'a self, cx: &Context<'a>) -> Context<'a> {
        match &self.key {
            Some(key) => cx.at(key),
            None => *cx,
        }
    }
}

impl Strategy for Adapted {
    fn info(&self) -> Info {
        let info = self.strategy.as_ref().info();
        Info {
            name: self.name.clone().unwrap_or(info.name),
            key: self.key.clone().or(info.key),
            ..info
        }
    }

    async fn probe<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<()> {
        Strategy::probe(&self.strategy, con, &self.place(cx)).await
    }

    async fn prepare<C: Connection>(&self, con: &mut C, cx: &Context<'_>, stock: u64) -> RedisResult<()> {
        Strategy::prepare(&self.strategy, con, &self.place(cx), stock).await
    }

    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
        Strategy::buy(&self.strategy, con, &self.place(cx), quantity).await
    }

    async fn read<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<i64> {
        Strategy::read(&self.strategy, con, &self.place(cx)).await
    }

    async fn restock<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Option<i64>> {
        Strategy::restock(&self.strategy, con, &self.place(cx), quantity).await
    }

    async fn cleanup<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<()> {
        Strategy::cleanup(&self.strategy, con, &self.place(cx)).await
    }
}
