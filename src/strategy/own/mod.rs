//! Functions of the user's own as strategies, without a trait to implement.

mod connection;

use std::{any::type_name, error::Error, future::Future, sync::Arc};

use redis::{AsyncCommands as _, ErrorKind, RedisError, RedisResult};

pub use connection::OwnConnection;

use super::{AnyConnection, AnyStrategy, Connection, Context, DynStrategy, Info, Purchase, Strategy, from_fn};

/// What [`oversell::prove`](crate::prove()), [`oversell::stress`](crate::stress()) and [`oversell::replay`](crate::replay())
/// take: a [`Strategy`], or a function.
///
/// | form | sells |
/// | --- | --- |
/// | a [`Strategy`], an [`AnyStrategy`], [`from_fn`] | what it says |
/// | `my_buy`, or <code>\|con\| my_buy(con, "sku-42")</code> | one unit a purchase |
/// | <code>\|con, quantity\| my_buy(con, quantity)</code> | any quantity |
/// | <code>async \|con: &mut AnyConnection<'_>, cx: &Context<'_>, quantity: u64\| …</code> | any quantity, under [`Context::key`] |
///
/// `con` is an [`OwnConnection`], so `my_buy` is any asynchronous function over a `ConnectionLike` that it takes by value; one
/// that takes a reference is called from <code>async \|mut con\| my_buy(&mut con).await</code>. It returns
/// `Result<bool, E>` (bought or sold out) or `Result<Purchase, E>`, with any error that becomes a `Box<dyn Error>`: all that
/// implement `Error`, texts, and that box itself (but not `Box<dyn Error + Send + Sync>`). The stock is a counter that is set before
/// and read afterwards, under the key `stock` or whichever the builder is given with `key`; further keys are to begin with
/// that one and a colon.
///
/// `Kind` says which of these forms it is, and is always inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no purchase that can be run against Redis",
    label = "neither a `Strategy` nor a function over a connection",
    note = "write `my_buy` or `|con| my_buy(con)`, where `my_buy` is an `async fn` that takes `con: impl AsyncCommands` (by value) and \
            returns `Result<bool, E>` or `Result<Purchase, E>`",
    note = "with a quantity: `|con, quantity| my_buy(con, quantity)`; with `&mut` connections: \
            `async |mut con| my_buy(&mut con).await`"
)]
pub trait IntoStrategy<Kind> {
    /// The key at which the stock has to be because the function names it itself, unless the builder is told another one.
    const KEY: Option<&'static str> = None;

    /// The strategy behind a pointer.
    fn into_strategy(self) -> AnyStrategy;
}

/// What kinds of code can be a strategy; see [`IntoStrategy`].
pub mod kind {
    use std::marker::PhantomData;

    /// It is one already.
    #[derive(Debug)]
    pub struct Itself;
    /// A function over a connection.
    #[derive(Debug)]
    pub struct Single<F>(PhantomData<F>);
    /// A function over a connection and a quantity.
    #[derive(Debug)]
    pub struct Quantity<F>(PhantomData<F>);
    /// What [`from_fn`](crate::strategy::from_fn) takes.
    #[derive(Debug)]
    pub struct Lent;
}

impl<S: DynStrategy + 'static> IntoStrategy<kind::Itself> for S {
    fn into_strategy(self) -> AnyStrategy {
        Arc::new(self)
    }
}

impl<F> IntoStrategy<kind::Lent> for F
where
    F: AsyncFn(&mut AnyConnection<'_>, &Context<'_>, u64) -> RedisResult<Purchase> + Send + Sync + 'static,
{
    fn into_strategy(self) -> AnyStrategy {
        Arc::new(from_fn(name_of::<F>(), self))
    }
}

/// Where a function that names its key itself is expected to have its stock.
const STOCK: &str = oversell_models::explorer::KEY;

impl<F, Fut, P, E> IntoStrategy<kind::Single<(Fut, P, E)>> for F
where
    F: Fn(OwnConnection) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<P, E>> + 'static,
    P: Into<Purchase>,
    E: Into<Box<dyn Error>>,
{
    const KEY: Option<&'static str> = Some(STOCK);

    fn into_strategy(self) -> AnyStrategy {
        Arc::new(OwnFn {
            name: name_of::<F>(),
            max_quantity: 1,
            buy: move |con, _| self(con),
        })
    }
}

impl<F, Fut, P, E> IntoStrategy<kind::Quantity<(Fut, P, E)>> for F
where
    F: Fn(OwnConnection, u64) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<P, E>> + 'static,
    P: Into<Purchase>,
    E: Into<Box<dyn Error>>,
{
    const KEY: Option<&'static str> = Some(STOCK);

    fn into_strategy(self) -> AnyStrategy {
        Arc::new(OwnFn {
            name: name_of::<F>(),
            max_quantity: u64::MAX,
            buy: self,
        })
    }
}

/// A function over a connection that it owns.
struct OwnFn<F> {
    name: String,
    max_quantity: u64,
    buy: F,
}

impl<F, Fut, P, E> Strategy for OwnFn<F>
where
    F: Fn(OwnConnection, u64) -> Fut,
    Fut: Future<Output = Result<P, E>>,
    P: Into<Purchase>,
    E: Into<Box<dyn Error>>,
{
    fn info(&self) -> Info {
        Info {
            reads: true,
            restocks: true,
            max_quantity: self.max_quantity,
            ..Info::new(&self.name)
        }
    }

    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
        let told = connection::lend(con, cx, |own| (self.buy)(own, quantity)).await;
        told.map(Into::into).map_err(|error| of_redis(error.into()))
    }

    /// Also the further keys, or they would be there still in the next round.
    async fn cleanup<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<()> {
        let mut pattern = String::new();
        for letter in cx.key().chars() {
            if matches!(letter, '*' | '?' | '[' | ']' | '^' | '\\') {
                pattern.push('\\');
            }
            pattern.push(letter);
        }
        let mut keys: Vec<Vec<u8>> = con.keys(pattern + ":*").await?;
        keys.push(cx.key().into());
        con.del(keys).await
    }
}

/// Any error as redis-rs' own, which it may be.
fn of_redis(error: Box<dyn Error>) -> RedisError {
    match error.downcast::<RedisError>() {
        Ok(error) => *error,
        Err(error) => RedisError::from((ErrorKind::Client, "the purchase failed", error.to_string())),
    }
}

/// What a function is called in its source, or the one that a closure stands in.
fn name_of<F>() -> String {
    let path = type_name::<F>().split('<').next().unwrap_or_default();
    let named = path.rsplit("::").find(|part| !part.starts_with('{'));
    let name: String = named
        .unwrap_or_default()
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-'))
        .collect();
    // In an example in documentation a closure stands in `main`.
    if name.is_empty() || name == "main" {
        "mine".to_string()
    } else {
        name
    }
}

#[cfg(test)]
#[allow(clippy::redundant_closure, reason = "the form that users see in the documentation")]
mod tests {
    use super::*;

    async fn my_buy(_: OwnConnection) -> Result<bool, std::io::Error> {
        Ok(true)
    }

    fn name<K>(code: impl IntoStrategy<K>) -> String {
        code.into_strategy().as_ref().info().name
    }

    #[test]
    fn a_function_has_its_own_name_and_a_closure_that_of_its_place() {
        assert_eq!(name(my_buy), "my_buy");
        assert_eq!(
            name(|con| my_buy(con)),
            "a_function_has_its_own_name_and_a_closure_that_of_its_place"
        );
        assert_eq!(name(super::super::Naive), "naive");
    }

    #[test]
    fn errors_stay_what_they_are() {
        let error = of_redis(RedisError::from((ErrorKind::Io, "gone")).into());
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(of_redis("no such item".into()).to_string().contains("no such item"));
    }
}
