//! What was followed, read once more to show a violation.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek as _, Write as _},
    path::Path,
    sync::{Arc, Mutex},
};

use oversell_checker::history::{self, Body, Compression, Compressor, History, decompressed, shown, visible};
use tempfile::SpooledTempFile;

use super::following::lock;
use crate::cli::output::print_warning;

/// So many bytes of a copy stay in memory; more go to a file without a name in the system's temporary folder, which is gone with
/// the process.
const IN_MEMORY: usize = 4 << 20;

/// A copy of everything that was read so far, compressed: histories become a tenth or less. Without one, it is not needed, or could
/// not be made.
#[derive(Clone)]
pub(super) struct Copy(Arc<Mutex<io::Result<Kept>>>);

type Kept = Option<Compressor<SpooledTempFile>>;

impl Copy {
    pub(super) fn new() -> Self {
        let kept = Compressor::new(Compression::Zstd, tempfile::spooled_tempfile(IN_MEMORY));
        Self(Arc::new(Mutex::new(kept.map(Some))))
    }

    fn add(&self, bytes: &[u8]) {
        let mut kept = lock(&self.0);
        if let Ok(Some(to)) = &mut *kept
            && let Err(error) = to.write_all(bytes)
        {
            // It is not needed yet, and perhaps never will be.
            *kept = Err(error);
        }
    }

    /// It is not needed. Nothing is added any more.
    pub(super) fn forget(&self) {
        *lock(&self.0) = Ok(None);
    }

    /// What was read until now. Nothing is added any more.
    fn take(&self) -> Result<impl Read + Send + use<>, String> {
        let again = || -> io::Result<_> {
            let kept = std::mem::replace(&mut *lock(&self.0), Ok(None))?;
            let mut file = kept.ok_or_else(|| io::Error::other("it was taken before"))?.finish()?;
            file.rewind()?;
            Ok(file)
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

/// Reads the operations on these keys, up to a line: from the copy, or else from the file.
pub(super) fn read(
    name: &str,
    path: &Path,
    copy: Option<&Copy>,
    line: u64,
    keys: &HashMap<String, u64>,
) -> Option<History> {
    if keys.is_empty() {
        return None;
    }
    let again = || -> Result<History, String> {
        let from: Box<dyn Read + Send> = match copy {
            Some(copy) => Box::new(copy.take()?),
            None => Box::new(File::open(path).map_err(|error| error.to_string())?),
        };
        let from = decompressed(BufReader::with_capacity(1 << 18, from)).map_err(|error| error.to_string())?;
        let (history, _) = history::read_keys(name, FirstLines { from, left: line }, |key| keys.contains_key(key))
            .map_err(|error| error.to_string())?;
        Ok(history)
    };
    again()
        .inspect_err(|error| {
            print_warning(&format!(
                "{}: what shows the violation could not be read again: {error}",
                visible(name)
            ))
        })
        .ok()
}

/// The part that is about one key.
pub(super) fn of_key(history: &mut History, key: &str) -> Option<History> {
    let place = (0..history.keys()).find(|&index| history.key(index) == key)?;
    let body = match &mut history.body {
        Body::Stock(_) => return None,
        Body::Sales(keys) => Body::Sales(vec![keys.swap_remove(place)]),
        Body::Register(keys) => Body::Register(vec![keys.swap_remove(place)]),
        Body::Kv(keys) => Body::Kv(vec![keys.swap_remove(place)]),
    };
    Some(History {
        header: history.header.clone(),
        clock: history.clock,
        body,
        units: history.units.clone(),
    })
}

/// Ends after so many lines.
struct FirstLines<R> {
    from: R,
    left: u64,
}

impl<R: BufRead> BufRead for FirstLines<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Ok(&[]);
        }
        let bytes = self.from.fill_buf()?;
        let last = usize::try_from(self.left - 1).unwrap_or(usize::MAX);
        let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let end = ends.map(|(place, _)| place + 1).nth(last);
        Ok(&bytes[..end.unwrap_or(bytes.len())])
    }

    fn consume(&mut self, amount: usize) {
        if let Ok(bytes) = self.from.fill_buf() {
            let consumed = &bytes[..amount.min(bytes.len())];
            self.left -= consumed.iter().filter(|byte| **byte == b'\n').count() as u64;
        }
        self.from.consume(amount);
    }
}

impl<R: BufRead> Read for FirstLines<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}
