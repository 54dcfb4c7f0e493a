//! Histories in the formats of other checkers: Jepsen's EDN and logs, and Porcupine's lists as JSON.
//!
//! Each format is translated to and from the lines of a history file, one event a line; [`crate::history`] reads and writes
//! those. So every rule that holds for a history file holds here, too, and nothing is said twice. What each format cannot
//! say is listed in `docs/interchange.md`.

mod counter;
mod edn;
mod error;
mod faults;
mod lines;
mod porcupine;
mod reading;
mod table;

use std::{
    io::{self, BufRead, Read as _, Write},
    path::Path,
};

pub use error::{InterchangeError, Trouble};
pub use reading::{Converted, Reading};
pub use table::{Column, Table, Times, read_table};

use crate::each;
use crate::history::{self, Compression, History, decompressed};

/// A format that histories come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Our own: `docs/format.md`.
    History,
    /// Jepsen's: a map an operation in EDN, one a line or in one vector; or the lines in which it logs them.
    Edn,
    /// Porcupine's `[]Event`, as JSON.
    PorcupineEvents,
    /// Porcupine's `[]Operation`, as JSON.
    PorcupineOperations,
}

impl Format {
    /// What the name of a file says: `.jsonl` (also with `.gz` or `.zst`), `.edn`, `.json`. Reading `.json` finds out by
    /// itself which of the two lists it is.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        if Compression::of(path).is_some() {
            return Some(Self::History);
        }
        match path.extension()?.to_str()? {
            "edn" => Some(Self::Edn),
            "json" => Some(Self::PorcupineEvents),
            _ => None,
        }
    }

    /// What the beginning of a file looks like, whatever it is called.
    #[must_use]
    pub fn guess(beginning: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(beginning);
        let mut lines = text
            .lines()
            .map(|line| line.trim_start_matches(['\u{feff}', ' ', '\t', ',']));
        let begins = lines.find(|line| !line.is_empty() && !line.starts_with(';'))?;
        let first = begins.trim_start_matches(['[', '(', ' ']);
        let has = |word: &str| text.contains(word);
        if begins.starts_with("{\"format\"") {
            Some(Self::History)
        } else if first.starts_with("{:") || first.starts_with("#jepsen") || edn::is_log(&text) {
            Some(Self::Edn)
        } else if has("\"Call\"") && has("\"Input\"") {
            Some(Self::PorcupineOperations)
        } else if has("\"Kind\"") && has("\"Id\"") {
            Some(Self::PorcupineEvents)
        } else {
            None
        }
    }
}

/// Reads a history. `file` is what messages call it.
///
/// # Errors
/// When it cannot be read or is not right; the first thing that is wrong is reported, with its line.
pub fn read(
    file: &str,
    from: impl BufRead + Send,
    format: Format,
    reading: &Reading,
) -> Result<Converted, InterchangeError> {
    if format == Format::History {
        let (history, warnings) = history::read(file, from).map_err(|error| InterchangeError::of(file, error))?;
        return Ok(Converted {
            history,
            warnings,
            faults: 0,
            raised: 0,
        });
    }
    let fails = |error: io::Error| Trouble::Unreadable(error).at(file, None);
    let mut bytes = Vec::new();
    decompressed(from)
        .and_then(|mut from| from.read_to_end(&mut bytes))
        .map_err(fails)?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].split(|&byte| byte == b'\n').count();
        Trouble::NotUtf8.at(file, Some(line as u64))
    })?;
    let lines = match format {
        Format::Edn => edn::read(text, reading),
        _ => porcupine::read(text),
    };
    let told = lines.and_then(|mut lines| Ok((counter::into_stock(&mut lines, reading)?, lines)));
    let (counter, lines) = told.map_err(|(line, trouble)| trouble.at(file, Some(line)))?;
    let Some((initial, raised)) = counter else {
        return lines.into_history(file, reading);
    };
    let reading = Reading {
        initial: Some(initial),
        ..reading.clone()
    };
    let converted = lines.into_history(file, &reading)?;
    Ok(Converted { raised, ..converted })
}

/// Writes a history. With `independent`, EDN values are `[key value]`.
///
/// # Errors
/// When `to` cannot be written, or a process does two operations at a time (see [`history::write`]).
pub fn write(history: &History, to: impl Write, format: Format, independent: bool) -> io::Result<()> {
    match format {
        Format::History => history::write(history, to),
        Format::Edn => edn::write(history, to, independent),
        Format::PorcupineEvents => porcupine::write_events(history, to),
        Format::PorcupineOperations => porcupine::write_operations(history, to),
    }
}

/// Leaves only the operations on this key. `false`: there is no such key.
pub fn keep_key(history: &mut History, key: &str) -> bool {
    each!(&mut history.body, keys => {
        keys.retain(|each| each.key == key);
        !keys.is_empty()
    })
}
