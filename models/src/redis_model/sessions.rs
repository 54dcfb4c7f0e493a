//! Connections as a whole: told apart, renumbered, and ignored.

use std::hash::{Hash as _, Hasher as _};

use super::{RedisModel, session::Session};

impl RedisModel {
    /// Does this connection remember nothing?
    #[must_use]
    pub fn is_fresh(&self, connection: usize) -> bool {
        self.sessions
            .get(connection)
            .is_none_or(|session| *session == Session::default())
    }

    /// A number for what this connection remembers; 0 when it remembers nothing.
    #[must_use]
    pub fn session_mark(&self, connection: usize) -> u64 {
        match self.sessions.get(connection) {
            Some(session) if *session != Session::default() => {
                let mut hasher = rustc_hash::FxHasher::default();
                session.hash(&mut hasher);
                hasher.finish()
            }
            _ => 0,
        }
    }

    /// Renumbers the first connections: the new connection i is the old `order[i]`. The others stay.
    pub fn rearrange_sessions(&mut self, order: &[usize]) {
        if (0..order.len()).all(|connection| self.is_fresh(connection)) {
            return;
        }
        let old = self.sessions.clone();
        for (new, &from) in order.iter().enumerate() {
            self.sessions[new] = old[from].clone();
        }
    }

    /// Is everything the same but what connections remember and the clock?
    #[must_use]
    pub fn same_data(&self, other: &Self) -> bool {
        self.data == other.data && self.libraries == other.libraries
    }
}
