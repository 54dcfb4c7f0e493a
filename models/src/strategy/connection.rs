//! What a strategy talks through.

use std::fmt;

use redis::{Cmd, Pipeline, RedisFuture, Value, aio::ConnectionLike};

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
