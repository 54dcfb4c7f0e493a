//! What a connection remembers: its watches and its open transaction.

use std::sync::Arc;

use super::value::Bytes;

/// The watches of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Watch {
    /// None.
    #[default]
    Nothing,
    /// These keys, sorted, each once; none has changed.
    Keys(Arc<Vec<Bytes>>),
    /// A watched key has changed: which ones were watched no longer matters. A server forgets them, too.
    Changed,
}

impl Watch {
    pub(super) fn add(&mut self, key: &[u8]) {
        let keys = match self {
            Self::Changed => return,
            Self::Keys(keys) => Arc::make_mut(keys),
            Self::Nothing => {
                *self = Self::Keys(Arc::new(vec![Bytes::from_slice(key)]));
                return;
            }
        };
        if let Err(at) = keys.binary_search_by(|watched| watched.as_slice().cmp(key)) {
            keys.insert(at, Bytes::from_slice(key));
        }
    }

    /// `key` was modified, by whomever.
    pub(super) fn notice(&mut self, key: &[u8]) {
        if let Self::Keys(keys) = self
            && keys.iter().any(|watched| watched.as_slice() == key)
        {
            *self = Self::Changed;
        }
    }
}

/// An open `MULTI`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Transaction {
    pub(super) queue: Vec<Arc<[Vec<u8>]>>,
    /// A command was refused while queueing: `EXEC` will be refused.
    pub(super) refused: bool,
}

/// A connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Session {
    pub(super) watch: Watch,
    pub(super) transaction: Option<Box<Transaction>>,
}
