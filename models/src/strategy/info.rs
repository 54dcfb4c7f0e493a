//! What there is to say about a strategy.

use std::fmt;

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
    /// Whether [`Strategy::read`](super::Strategy::read) can tell.
    pub reads: bool,
    /// Whether [`Strategy::restock`](super::Strategy::restock) is safe to call.
    pub restocks: bool,
    /// How clients reach the server.
    pub sharing: Sharing,
    /// Units of an item that one buyer may have, where that is limited.
    pub limit: Option<u64>,
    /// Whether nobody has said that there is a limit: that it is not kept is no violation then.
    pub doubts_limit: bool,
    /// Whether the code waits for no key to run out of time: without a fault, only what [`Strategy::read`](super::Strategy::read) looks at
    /// does.
    pub lasts: bool,
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
            limit: None,
            doubts_limit: false,
            lasts: false,
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
