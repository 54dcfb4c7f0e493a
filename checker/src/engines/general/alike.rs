//! Keys of hash tables that need no more than `PartialEq`.

/// A value as a key. stateright's own specifications are not `Eq`, and need not be: a value that is unlike itself would only be
/// looked at more often than once.
#[derive(Clone, Debug, PartialEq, Hash)]
pub(super) struct Alike<T>(pub(super) T);

impl<T: PartialEq> Eq for Alike<T> {}
