//! A source that ends at an interrupt, also while it is being waited for: what came before it is judged to its last line.

use std::{
    io::{self, Read},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, sync_channel},
    },
    thread,
    time::Duration,
};

/// Bytes read at once, at most: as many as a pipe holds.
const CHUNK: usize = 1 << 16;
/// Chunks that wait to be taken, at most.
const WAITING: usize = 16;
/// An interrupt is heeded after so long.
const SOON: Duration = Duration::from_millis(50);

/// Reads on a thread of its own: nothing wakes one that waits for a pipe. Its clones read on where it stopped.
#[derive(Clone)]
pub(super) struct Interruptible(Arc<Mutex<Pump>>);

struct Pump {
    chunks: Receiver<io::Result<Vec<u8>>>,
    chunk: Vec<u8>,
    /// How much of the chunk has been taken.
    taken: usize,
    stopped: Arc<AtomicBool>,
}

impl Interruptible {
    /// Starts to read.
    pub(super) fn start(mut from: impl Read + Send + 'static, stopped: &Arc<AtomicBool>) -> Self {
        let (to, chunks) = sync_channel(WAITING);
        thread::spawn(move || {
            loop {
                let mut chunk = vec![0; CHUNK];
                let read = from.read(&mut chunk).map(|length| {
                    chunk.truncate(length);
                    chunk
                });
                let last = !matches!(&read, Ok(chunk) if !chunk.is_empty());
                if to.send(read).is_err() || last {
                    break;
                }
            }
        });
        Self(Arc::new(Mutex::new(Pump {
            chunks,
            chunk: Vec::new(),
            taken: 0,
            stopped: Arc::clone(stopped),
        })))
    }
}

impl Read for Interruptible {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).read(into)
    }
}

impl Pump {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.chunk.len() {
            if self.stopped.load(Ordering::Relaxed) {
                return Ok(0);
            }
            match self.chunks.recv_timeout(SOON) {
                Ok(chunk) => (self.chunk, self.taken) = (chunk?, 0),
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return Ok(0),
            }
        }
        let length = into.len().min(self.chunk.len() - self.taken);
        into[..length].copy_from_slice(&self.chunk[self.taken..self.taken + length]);
        self.taken += length;
        Ok(length)
    }
}
