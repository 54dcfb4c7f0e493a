//! How much memory reading and checking may take.

use std::io::{self, BufRead, Read};

use clap::Args;
use oversell_checker::engines::memory::{Bytes, held, share};

/// The option of every command that reads histories.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct MemoryLimit {
    /// How much memory the program may hold: a history that needs more is not read, and keys that need more are left undecided
    /// [default: a quarter of what is available].
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true, default_value_t = Bytes(share()), hide_default_value = true)]
    limit_memory: Bytes,
}

impl MemoryLimit {
    /// In bytes.
    pub(super) const fn bytes(self) -> u64 {
        self.limit_memory.0
    }

    /// Reads within this limit.
    pub(super) fn within<R: BufRead>(self, from: R) -> Within<R> {
        Within::new(from, self.bytes())
    }
}

/// Memory is looked at again after so many bytes.
const APART: usize = 1 << 20;

/// Reads as long as the process holds no more memory than this, unless it did so before.
pub(super) struct Within<R> {
    from: R,
    memory: u64,
    at_first: u64,
    /// Bytes that have been read since memory was looked at.
    read: usize,
}

impl<R: BufRead> Within<R> {
    pub(super) fn new(from: R, memory: u64) -> Self {
        Self {
            from,
            memory,
            at_first: held(),
            read: 0,
        }
    }
}

impl<R: BufRead> BufRead for Within<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.read >= APART {
            self.read = 0;
            if held() > self.memory.max(self.at_first) {
                return Err(io::Error::new(
                    io::ErrorKind::OutOfMemory,
                    format!(
                        "it takes more than {} of memory, expected less; allow more with --limit-memory",
                        Bytes(self.memory)
                    ),
                ));
            }
        }
        self.from.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.read += amount;
        self.from.consume(amount);
    }
}

impl<R: BufRead> Read for Within<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}
