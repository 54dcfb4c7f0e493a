//! Everything that can happen to a few clients, to be tried out on the page.

use serde::Serialize;

use super::Code;

/// A strategy with all that can happen with it: places, and the moves that lead from one to the next. The first place is
/// the beginning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Play {
    /// Whose it is: `naive (GET → DECR)`.
    pub title: String,
    /// What is done: `Buyer 1 wants 1 unit, buyer 2 wants 1 unit; 1 is left.`
    pub wanted: String,
    /// Nothing that can happen breaks it.
    pub safe: bool,
    /// Units in the beginning.
    pub stock: u64,
    /// What the clients are called.
    pub clients: Vec<String>,
    /// The code of a purchase, where it is known.
    pub code: Option<Code>,
    /// Where one can be.
    pub nodes: Vec<Node>,
}

/// Where one can be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Node {
    /// The stock as the strategy would read it.
    #[serde(rename = "s", skip_serializing_if = "Option::is_none")]
    pub stock: Option<i64>,
    /// Units that buyers were told are theirs.
    #[serde(rename = "t")]
    pub told: u64,
    /// Units that were there in the beginning or put back since.
    #[serde(rename = "h")]
    pub there: u64,
    /// The promise that is broken here.
    #[serde(rename = "w", skip_serializing_if = "Option::is_none")]
    pub wrong: Option<&'static str>,
    /// For each client the line at which it is.
    #[serde(rename = "at")]
    pub lines: Vec<Option<usize>>,
    /// What can come next.
    #[serde(rename = "m")]
    pub moves: Vec<Move>,
}

/// A step from one place to another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Move {
    /// Where it leads.
    pub to: usize,
    /// Whose it is; `None` where it happens to the server.
    #[serde(rename = "c", skip_serializing_if = "Option::is_none")]
    pub client: Option<usize>,
    /// What goes wrong, or passes by, besides the commands.
    #[serde(rename = "f", skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// The command, and what the server answered.
    #[serde(rename = "q", skip_serializing_if = "Option::is_none")]
    pub command: Option<(String, String)>,
    /// The line that sends it.
    #[serde(rename = "l", skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// What the operation came to with it.
    #[serde(rename = "a", skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// The attempt was in vain, and starts again.
    #[serde(rename = "r", skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}

impl Play {
    /// Can a promise be broken?
    #[must_use]
    pub fn breaks(&self) -> bool {
        self.nodes.iter().any(|node| node.wrong.is_some())
    }
}
