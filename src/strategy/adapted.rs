//! A strategy under another name, at a key of its own, with errors that are answers, and where there is no runtime.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{Arc, LazyLock},
};

use redis::RedisResult;
use tokio::runtime::{Builder, Handle, Runtime};

use super::{AnyStrategy, Connection, Context, Info, Purchase, Strategy};

/// What somebody says of their code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Adaptation {
    /// What it is called.
    pub(crate) name: Option<String>,
    /// Where it has its stock.
    pub(crate) key: Option<String>,
    /// Errors in whose text this stands are this answer; the first that fits.
    pub(crate) errors: Vec<(String, Purchase)>,
}

impl Adaptation {
    /// `strategy` with all this, and with a runtime around it.
    pub(crate) fn of(&self, strategy: &AnyStrategy) -> AnyStrategy {
        Arc::new(Adapted {
            strategy: Arc::clone(strategy),
            as_said: self.clone(),
        })
    }
}

struct Adapted {
    strategy: AnyStrategy,
    as_said: Adaptation,
}

impl Adapted {
    fn place<'a>(&'a self, cx: &Context<'a>) -> Context<'a> {
        match &self.as_said.key {
            Some(key) => cx.at(key),
            None => *cx,
        }
    }
}

/// A runtime that nobody drives: in it timers never fire and tasks never run, but both can be made. Code that is explored
/// needs it for its own timeouts, which it would panic without; that it waits for them is noticed all the same.
static STILL: LazyLock<Option<Runtime>> = LazyLock::new(|| Builder::new_current_thread().enable_time().build().ok());

async fn in_runtime<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    poll_fn(|task| {
        let still = STILL.as_ref().filter(|_| Handle::try_current().is_err());
        let _entered = still.map(Runtime::enter);
        future.as_mut().poll(task)
    })
    .await
}

impl Strategy for Adapted {
    fn info(&self) -> Info {
        let info = self.strategy.as_ref().info();
        Info {
            name: self.as_said.name.clone().unwrap_or(info.name),
            key: self.as_said.key.clone().or(info.key),
            ..info
        }
    }

    fn code(&self) -> &'static str {
        self.strategy.as_ref().code()
    }

    async fn probe<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<()> {
        in_runtime(Strategy::probe(&self.strategy, con, &self.place(cx))).await
    }

    async fn prepare<C: Connection>(&self, con: &mut C, cx: &Context<'_>, stock: u64) -> RedisResult<()> {
        in_runtime(Strategy::prepare(&self.strategy, con, &self.place(cx), stock)).await
    }

    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
        let bought = in_runtime(Strategy::buy(&self.strategy, con, &self.place(cx), quantity)).await;
        bought.or_else(|error| {
            let text = error.to_string();
            let answer = self
                .as_said
                .errors
                .iter()
                .find(|(part, _)| text.contains(part.as_str()));
            answer.map_or(Err(error), |(_, answer)| Ok(answer.clone()))
        })
    }

    async fn read<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<i64> {
        in_runtime(Strategy::read(&self.strategy, con, &self.place(cx))).await
    }

    async fn restock<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Option<i64>> {
        in_runtime(Strategy::restock(&self.strategy, con, &self.place(cx), quantity)).await
    }

    async fn cleanup<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<()> {
        in_runtime(Strategy::cleanup(&self.strategy, con, &self.place(cx))).await
    }
}
