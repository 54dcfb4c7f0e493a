//! What a strategy is, and what it is given.

use std::{fmt, future::Future, pin::Pin};

use redis::{Cmd, ErrorKind, Pipeline, RedisError, RedisFuture, RedisResult, Value, aio::ConnectionLike};

/// What a strategy needs of a connection: redis-rs' [`AsyncCommands`](redis::AsyncCommands) come with it.
pub trait Connection: ConnectionLike + Send + Sync {}
impl<T: ConnectionLike + Send + Sync> Connection for T {}

/// Any connection behind one type, for closures, which cannot be generic.
pub struct AnyConnection<'a>(&'a mut (dyn Connection + 'a));

impl<'a> AnyConnection<'a> {
    /// Hides which connection it is.
    pub fn new(connection: &'a mut (dyn Connection + 'a)) -> Self {
        Self(connection)
    }
}

impl ConnectionLike for AnyConnection<'_> {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        self.0.req_packed_command(cmd)
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        self.0.req_packed_commands(pipeline, offset, count)
    }

    fn get_db(&self) -> i64 {
        self.0.get_db()
    }
}

impl fmt::Debug for AnyConnection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyConnection")
    }
}

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
}

/// `true`: bought, and nothing else is known.
impl From<bool> for Purchase {
    fn from(bought: bool) -> Self {
        if bought { Self::bought() } else { Self::SoldOut }
    }
}

/// What a correct checker must find about a strategy on one healthy server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expected {
    /// Never oversells, never lies.
    Safe,
    /// A violation is found.
    Broken,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Safe => "safe",
            Self::Broken => "broken",
        })
    }
}

/// How clients reach the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sharing {
    /// One connection a client: right for everything.
    #[default]
    Own,
    /// All clients over one multiplexed connection: wrong for anything that a connection remembers, such as `WATCH`.
    Shared,
}

/// What there is to say about a strategy: the row of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// Short and lower case, as on the command line.
    pub name: String,
    /// The commands of one purchase, for people: `GET → DECR`.
    pub commands: String,
    /// What a check must find.
    pub expected: Expected,
    /// What goes wrong, or what to look out for, in one sentence.
    pub caveat: String,
    /// What to write instead, for a broken strategy.
    pub cure: String,
    /// The largest quantity one purchase may ask for.
    pub max_quantity: u64,
    /// Whether [`Strategy::read`] is there.
    pub reads: bool,
    /// Whether [`Strategy::restock`] is there.
    pub restocks: bool,
    /// How clients reach the server.
    pub sharing: Sharing,
    /// The key under which the code keeps its stock wherever it runs, where it does not take the one that it is given.
    pub key: Option<String>,
}

impl Info {
    /// A strategy about which nothing is known but its name: expected to be safe, any quantity, no reads and restocks.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            commands: String::new(),
            expected: Expected::Safe,
            caveat: String::new(),
            cure: String::new(),
            max_quantity: u64::MAX,
            reads: false,
            restocks: false,
            sharing: Sharing::Own,
            key: None,
        }
    }

    /// Name and commands: `naive (GET → DECR)`.
    #[must_use]
    pub fn title(&self) -> String {
        if self.commands.is_empty() {
            self.name.clone()
        } else {
            format!("{} ({})", self.name, self.commands)
        }
    }
}

/// The world around a strategy that is not Redis: who it is, chance, and time.
///
/// The stress runner answers with real time and a seeded generator, the explorer with logical ones. A strategy must use
/// these and not its own clocks, randomness, sleeps or tasks, or it cannot be explored.
pub trait Environment {
    /// A number no other call returns, in any client.
    fn unique(&self) -> u64;

    /// Called when an attempt was in vain and the next starts from nothing: back off a little.
    fn retry(&self) -> Pin<Box<dyn Future<Output = ()> + '_>>;

    /// A point at which a real client may stall (garbage collection, a slow disk, a paused machine).
    fn stall(&self) -> Pin<Box<dyn Future<Output = ()> + '_>>;
}

/// What a strategy gets besides its connection: the key to work on, and its [`Environment`].
#[derive(Clone, Copy)]
pub struct Context<'a> {
    key: &'a str,
    environment: &'a dyn Environment,
}

impl<'a> Context<'a> {
    /// A context for `key`.
    pub fn new(key: &'a str, environment: &'a dyn Environment) -> Self {
        Self { key, environment }
    }

    /// The Redis key of the stock. Further keys of a strategy start with it, so that they can be found and removed.
    #[must_use]
    pub fn key(&self) -> &'a str {
        self.key
    }

    /// The same world at another key.
    #[must_use]
    pub const fn at<'b>(&self, key: &'b str) -> Context<'b>
    where
        'a: 'b,
    {
        Context {
            key,
            environment: self.environment,
        }
    }

    /// A further key of the same item: `{key}:{suffix}`.
    #[must_use]
    pub fn subkey(&self, suffix: &str) -> String {
        format!("{}:{suffix}", self.key)
    }

    /// A name no other call returns, in any client: a request id, a lock owner.
    #[must_use]
    pub fn unique(&self) -> String {
        self.environment.unique().to_string()
    }

    /// To be awaited when an attempt was in vain and the operation starts again from nothing. Nothing learned in the
    /// attempt may be used afterwards: the explorer forgets it, too.
    pub async fn retry(&self) {
        self.environment.retry().await;
    }

    /// A point at which a real client may stall for longer than it thinks. Does nothing unless stalls were asked for.
    pub async fn stall(&self) {
        self.environment.stall().await;
    }
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("key", &self.key)
            .finish_non_exhaustive()
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

/// One way of selling limited stock through Redis.
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
///     async fn prepare<C: Connection>(&self, con: &mut C, cx: &Context<'_>, stock: u64) -> RedisResult<()> {
///         con.set(cx.key(), stock).await
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

    /// Puts `stock` units on sale under [`Context::key`].
    ///
    /// # Errors
    /// As the connection gives them.
    async fn prepare<C: Connection>(&self, con: &mut C, cx: &Context<'_>, stock: u64) -> RedisResult<()>;

    /// Buys `quantity` units, all or none.
    ///
    /// # Errors
    /// As the connection gives them. What an error means for the stock is the recorder's business: a lost reply is
    /// neither bought nor sold out.
    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase>;

    /// How many units are left.
    ///
    /// # Errors
    /// As the connection gives them; [`unsupported`] where the strategy cannot tell.
    async fn read<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<i64> {
        let _ = (con, cx);
        Err(unsupported("read"))
    }

    /// Puts `quantity` units back; returns the new stock where the strategy learns it.
    ///
    /// # Errors
    /// As the connection gives them; [`unsupported`] where the strategy cannot.
    async fn restock<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Option<i64>> {
        let _ = (con, cx, quantity);
        Err(unsupported("restock"))
    }

    /// Removes what [`prepare`](Self::prepare) and the purchases left under [`Context::key`]. By default that one key.
    ///
    /// # Errors
    /// As the connection gives them.
    async fn cleanup<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<()> {
        redis::cmd("DEL").arg(cx.key()).exec_async(con).await
    }
}
