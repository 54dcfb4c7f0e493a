//! What has come through standard input, kept for a second look.

use std::{
    io::{self, BufReader, Read, Seek as _, Write as _},
    sync::{Arc, Mutex, PoisonError},
};

use tempfile::SpooledTempFile;

use oversell_checker::history::shown;

/// So many bytes, compressed, stay in memory; more go to a file without a name in the system's temporary folder, which is
/// gone with the process.
const IN_MEMORY: usize = 4 << 20;
/// The fastest that saves much: histories become a tenth or less.
const LEVEL: i32 = 1;

/// A compressed copy of everything that was read so far.
#[derive(Clone)]
pub(super) struct Copy(Arc<Mutex<State>>);

enum State {
    Kept(zstd::Encoder<'static, SpooledTempFile>),
    /// The disk was full, or something of that kind.
    Failed(io::Error),
    /// It has been taken.
    Gone,
}

impl Copy {
    pub(super) fn new() -> Self {
        let state = match zstd::Encoder::new(tempfile::spooled_tempfile(IN_MEMORY), LEVEL) {
            Ok(encoder) => State::Kept(encoder),
            Err(error) => State::Failed(error),
        };
        Self(Arc::new(Mutex::new(state)))
    }

    fn add(&self, bytes: &[u8]) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Kept(to) = &mut *state
            && let Err(error) = to.write_all(bytes)
        {
            // It is not needed yet, and perhaps never will be.
            *state = State::Failed(error);
        }
    }

    /// It is not needed. Nothing is added any more.
    pub(super) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = State::Gone;
    }

    /// What was read until now. Nothing is added any more.
    pub(super) fn take(&self) -> Result<impl Read + Send + use<>, String> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut again = || -> io::Result<_> {
            match std::mem::replace(&mut *state, State::Gone) {
                State::Kept(encoder) => {
                    let mut file = encoder.finish()?;
                    file.rewind()?;
                    zstd::Decoder::with_buffer(BufReader::new(file))
                }
                State::Failed(error) => Err(error),
                State::Gone => Err(io::Error::other("it was taken before")),
            }
        };
        again().map_err(|error| {
            format!(
                "failed to keep a copy of standard input in {}: {error}; set TMPDIR to a folder with room, or save the history \
                 in a file and check that",
                shown(&std::env::temp_dir())
            )
        })
    }
}

/// Reads, and keeps a copy.
pub(super) struct Copied<R> {
    pub(super) from: R,
    pub(super) copy: Copy,
}

impl<R: Read> Read for Copied<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        self.copy.add(&into[..read]);
        Ok(read)
    }
}
