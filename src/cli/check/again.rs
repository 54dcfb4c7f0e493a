//! What was followed, read once more to show a violation.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use oversell_checker::history::{self, Body, History, Texts, decompressed, visible};

use super::{copy::Copy, print_warning};

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
        Body::Register(keys) => Body::Register(vec![keys.swap_remove(place)]),
        Body::Kv(keys) => Body::Kv(vec![keys.swap_remove(place)]),
    };
    Some(History {
        header: history.header.clone(),
        clock: history.clock,
        body,
        units: Texts::new(),
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
        let bytes = self.fill_buf()?;
        let read = bytes.len().min(into.len());
        into[..read].copy_from_slice(&bytes[..read]);
        self.consume(read);
        Ok(read)
    }
}
