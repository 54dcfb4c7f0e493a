//! Files that are being written beside those whose place they are to take: whoever ends the program removes them first.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tempfile::{Builder, NamedTempFile};

/// Whoever holds it is not interrupted: what takes the place of a file is to do so wholly.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// The files that go when the program is ended. While this is held, that waits.
pub struct Unfinished(MutexGuard<'static, Vec<PathBuf>>);

impl Unfinished {
    /// All of them, and nobody else.
    pub fn hold() -> Self {
        Self(UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A new file in this folder, which goes with the program until it is [removed](Self::remove) from this list.
    pub fn make(&mut self, builder: &mut Builder<'_, '_>, folder: &Path) -> io::Result<NamedTempFile> {
        let new = builder.prefix(".oversell-").tempfile_in(folder)?;
        self.0.push(new.path().to_path_buf());
        Ok(new)
    }

    /// Is complete, or not wanted.
    pub fn remove(&mut self, path: &Path) {
        self.0.retain(|each| each != path);
    }

    /// The program ends.
    pub fn discard(&mut self) {
        for path in self.0.drain(..) {
            // Nobody would hear of it.
            let _ = fs::remove_file(path);
        }
    }
}

/// The folder in which a file of this name is, or would be.
pub fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::{fs::File, io::Write as _, process::Command, thread, time::Duration};

    use super::*;
    use crate::history::{Header, Spec, replace_header};

    #[test]
    fn a_history_whose_header_is_replaced_is_unfinished_until_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        // It ends when we want it to.
        let path = folder.path().join("h.jsonl");
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        let from = path.clone();
        let replaced = thread::spawn(move || replace_header(&from, &Header::new(Spec::Stock, 7)));
        let mut to = File::options().write(true).open(&path).unwrap();
        to.write_all(b"{}\n{\"line\":2}\n").unwrap();
        let unfinished = || -> Vec<PathBuf> {
            let all = Unfinished::hold();
            let here = all.0.iter().filter(|each| each.starts_with(folder.path()));
            here.cloned().collect()
        };
        let begun = (0..1000).any(|_| {
            thread::sleep(Duration::from_millis(10));
            unfinished().len() == 1
        });
        assert!(begun && unfinished()[0].exists());
        drop(to);
        replaced.join().unwrap().unwrap();
        assert!(unfinished().is_empty());
        assert!(fs::read_to_string(&path).unwrap().ends_with("}\n{\"line\":2}\n"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
