//! Saves histories as new files.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use super::whole::write;
use crate::history::{Compression, History, compressed, visible::shown};

/// How many names are tried.
const TRIES: u32 = 100_000;

/// Saves a history in a new file in this folder, which is made if it is not there, and returns the file's path.
///
/// The file is called `name.jsonl`, or `name-2.jsonl` and so on where that exists: no file is ever overwritten, also
/// when several processes save at once. Characters of the name that are not letters, digits, `.`, `-` or `_` become `-`.
///
/// # Errors
/// When the file cannot be made or written (see [`write()`]); what was written of it then stays, and can be read.
pub fn write_new(folder: impl AsRef<Path>, name: &str, history: &History) -> io::Result<PathBuf> {
    write_new_as(folder, name, history, Compression::None)
}

/// Like [`write_new`], compressed; the file is called `name.jsonl.gz` or `name.jsonl.zst`.
///
/// # Errors
/// The same.
pub fn write_new_as(
    folder: impl AsRef<Path>,
    name: &str,
    history: &History,
    compression: Compression,
) -> io::Result<PathBuf> {
    let (path, file) = create_new(folder, name, compression)?;
    compressed(compression, file, |to| write(history, to))?;
    Ok(path)
}

/// Makes the file that [`write_new_as`] would write, and leaves it empty.
///
/// # Errors
/// When it cannot be made.
pub fn create_new(folder: impl AsRef<Path>, name: &str, compression: Compression) -> io::Result<(PathBuf, File)> {
    let (folder, name, extension) = (folder.as_ref(), readable(name), compression.extension());
    fs::create_dir_all(folder)?;
    for number in 1..=TRIES {
        let path = folder.join(match number {
            1 => format!("{name}.{extension}"),
            _ => format!("{name}-{number}.{extension}"),
        });
        match File::create_new(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    let full = format!("{} has {TRIES} histories called {name} already", shown(folder));
    Err(io::Error::new(io::ErrorKind::AlreadyExists, full))
}

/// A file name that needs no quoting in a shell.
fn readable(name: &str) -> String {
    let plain = |character: char| {
        let keep = character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_');
        if keep { character } else { '-' }
    };
    let name: String = name.chars().map(plain).take(100).collect();
    let name = name.trim_matches(['.', '-']);
    if name.is_empty() {
        "history".to_owned()
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Header, Spec, Texts};

    #[test]
    fn never_overwrites_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        let paths = [1, 2, 3].map(|initial| {
            let history = History::stock(Header::new(Spec::Stock, initial), Vec::new(), Texts::new());
            write_new(&inner, "lua, seed 7/x", &history).unwrap()
        });
        let names = paths.each_ref().map(|path| path.file_name().unwrap().to_str().unwrap());
        assert_eq!(
            names,
            ["lua--seed-7-x.jsonl", "lua--seed-7-x-2.jsonl", "lua--seed-7-x-3.jsonl"]
        );
        for (path, initial) in paths.iter().zip(1..) {
            let text = fs::read_to_string(path).unwrap();
            assert!(text.contains(&format!("\"initial\":{initial}")), "{text}");
        }
    }

    #[test]
    fn names_are_safe_in_a_shell_and_on_every_system() {
        assert_eq!(readable("../etc/$(x)"), "etc---x");
        assert_eq!(readable("..."), "history");
        assert_eq!(readable("naive-7f3a"), "naive-7f3a");
    }
}
