//! A file that somebody writes.

use std::{
    fs::{self, File},
    io::{self, Read},
    os::unix::fs::{FileExt as _, MetadataExt as _},
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

/// How long to wait for a file to grow.
const PAUSE: Duration = Duration::from_millis(50);

/// So many bytes tell whether what was read is still there.
const KEPT: usize = 512;

/// A file whose end is not the end: it ends when it is interrupted, and when nobody can write more of it under its name.
pub(super) struct Growing {
    path: PathBuf,
    file: File,
    /// How much has been read.
    read: u64,
    /// The last of it.
    last: Vec<u8>,
    stopped: Arc<AtomicBool>,
    gone: Gone,
}

/// Why a file is followed no more, where that is not an interrupt.
pub(super) type Gone = Arc<OnceLock<&'static str>>;

impl Growing {
    pub(super) fn open(path: PathBuf, stopped: &Arc<AtomicBool>, gone: &Gone) -> io::Result<Self> {
        Ok(Self {
            file: File::open(&path)?,
            path,
            read: 0,
            last: Vec::new(),
            stopped: Arc::clone(stopped),
            gone: Arc::clone(gone),
        })
    }

    /// Was the file written anew while nobody looked, and has grown beyond what had been read?
    fn ensure_same(&self) -> io::Result<()> {
        let mut there = vec![0; self.last.len()];
        let from = self.read - self.last.len() as u64;
        match self.file.read_exact_at(&mut there, from) {
            Ok(()) if there != self.last => Err(io::Error::other(format!(
                "found other bytes at {from} than had been read there; expected a file that only grows: it was written anew, and \
                 what is in it now is another history (start again to follow that)"
            ))),
            // That it is shorter is told with how much.
            _ => Ok(()),
        }
    }

    fn keep_last(&mut self, read: &[u8]) {
        if read.len() >= KEPT {
            self.last.clear();
        }
        self.last.extend_from_slice(&read[read.len().saturating_sub(KEPT)..]);
        let spare = self.last.len().saturating_sub(KEPT);
        self.last.drain(..spare);
    }

    /// Everything has been read. What has become of the file?
    fn look(&self) -> io::Result<Option<&'static str>> {
        let here = self.file.metadata()?;
        if here.is_file() && here.len() < self.read {
            return Err(io::Error::other(format!(
                "found {} bytes where {} had been read; expected a file that only grows: it was truncated, and what is in it now \
                 is another history (start again to follow that)",
                here.len(),
                self.read
            )));
        }
        if here.nlink() == 0 {
            return Ok(Some(if self.path.exists() {
                REPLACED
            } else {
                "the file was removed"
            }));
        }
        // A file with a new name is followed on, until another has its old one.
        Ok(match fs::metadata(&self.path) {
            Ok(named) if (named.dev(), named.ino()) != (here.dev(), here.ino()) => Some(REPLACED),
            _ => None,
        })
    }
}

const REPLACED: &str = "another file took the place of this one";

impl Read for Growing {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut last = None;
        loop {
            self.ensure_same()?;
            let read = self.file.read(into)?;
            self.keep_last(&into[..read]);
            self.read += read as u64;
            if read > 0 || self.stopped.load(Ordering::Relaxed) {
                return Ok(read);
            }
            // Only after another look: something may have been written before it went away.
            if let Some(why) = last {
                let _ = self.gone.set(why);
                return Ok(0);
            }
            last = self.look()?;
            if last.is_none() {
                thread::sleep(PAUSE);
            }
        }
    }
}
