//! Every order of the commands of a few clients, to be tried out on the page.

use serde::Serialize;

/// A strategy with all that can happen with it. What happens next depends on whose command goes next, so it is a tree;
/// its root is the first of the nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Play {
    /// Whose it is: `naive (GET → DECR)`.
    pub title: String,
    /// Safe by the catalogue.
    pub safe: bool,
    /// Units in the beginning.
    pub stock: i64,
    /// How many clients.
    pub clients: usize,
    /// The code of a purchase, a line each, with how the name of the command begins that the line sends, if any.
    pub code: Vec<(String, Option<String>)>,
    /// What can happen; the first is the beginning.
    pub nodes: Vec<Moment>,
}

/// What happened with a command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// Whose command it was.
    pub client: usize,
    /// The command.
    pub command: String,
    /// The server's answer.
    pub reply: String,
    /// What the purchase came to with it.
    pub answer: Option<String>,
    /// The attempt was in vain, and starts again.
    pub again: bool,
    /// The stock after it.
    pub stock: Option<i64>,
    /// Units that buyers were told are theirs.
    pub told: u64,
    /// For each client, the moment after its next command; `None` where it is done.
    pub next: Vec<Option<usize>>,
}
