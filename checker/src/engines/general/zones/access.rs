//! What an operation does to the one value that there is at a time.

/// What an operation, with its answer, has to do with the value.
#[derive(Clone, Copy, Debug)]
pub(in crate::engines::general) enum Access<'a, V> {
    /// It puts this one in, whatever there was.
    Write(&'a V),
    /// It says that this one is there.
    Read(&'a V),
    /// Whether it took effect or not, no answer is another for it.
    Nothing,
}
