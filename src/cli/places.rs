//! Which file a name leads to: no output takes the place of an input, and what stands for an open stream is written as one.

use std::{
    fs::{self, File, Metadata},
    io::{self, Write as _},
    os::{
        fd::AsFd as _,
        unix::fs::{FileTypeExt as _, MetadataExt as _},
    },
    path::{Component, Path},
};

use oversell_checker::history::folder_of;

use super::exit::{Failure, is_standard, shown};

/// Links that lead to links, at most: as many as Linux follows.
pub(super) const LINKS: usize = 40;

/// A file, whatever it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    pub(super) fn of(file: &Metadata) -> Self {
        Self {
            device: file.dev(),
            inode: file.ino(),
        }
    }

    /// Of what is read under this name, which may be `-`.
    pub(super) fn of_input(path: &Path) -> io::Result<Self> {
        let file = if is_standard(path) {
            File::from(io::stdin().as_fd().try_clone_to_owned()?).metadata()
        } else {
            path.metadata()
        };
        file.map(|file| Self::of(&file))
    }
}

/// No output may take the place of what it is made of.
pub(super) fn refuse_to_replace<'a>(output: &Path, inputs: impl IntoIterator<Item = &'a Path>) -> Result<(), Failure> {
    if is_standard_output(output) {
        return Ok(());
    }
    // A terminal, say, can be both.
    let Some(place) = output
        .metadata()
        .ok()
        .filter(|there| there.is_file() || there.file_type().is_fifo())
    else {
        return Ok(());
    };
    let place = Identity::of(&place);
    let same = |input: &&Path| Identity::of_input(input).is_ok_and(|input| input == place);
    let Some(input) = inputs.into_iter().find(same) else {
        return Ok(());
    };
    let called = if is_standard(input) {
        " (as standard input)".to_string()
    } else if input == output {
        String::new()
    } else {
        format!(" (as {})", shown(input))
    };
    Err(Failure::bad_input(format!(
        "{} is to be read{called} and to be written: it would be lost; give the output another name",
        shown(output)
    )))
}

/// Something that is open already, for which a name stands, as `/dev/stdout` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Output,
    Error,
    /// Of another number, or another program's.
    Other,
}

impl Stream {
    /// What this name stands for, whether or not there is a file behind it.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let mut path = path.to_path_buf();
        for _ in 0..LINKS {
            let folder = folder_of(&path).canonicalize().ok()?;
            let name = path.file_name()?;
            let number = name.to_str().and_then(|name| name.parse::<u32>().ok());
            if let (Some(number), Some(ours)) = (number, holds_streams(&folder)) {
                return Some(match number {
                    1 if ours => Self::Output,
                    2 if ours => Self::Error,
                    _ => Self::Other,
                });
            }
            path = folder.join(fs::read_link(folder.join(name)).ok()?);
        }
        None
    }

    /// To be written where it stands, after what has been written there.
    pub(super) fn open(self, path: &Path) -> io::Result<File> {
        match self {
            Self::Output => {
                io::stdout().flush()?;
                Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
            }
            Self::Error => Ok(File::from(io::stderr().as_fd().try_clone_to_owned()?)),
            Self::Other => File::options().append(true).open(path),
        }
    }
}

/// Does this name standard output, in whichever way?
pub(super) fn is_standard_output(path: &Path) -> bool {
    is_standard(path) || Stream::of(path) == Some(Stream::Output)
}

/// Do the numbers in this folder stand for what a program has open, and is that this program?
fn holds_streams(folder: &Path) -> Option<bool> {
    if folder == Path::new("/dev/fd") {
        return Some(true);
    }
    let names = folder.components().map(|part| match part {
        Component::Normal(name) => name.to_str(),
        _ => Some("/"),
    });
    match names.collect::<Option<Vec<_>>>()?.as_slice() {
        ["/", "proc", program, "fd"] | ["/", "proc", program, "task", _, "fd"] => {
            Some(program.parse() == Ok(std::process::id()))
        }
        _ => None,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn names_of_open_streams_are_known_however_they_are_reached() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        symlink("/dev/stdout", &link).unwrap();
        let shell = format!("/proc/{}/fd/1", std::os::unix::process::parent_id());
        for (path, stream) in [
            ("/dev/stdout", Some(Stream::Output)),
            ("/dev/fd/1", Some(Stream::Output)),
            ("/proc/self/fd/1", Some(Stream::Output)),
            ("/proc/thread-self/fd/1", Some(Stream::Output)),
            (link.to_str().unwrap(), Some(Stream::Output)),
            ("/dev/stderr", Some(Stream::Error)),
            ("/dev/fd/2", Some(Stream::Error)),
            ("/dev/fd/77", Some(Stream::Other)),
            (&shell, Some(Stream::Other)),
            ("/dev/null", None),
            ("/dev", None),
            ("1", None),
            ("nowhere/1", None),
        ] {
            assert_eq!(Stream::of(Path::new(path)), stream, "{path}");
        }
    }
}
