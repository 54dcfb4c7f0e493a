//! Where histories come from.

use std::{
    collections::{HashSet, VecDeque},
    fs::{self, DirEntry},
    io,
    path::{Path, PathBuf},
};

use oversell_checker::history::{Compression, shown};

use crate::cli::{
    exit::Failure,
    files::{Identity, is_standard},
};

/// Where a history comes from.
pub(in crate::cli) enum Source {
    StandardInput,
    File(PathBuf),
    /// Whatever histories are in a folder that cannot be looked into.
    Unreadable(PathBuf, io::Error),
}

impl Source {
    /// A file, or `-` for standard input.
    pub(in crate::cli) fn of(path: &Path) -> Self {
        if is_standard(path) {
            Self::StandardInput
        } else {
            Self::File(path.to_path_buf())
        }
    }

    pub(in crate::cli) fn path(&self) -> &Path {
        match self {
            Self::StandardInput => Path::new("-"),
            Self::File(path) | Self::Unreadable(path, _) => path,
        }
    }

    pub(in crate::cli) fn name(&self) -> String {
        self.path().display().to_string()
    }
}

/// All that these paths name: files as they are, and each file below a folder once.
pub(in crate::cli) fn sources(paths: &[PathBuf]) -> Result<Vec<Source>, Failure> {
    let piped = paths.iter().filter(|path| is_standard(path)).count();
    if piped > 1 {
        return Err(Failure::bad_input(format!(
            "found `-` {piped} times among the inputs, expected it once at most: standard input can be read once"
        )));
    }
    let mut sources = Vec::new();
    for path in paths {
        if !path.is_dir() {
            sources.push(Source::of(path));
            continue;
        }
        let Below {
            mut files, unreadable, ..
        } = Below::of(path);
        if files.is_empty() && unreadable.is_empty() {
            return Err(Failure::bad_input(format!(
                "{} holds no history: expected files that end in .jsonl, .jsonl.gz or .jsonl.zst in it or below it",
                shown(path)
            )));
        }
        files.sort();
        let unreadable = unreadable.into_iter();
        sources.extend(unreadable.map(|(folder, error)| Source::Unreadable(folder, error)));
        sources.extend(files.into_iter().map(Source::File));
    }
    Ok(sources)
}

/// What is found in a folder and below it. A link may lead to what is found without it, so links are followed last.
#[derive(Default)]
struct Below {
    files: Vec<PathBuf>,
    unreadable: Vec<(PathBuf, io::Error)>,
    links: VecDeque<PathBuf>,
    seen: HashSet<Identity>,
}

impl Below {
    fn of(folder: &Path) -> Self {
        let mut below = Self::default();
        below.take(folder.to_path_buf());
        while let Some(link) = below.links.pop_front() {
            below.take(link);
        }
        below
    }

    fn take(&mut self, path: PathBuf) {
        let is_history = Compression::of(&path).is_some();
        match path.metadata() {
            Ok(found) if found.is_dir() => {
                if self.seen.insert(Identity::of(&found)) {
                    self.look_into(path);
                }
            }
            // Nothing else has an end.
            Ok(found) if found.is_file() => {
                if is_history && self.seen.insert(Identity::of(&found)) {
                    self.files.push(path);
                }
            }
            Ok(_) => {}
            // Why is said when it is read.
            Err(_) if is_history => self.files.push(path),
            Err(_) => {}
        }
    }

    fn look_into(&mut self, folder: PathBuf) {
        let entries = fs::read_dir(&folder).and_then(Iterator::collect::<io::Result<Vec<DirEntry>>>);
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.unreadable.push((folder, error)),
        };
        entries.sort_by_key(DirEntry::file_name);
        for entry in entries {
            if entry.file_type().is_ok_and(|kind| kind.is_symlink()) {
                self.links.push_back(entry.path());
            } else {
                self.take(entry.path());
            }
        }
    }
}
