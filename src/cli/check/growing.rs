//! A file that somebody writes.

use std::{
    fs::{self, File},
    io::{self, Read},
    os::unix::fs::MetadataExt as _,
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

/// A file whose end is not the end: it ends when it is interrupted, and when nobody can write more of it under its name.
pub(super) struct Growing {
    path: PathBuf,
    file: File,
    /// How much has been read.
    read: u64,
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
            stopped: Arc::clone(stopped),
            gone: Arc::clone(gone),
        })
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
            let read = self.file.read(into)?;
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
