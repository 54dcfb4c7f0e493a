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
    /// The end has come.
    is_over: bool,
    stopped: Arc<AtomicBool>,
}

impl Interruptible {
    /// Starts to read.
    pub(super) fn start(mut from: impl Read + Send + 'static, stopped: &Arc<AtomicBool>) -> Self {
        let (to, chunks) = sync_channel(WAITING);
        thread::spawn(move || {
            loop {
                let mut chunk = vec![0; CHUNK];
                let length = loop {
                    match from.read(&mut chunk) {
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        length => break length,
                    }
                };
                let read = length.map(|length| {
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
            is_over: false,
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
            if self.is_over || self.stopped.load(Ordering::Relaxed) {
                return Ok(0);
            }
            match self.chunks.recv_timeout(SOON) {
                Ok(chunk) => (self.chunk, self.taken) = (chunk?, 0),
                Err(RecvTimeoutError::Timeout) => continue,
                // Only what was told to be the end is one.
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(io::Error::other("it could not be read on after an error"));
                }
            }
            self.is_over = self.chunk.is_empty();
        }
        let length = into.len().min(self.chunk.len() - self.taken);
        into[..length].copy_from_slice(&self.chunk[self.taken..self.taken + length]);
        self.taken += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    struct Script(VecDeque<io::Result<&'static str>>);

    impl Read for Script {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            match self.0.pop_front() {
                Some(next) => next?.as_bytes().read(into),
                None => Ok(0),
            }
        }
    }

    fn pump(script: impl IntoIterator<Item = io::Result<&'static str>>) -> Interruptible {
        Interruptible::start(Script(script.into_iter().collect()), &Arc::default())
    }

    #[test]
    fn a_read_that_is_interrupted_is_tried_again() {
        let interrupted = || Err(io::ErrorKind::Interrupted.into());
        let input = pump([interrupted(), Ok("one "), interrupted(), interrupted(), Ok("two")]);
        let read = io::read_to_string(input.clone()).unwrap();
        assert_eq!(read, "one two");
        assert_eq!(io::read_to_string(input).unwrap(), "", "the end stays");
    }

    #[test]
    fn no_other_error_is_an_end() {
        let mut input = pump([Ok("one"), Err(io::ErrorKind::ConnectionReset.into()), Ok("two")]);
        let mut read = [0; 8];
        assert_eq!(input.read(&mut read).unwrap(), 3);
        assert_eq!(
            input.read(&mut read).unwrap_err().kind(),
            io::ErrorKind::ConnectionReset
        );
        assert!(input.read(&mut read).is_err(), "nor is what follows");
    }
}
