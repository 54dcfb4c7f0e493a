//! The trait, and what a purchase comes to.

use oversell_spec::stock::{StockRet, Unit};
use redis::{AsyncCommands as _, ErrorKind, RedisError, RedisResult};

use super::{connection::Connection, context::Context, info::Info};

/// What a buyer was told.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Purchase {
    /// The units are the buyer's.
    Bought {
        /// The stock after the purchase, where the strategy learns it.
        remaining: Option<i64>,
        /// The name of the unit handed out, where units have names.
        unit: Option<String>,
    },
    /// Fewer units than asked for are left.
    SoldOut,
    /// This buyer has as many as one buyer may have.
    Already,
    /// One of the two: the answer does not say which.
    Refused,
}

impl Purchase {
    /// Bought; nothing else is known.
    #[must_use]
    pub const fn bought() -> Self {
        Self::Bought {
            remaining: None,
            unit: None,
        }
    }

    /// Bought, and `remaining` units are left.
    #[must_use]
    pub const fn bought_leaving(remaining: i64) -> Self {
        Self::Bought {
            remaining: Some(remaining),
            unit: None,
        }
    }

    /// Bought, namely this unit.
    #[must_use]
    pub const fn bought_unit(unit: String) -> Self {
        Self::Bought {
            remaining: None,
            unit: Some(unit),
        }
    }

    /// As the specification has it; `number` is that of a unit which has a name.
    pub fn told(&self, number: impl FnOnce(&str) -> Option<Unit>) -> StockRet {
        match self {
            Self::Bought { remaining, unit } => StockRet::Bought {
                remaining: *remaining,
                unit: unit.as_deref().and_then(number),
            },
            Self::SoldOut => StockRet::SoldOut,
            Self::Already => StockRet::Already,
            Self::Refused => StockRet::Refused,
        }
    }
}

/// `true`: bought, and nothing else is known.
impl From<bool> for Purchase {
    fn from(bought: bool) -> Self {
        if bought { Self::bought() } else { Self::SoldOut }
    }
}

/// The error of an operation that a strategy does not offer.
#[must_use]
pub fn unsupported(what: &'static str) -> RedisError {
    RedisError::from((ErrorKind::Client, "not offered by this strategy", what.to_string()))
}

/// The error of [`Strategy::probe`] on a server that lacks `what`: `INCREX (it came with Redis 8.8)`.
#[must_use]
pub fn lacking(what: &str) -> RedisError {
    RedisError::from((
        ErrorKind::Client,
        "this server does not have it",
        format!("this server has no {what}"),
    ))
}

/// What `GET` says of a counter; a missing key is an error, not an empty shelf.
///
/// # Errors
/// As the connection gives them, and where there is no such key.
pub async fn read_counter<C: Connection>(con: &mut C, key: &str) -> RedisResult<i64> {
    let stock: Option<i64> = con.get(key).await?;
    stock.ok_or_else(|| RedisError::from((ErrorKind::Client, "no stock under this key", key.to_string())))
}

/// One way of selling limited stock through Redis. Where nothing else is said, the stock is a plain counter under
/// [`Context::key`].
///
/// ```
/// use oversell_models::strategy::{Connection, Context, Info, Purchase, Strategy};
/// use redis::{AsyncCommands, RedisResult};
///
/// /// `DECR` first, look afterwards, never give back.
/// struct Decr;
///
/// impl Strategy for Decr {
///     fn info(&self) -> Info {
///         Info::new("decr")
///     }
///
///     async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
///         let left: i64 = con.decr(cx.key(), quantity).await?;
///         Ok(if left < 0 { Purchase::SoldOut } else { Purchase::bought_leaving(left) })
///     }
/// }
/// ```
#[allow(
    async_fn_in_trait,
    reason = "clients run on one thread each: their futures need not be Send"
)]
pub trait Strategy {
    /// The row of the catalogue.
    fn info(&self) -> Info;

    /// Tells code of the same name apart. Not to be implemented.
    #[doc(hidden)]
    fn code(&self) -> &'static str {
        std::any::type_name::<Self>()
    }

    /// Does this server have what the strategy needs? Asked once, before anything is prepared.
    ///
    /// # Errors
    /// The server's own words, when it does not.
    async fn probe<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<()> {
        let _ = (con, cx);
        Ok(())
    }

    /// Puts `stock` units on sale under [`Context::key`]. By default with `SET`.
    ///
    /// # Errors
    /// As the connection gives them.
    async fn prepare<C: Connection>(&self, con: &mut C, cx: &Context<'_>, stock: u64) -> RedisResult<()> {
        con.set(cx.key(), stock).await
    }

    /// Buys `quantity` units, all or none.
    ///
    /// # Errors
    /// As the connection gives them. What an error means for the stock is the recorder's business: a lost reply is
    /// neither bought nor sold out.
    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase>;

    /// How many units are left. By default what [`read_counter`] says; asked only of a strategy that
    /// [`reads`](Info::reads).
    ///
    /// # Errors
    /// As the connection gives them.
    async fn read<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<i64> {
        read_counter(con, cx.key()).await
    }

    /// Puts `quantity` units back; returns the new stock where the strategy learns it. By default with `INCRBY`: one command, so
    /// atomic in itself. Asked only of a strategy that [`restocks`](Info::restocks).
    ///
    /// # Errors
    /// As the connection gives them.
    async fn restock<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Option<i64>> {
        con.incr(cx.key(), quantity).await.map(Some)
    }

    /// Removes what [`prepare`](Self::prepare) and the purchases left under [`Context::key`]. By default that one key.
    ///
    /// # Errors
    /// As the connection gives them.
    async fn cleanup<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<()> {
        redis::cmd("DEL").arg(cx.key()).exec_async(con).await
    }
}
