//! The server as a whole.

use super::{
    Reply,
    clock::Clock,
    fail::{Answer, Fail},
    keyspace::Keyspace,
    script::{Libraries, Scripts},
    session::Session,
    value::{Bytes, Kind, Value},
};

/// Bytes that a model holds at most, the arguments of a command included; also of a reply. Whoever sells stock needs far less,
/// and an exploration holds many models.
pub(super) const MOST_BYTES: usize = 4 << 20;

/// A Redis server in memory with everything a command can depend on: data, scripts, functions, connections, and a clock that stands
/// still.
///
/// Copies share what they have in common, so that an exploration can keep millions of them. Two equal models answer
/// equally for ever.
///
/// ```
/// use oversell_models::redis_model::{RedisModel, Reply};
///
/// let command = |text: &str| text.split(' ').map(|part| part.as_bytes().to_vec()).collect::<Vec<_>>();
/// let mut redis = RedisModel::new(2);
/// redis.execute(0, &command("SET stock 1"))?;
/// redis.execute(0, &command("WATCH stock"))?;
/// redis.execute(1, &command("DECR stock"))?;
/// redis.execute(0, &command("MULTI"))?;
/// redis.execute(0, &command("DECR stock"))?;
/// assert_eq!(redis.execute(0, &command("EXEC")), Ok(Reply::Nil));
/// # Ok::<(), oversell_models::redis_model::Unmodelled>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RedisModel {
    pub(super) data: Keyspace,
    pub(super) scripts: Scripts,
    pub(super) libraries: Libraries,
    pub(super) sessions: Vec<Session>,
    pub(super) clock: Clock,
}

impl RedisModel {
    /// An empty server with so many connections, numbered from 0.
    #[must_use]
    pub fn new(connections: usize) -> Self {
        Self {
            data: Keyspace::default(),
            scripts: Scripts::default(),
            libraries: Libraries::default(),
            sessions: vec![Session::default(); connections],
            clock: Clock::default(),
        }
    }

    /// With a clock that shows so many microseconds since 1970, and goes on by `step` with each `TIME`. Without this it stands
    /// still.
    #[must_use]
    pub fn with_clock(self, now: i64, step: i64) -> Self {
        Self {
            clock: Clock::new(now, step),
            ..self
        }
    }

    /// With a clock that goes on by a microsecond with each `TIME`.
    #[must_use]
    pub fn ticking(self) -> Self {
        let now = 1_000 * self.clock.milliseconds();
        self.with_clock(now, 1)
    }

    /// Was `TIME` asked for?
    #[must_use]
    pub const fn was_asked_for_time(&self) -> bool {
        self.clock.was_asked()
    }

    /// Is there room for a command with these arguments?
    pub(super) fn admit(&self, arguments: &[Vec<u8>]) -> Result<(), Fail> {
        let given: usize = arguments.iter().map(Vec::len).sum();
        if self.bytes().saturating_add(given) > MOST_BYTES {
            return Err(Self::full());
        }
        Ok(())
    }

    pub(super) fn full() -> Fail {
        Fail::unmodelled("holds at most 4 MB, the arguments and the reply of a command included")
    }

    /// The bytes of the data, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.data.bytes()
    }

    /// Tells those who watch `key` that it was modified. Every change goes through here, also one that stores the same
    /// value again.
    pub(super) fn touch(&mut self, key: &[u8]) {
        for session in &mut self.sessions {
            session.watch.notice(key);
        }
    }

    /// After a change: a collection that has become empty is gone, and who watches the key is told.
    pub(super) fn changed(&mut self, key: &[u8]) {
        if self.data.value(key).is_some_and(Value::is_gone) {
            self.data.remove(key);
        }
        self.touch(key);
    }

    /// `HDEL`, `SREM`, `ZREM`: removes the members that are named after the key; how many were there.
    pub(super) fn remove_members<K: Kind>(
        &mut self,
        arguments: &[Vec<u8>],
        remove: impl Fn(&mut K, &Bytes) -> bool,
    ) -> Answer {
        let key = &arguments[1];
        let Some(members) = self.data.get_mut(key)? else {
            return Ok(Reply::Int(0));
        };
        let named = arguments[2..].iter().map(|name| Bytes::from_slice(name));
        let removed = named.filter(|name| remove(members, name)).count();
        if removed > 0 {
            self.changed(key);
        }
        Ok(Reply::count(removed))
    }

    /// Stores a collection, whatever was there; an empty one leaves nothing. The number of its elements for the answer.
    pub(super) fn replace(&mut self, key: &[u8], value: Value, length: usize) -> Answer {
        if length == 0 {
            self.delete(key);
        } else {
            self.data.put(key, value, false);
            self.touch(key);
        }
        Ok(Reply::count(length))
    }

    /// Removes a key and tells its watchers; was it there?
    pub(super) fn delete(&mut self, key: &[u8]) -> bool {
        let there = self.data.remove(key).is_some();
        if there {
            self.touch(key);
        }
        there
    }

    /// Gives a key that is there this time to live, in milliseconds; without any it is gone.
    pub(super) fn live(&mut self, key: &[u8], lifetime: i64) {
        if lifetime <= 0 {
            self.delete(key);
        } else {
            self.data.set_lifetime(key, Some(lifetime));
            self.touch(key);
        }
    }

    /// As after a lost connection and a new one: watches and an open transaction are gone.
    pub fn reconnect(&mut self, connection: usize) {
        if let Some(session) = self.sessions.get_mut(connection) {
            *session = Session::default();
        }
    }

    /// The keys with a time to live, in order.
    #[must_use]
    pub fn volatile_keys(&self) -> Vec<Vec<u8>> {
        let entries = self.data.entries().iter();
        entries
            .filter(|entry| entry.lifetime.is_some())
            .map(|entry| entry.key.to_vec())
            .collect()
    }

    /// The time of `key` is up. Nothing happens to a key without a time to live. Who watches it notices, as on Redis
    /// 7.0.
    pub fn expire(&mut self, key: &[u8]) {
        if self.data.entry(key).is_some_and(|entry| entry.lifetime.is_some()) {
            self.delete(key);
        }
    }

    /// All keys, in order.
    #[must_use]
    pub fn keys(&self) -> Vec<Vec<u8>> {
        self.data.entries().iter().map(|entry| entry.key.to_vec()).collect()
    }

    /// `key` is evicted for want of memory (`maxmemory-policy allkeys-*`). Who watches it notices.
    pub fn evict(&mut self, key: &[u8]) {
        self.delete(key);
    }

    /// The texts of the scripts that it knows.
    pub fn scripts(&self) -> impl Iterator<Item = &[u8]> {
        self.scripts.texts()
    }

    /// Learns the scripts that the other one knows.
    pub fn learn_scripts_of(&mut self, other: &Self) {
        self.scripts = other.scripts.clone();
    }

    /// The scripts are forgotten: `EVALSHA` answers `NOSCRIPT` until they are loaded again.
    pub fn flush_scripts(&mut self) {
        self.scripts.clear();
    }
}
