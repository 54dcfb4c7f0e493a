//! The lines of a certificate.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::claim::Claim;
use crate::history::Operation;

/// The name of the format, as the header of every certificate gives it.
pub const FORMAT: &str = "oversell-certificate";
/// The version of the format that is written, and the only one that is read.
pub const VERSION: u64 = 1;

/// What a line is read as.
pub(super) trait Line: DeserializeOwned {
    fn parse(line: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(line)
    }
}

/// Of what sort a file is. The rest of the header is beside the point before that is known.
#[derive(Deserialize)]
pub(super) struct Sort {
    #[serde(default)]
    pub(super) format: serde_json::Value,
    #[serde(default)]
    pub(super) version: serde_json::Value,
}

impl Line for Sort {}
impl Line for Header {}
impl Line for Named {}

impl Line for Key {
    fn parse(line: &[u8]) -> serde_json::Result<Self> {
        // Where a name decides what a line is, serde takes the name's number, too.
        let Verdict { claim, .. } = serde_json::from_slice(line)?;
        if let Some(claim) = claim {
            let Rule { .. } = serde_json::from_str(claim.get())?;
        }
        serde_json::from_slice(line)
    }
}

#[derive(Deserialize)]
struct Verdict<'a> {
    #[serde(rename = "verdict")]
    _name: String,
    #[serde(borrow)]
    claim: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Rule {
    #[serde(rename = "rule")]
    _name: String,
}

/// The first line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    pub(super) format: String,
    pub(super) version: u64,
    /// The file the certificate was made from. For people: what binds the two is the digest.
    pub(super) history: String,
    pub(super) spec: String,
    pub(super) digest: String,
    pub(super) operations: u64,
    pub(super) keys: u64,
    pub(super) verdict: KeyKind,
    #[serde(default)]
    pub(super) made_by: String,
}

/// A verdict, in the words of `check --json`. That on a history is the largest of those on its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", try_from = "String")]
pub(super) enum KeyKind {
    Linearizable,
    Undecided,
    Violation,
}

impl TryFrom<String> for KeyKind {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let kinds = [Self::Linearizable, Self::Violation, Self::Undecided];
        let kind = kinds.into_iter().find(|kind| kind.name() == name);
        kind.ok_or_else(|| format!("unknown verdict `{name}`, expected `linearizable`, `violation` or `undecided`"))
    }
}

impl KeyKind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Linearizable => "linearizable",
            Self::Violation => "violation",
            Self::Undecided => "undecided",
        }
    }
}

/// The line with which a key begins.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Key {
    pub(super) key: String,
    #[serde(flatten)]
    pub(super) what: What,
}

/// What is said of a key.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum What {
    /// So many lines follow, one an operation, in the order of the linearization.
    Linearizable { order: u64 },
    /// There is none, because of this.
    Violation {
        kind: String,
        explanation: String,
        /// `null`: there is no claim that can be confirmed without the engines.
        #[serde(deserialize_with = "Option::deserialize")]
        claim: Option<Claim<Named>>,
    },
    /// Not known, because of this.
    Undecided { limit: String },
}

impl What {
    pub(super) const fn kind(&self) -> KeyKind {
        match self {
            Self::Linearizable { .. } => KeyKind::Linearizable,
            Self::Violation { .. } => KeyKind::Violation,
            Self::Undecided { .. } => KeyKind::Undecided,
        }
    }
}

/// An operation: its place among those of its key, and what makes it easy to find in the file.
///
/// The place counts from 0, in the order of invocations (of lines where two are invoked at the same time); operations that
/// certainly had no effect (`fail`) are not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The place.
    pub(super) operation: u64,
    /// Who acted.
    pub(super) process: i64,
    /// When it was invoked.
    pub(super) invoked: u64,
}

impl Named {
    /// The operation at this place.
    pub(super) const fn of<Op, Ret>(place: usize, operation: &Operation<Op, Ret>) -> Self {
        Self {
            operation: place as u64,
            process: operation.process,
            invoked: operation.invoked,
        }
    }
}
