//! What may go wrong besides the order of things.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// A fault that the explorer may inject at any point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// A client stops for ever, before or right after any of its commands.
    Crash,
    /// A command takes effect, and its reply never arrives.
    LostReply,
    /// A connection is lost and opened again between two commands, as a reconnecting client does it: watches and an open
    /// transaction are gone.
    Reconnect,
    /// The time to live of a key is over.
    Expiry,
    /// `SCRIPT FLUSH`.
    ScriptFlush,
    /// A key is evicted for want of memory.
    Eviction,
    /// A replica takes over that had not had the last write.
    Failover,
}

impl Fault {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::Crash,
        Self::LostReply,
        Self::Reconnect,
        Self::Expiry,
        Self::ScriptFlush,
        Self::Eviction,
        Self::Failover,
    ];

    /// As on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::LostReply => "lost-reply",
            Self::Reconnect => "reconnect",
            Self::Expiry => "expiry",
            Self::ScriptFlush => "script-flush",
            Self::Eviction => "eviction",
            Self::Failover => "failover",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// There is no fault of this name.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("there is no fault `{0}`; expected crash, lost-reply, reconnect, expiry, script-flush, eviction or failover")]
pub struct UnknownFault(String);

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        let found = Self::ALL.into_iter().find(|fault| fault.name() == text);
        found.ok_or_else(|| UnknownFault(text.to_string()))
    }
}

/// How often each fault may still happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Budget([u8; Fault::ALL.len()]);

impl Budget {
    pub(super) fn new(faults: &[(Fault, u8)]) -> Self {
        let mut budget = Self::default();
        for &(fault, times) in faults {
            budget.0[fault as usize] = times;
        }
        budget
    }

    pub(super) fn allows(self, fault: Fault) -> bool {
        self.0[fault as usize] > 0
    }

    pub(super) fn spend(&mut self, fault: Fault) {
        self.0[fault as usize] -= 1;
    }
}
