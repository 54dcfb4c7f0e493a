//! Files that the user gave a name: none takes the place of what it is made of, and each is whole at every moment.

use std::{
    fs::{self, File, Metadata, Permissions},
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    os::{
        fd::AsFd,
        unix::{
            ffi::OsStrExt as _,
            fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
        },
    },
    path::Path,
};

use oversell_checker::history::{Compression, compressed, decompressed, folder_of, shown};
use tempfile::Builder;

use super::{exit::Failure, interrupt::hold, output::Escaped};

/// Does this name standard input, or standard output?
pub(super) fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

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
            opened(io::stdin())
        } else {
            path.metadata()
        };
        file.map(|file| Self::of(&file))
    }
}

fn opened(stream: impl AsFd) -> io::Result<Metadata> {
    File::from(stream.as_fd().try_clone_to_owned()?).metadata()
}

/// Does this name what standard output is, in whichever way?
pub(super) fn is_standard_output(path: &Path) -> bool {
    is_standard(path) || is_same(path, io::stdout())
}

fn is_same(path: &Path, stream: impl AsFd) -> bool {
    let same = || Some(Identity::of(&path.metadata().ok()?) == Identity::of(&opened(stream).ok()?));
    same() == Some(true)
}

/// Opens what is read under this name, which may be `-`, to be read without its compression; `expected` ends what is said when it
/// cannot be opened.
pub(super) fn open_input(path: &Path, expected: &str) -> Result<impl BufRead + Send + use<>, Failure> {
    let from: Box<dyn Read + Send> = if is_standard(path) {
        Box::new(io::stdin())
    } else {
        let failed = |error| Failure::bad_input(format!("{}: failed to open it: {error}{expected}", shown(path)));
        Box::new(File::open(path).map_err(failed)?)
    };
    decompressed(BufReader::with_capacity(1 << 18, from))
        .map_err(|error| Failure::bad_input(format!("{}: cannot be read: {error}", shown(path))))
}

/// What an input begins with, as far as it takes to tell its format, and the whole of it. (What is ready at once may be a few bytes.)
pub(super) fn with_beginning<R: BufRead + Send>(mut input: R) -> io::Result<(Vec<u8>, impl BufRead + Send + use<R>)> {
    let mut beginning = Vec::new();
    input.by_ref().take(1 << 18).read_to_end(&mut beginning)?;
    let whole = io::Cursor::new(beginning.clone()).chain(input);
    Ok((beginning, whole))
}

/// Can this output be written, and is it none of what it is made of?
pub(super) fn ensure_output<'a>(
    output: &Path,
    inputs: impl IntoIterator<Item = &'a Path>,
    not_written: impl FnOnce(&Path, &io::Error) -> Failure,
) -> Result<(), Failure> {
    if is_standard_output(output) {
        return Ok(());
    }
    refuse_to_replace(output, inputs)?;
    ensure_writable(output).map_err(|error| not_written(output, &error))
}

/// Writes an output: to standard output so that a terminal heeds nothing in it, or else a file, compressed as its name says.
pub(super) fn write_output(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    if is_standard_output(path) {
        let mut out = BufWriter::new(Escaped::new(io::stdout().lock()));
        return write(&mut out).and_then(|()| out.flush());
    }
    let compression = Compression::of(path).unwrap_or_default();
    replace(path, |file| {
        let mut file = BufWriter::with_capacity(1 << 16, file);
        compressed(compression, &mut file, write)?;
        file.flush()
    })
}

/// No output may take the place of what it is made of.
fn refuse_to_replace<'a>(output: &Path, inputs: impl IntoIterator<Item = &'a Path>) -> Result<(), Failure> {
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

/// Can files be made in this folder? It is made, if need be.
pub(super) fn ensure_writable_folder(folder: &Path) -> Result<(), Failure> {
    let failed = |error| Failure::bad_input(format!("failed to save anything in {}: {error}", shown(folder)));
    fs::create_dir_all(folder).map_err(failed)?;
    // Gone by itself.
    tempfile::tempfile_in(folder).map(drop).map_err(failed)
}

/// Can this file be written? What is in it stays. A pipe with a name is left alone: whoever reads it would take the first end for
/// the last. What is not there yet is not made: others may be about to.
pub(super) fn ensure_writable(path: &Path) -> io::Result<()> {
    match path.metadata() {
        Ok(there) if there.is_file() || there.is_dir() => {
            refuse_read_only(&there)?;
            appended(path).map(drop)
        }
        // Where a link that leads nowhere yet leads to is seen when it is written.
        Ok(_) => Ok(()),
        Err(_) if path.is_symlink() => Ok(()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Err(_) => {
            let name = path.file_name();
            if !name.is_some_and(|name| path.as_os_str().as_bytes().ends_with(name.as_bytes())) {
                let folder = "found the name of a folder, expected that of a file";
                return Err(io::Error::new(io::ErrorKind::InvalidInput, folder));
            }
            // Gone by itself.
            tempfile::tempfile_in(folder_of(path)).map(drop)
        }
    }
}

/// Writes a file, or writes it anew: beside the old one, whose place and mode it takes when it is done. When it fails, or the
/// program is ended, the old one is as it was, and nothing else is left.
///
/// What is no plain file, as a pipe with a name, and what is open already, as `/dev/stderr`, is written as it is, and so is a file
/// in a folder that takes no others.
pub(super) fn replace(path: &Path, write: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
    let old = path.metadata().ok();
    if is_same(path, io::stderr()) {
        // Behind what has been written there, and in front of what will be.
        return write(&File::from(io::stderr().as_fd().try_clone_to_owned()?));
    }
    if is_open(path) {
        return write(&appended(path)?);
    }
    if old.as_ref().map_or(path.is_symlink(), |old| !old.is_file()) {
        return write(&File::create(path)?);
    }
    let mut builder = Builder::new();
    // Others are made as the user's mask says. What takes the place of another is for nobody else until it is done.
    builder.permissions(Permissions::from_mode(old.as_ref().map_or(0o666, |_| 0o600)));
    let path = match &old {
        Some(old) => {
            refuse_read_only(old)?;
            path.canonicalize()?
        }
        None => path.to_path_buf(),
    };
    let made = hold().make(&mut builder, folder_of(&path));
    let new = match made {
        Err(refused) if old.is_some() && refused.kind() == io::ErrorKind::PermissionDenied => {
            return write(&File::create(path)?);
        }
        made => made?,
    };
    let name = new.path().to_path_buf();
    let written = write(new.as_file());
    let written = written.and_then(|()| old.map_or(Ok(()), |old| new.as_file().set_permissions(old.permissions())));
    let mut unfinished = hold();
    let done = written.and_then(|()| new.persist(&path).map(drop).map_err(|refused| refused.error));
    unfinished.remove(&name);
    done
}

/// What is said when either fails.
pub(super) fn not_written(path: &Path, error: &io::Error) -> Failure {
    Failure::bad_input(format!("failed to write {}: {error}", named(path)))
}

/// An output in words.
pub(super) fn named(path: &Path) -> String {
    if is_standard(path) {
        "standard output".to_string()
    } else {
        shown(path)
    }
}

fn appended(path: &Path) -> io::Result<File> {
    File::options().append(true).open(path)
}

/// Does the name stand for what a program has open? No other file can take such a name.
fn is_open(path: &Path) -> bool {
    let folder = folder_of(path).canonicalize();
    folder.is_ok_and(|folder| {
        ["/dev", "/dev/fd"].iter().any(|name| folder.as_os_str() == *name) || folder.starts_with("/proc")
    })
}

/// What nobody may write is refused also where the system would let us, as it lets root.
fn refuse_read_only(old: &Metadata) -> io::Result<()> {
    let permissions = old.permissions();
    if !old.is_file() || !permissions.readonly() {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        format!(
            "found a file that is read-only (mode {:03o}), expected one that may be written: give the output another name, or \
             allow it with chmod u+w",
            permissions.mode() & 0o777
        ),
    ))
}

#[cfg(test)]
mod tests {
    use std::{io::Write as _, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn the_old_file_stays_until_the_new_one_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.html");
        let link = folder.path().join("link");
        replace(&path, |mut file| file.write_all(b"old")).unwrap();
        symlink(&path, &link).unwrap();
        let mode = || path.metadata().unwrap().permissions().mode() & 0o777;
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let failed = replace(&path, |mut file| {
            file.write_all(b"half of ")?;
            assert_eq!(fs::read(&path)?, b"old");
            let to_others = file.metadata()?.permissions().mode() & 0o077;
            assert_eq!(to_others, 0, "while it is written it is for nobody else");
            Err(io::Error::other("no more"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "no more");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        replace(&link, |mut file| file.write_all(b"new")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(mode(), 0o640);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn to_ask_whether_a_file_can_be_written_disturbs_nobody_who_writes_it() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for round in 0..200 {
                        let path = folder.path().join(format!("{round}.html"));
                        ensure_writable(&path).unwrap();
                        replace(&path, |mut file| file.write_all(b"new")).unwrap();
                        assert_eq!(fs::read(&path).unwrap(), b"new");
                    }
                });
            }
        });
    }

    #[test]
    fn a_link_that_leads_nowhere_yet_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let of = |name: &str| folder.path().join(name);
        symlink("second", of("first")).unwrap();
        symlink(of("page.html"), of("second")).unwrap();
        ensure_writable(&of("first")).unwrap();
        assert!(!of("page.html").exists());
        replace(&of("first"), |mut file| file.write_all(b"new")).unwrap();
        assert_eq!(fs::read(of("page.html")).unwrap(), b"new");
        assert!(of("first").is_symlink() && of("second").is_symlink());
        symlink("round", of("round")).unwrap();
        assert!(replace(&of("round"), |mut file| file.write_all(b"new")).is_err());
    }
}
