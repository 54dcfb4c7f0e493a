//! What can happen next.

/// Something that can happen. Clients are meant by their number in the state at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// A client's next command reaches the server, and the reply comes back.
    Step(u8),
    /// A lease that was left behind runs out: the key of this number among those with a time to live. No fault, but the
    /// passing of time, while nobody is in the middle of an attempt.
    Lapse(u16),
    /// A client's next command takes effect, and its reply is lost.
    LoseReply(u8),
    /// A client stops for ever.
    Crash(u8),
    /// A client's next command takes effect, and then it stops for ever.
    CrashAfter(u8),
    /// A client's connection is lost and opened again.
    Reconnect(u8),
    /// The key of this number among those with a time to live runs out.
    Expire(u16),
    /// The server forgets its scripts.
    FlushScripts,
    /// The key of this number is evicted.
    Evict(u16),
    /// A replica takes over, without so many of the last writes.
    Failover(u8),
}

impl Action {
    /// Is it something that need not happen for the clients to come to their end?
    pub(super) const fn is_fault(self) -> bool {
        !matches!(self, Self::Step(_) | Self::Lapse(_))
    }

    /// Whose action it is.
    #[must_use]
    pub fn client(self) -> Option<usize> {
        match self {
            Self::Step(client)
            | Self::LoseReply(client)
            | Self::Crash(client)
            | Self::CrashAfter(client)
            | Self::Reconnect(client) => Some(usize::from(client)),
            _ => None,
        }
    }

    /// The same with the clients numbered otherwise.
    pub(super) fn renumbered(self, name: impl Fn(u8) -> u8) -> Self {
        match self {
            Self::Step(client) => Self::Step(name(client)),
            Self::LoseReply(client) => Self::LoseReply(name(client)),
            Self::Crash(client) => Self::Crash(name(client)),
            Self::CrashAfter(client) => Self::CrashAfter(name(client)),
            Self::Reconnect(client) => Self::Reconnect(name(client)),
            other => other,
        }
    }
}
