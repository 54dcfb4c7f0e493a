//! Files that are whole at every moment: one way of writing what the user gave a name.

use std::{
    ffi::OsString,
    fs::{self, File, Metadata, OpenOptions, Permissions},
    io::{self, Seek as _},
    os::unix::{
        ffi::OsStrExt as _,
        fs::{MetadataExt as _, PermissionsExt as _, fchown},
    },
    path::{Path, PathBuf},
};

use oversell_checker::history::folder_of;
use tempfile::{Builder, NamedTempFile};
use xattr::FileExt as _;

use super::{
    exit::{Failure, is_standard, print_warning, shown},
    places::{LINKS, Stream},
    unfinished::hold,
};

/// Writes a file, or writes it anew: beside the old one, whose place it takes when it is done. When it fails, or the program is
/// ended, the old one is as it was, and nothing else is left.
///
/// What is no plain file, as a pipe with a name, is opened once and written as it is, and so is what is open already, as
/// `/dev/stdout`. In a folder that takes no other files, what
/// is written goes to the system's temporary folder first, and from there into the old file.
pub(super) fn replace(path: &Path, write: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
    if let Some(stream) = Stream::of(path) {
        return write(&stream.open(path)?);
    }
    let place = Place::of(path)?;
    match &place.old {
        Some(old) if place.is_as_it_is || !old.is_file() => return write(&File::create(path)?),
        Some(_) => drop(open(&place.path)?),
        None => {}
    }
    match (place.begin(), &place.old) {
        (Some(new), _) => {
            let written = write(new.as_file());
            place.finish(new, written)
        }
        (None, Some(_)) => place.by_way_of_elsewhere(write),
        // The system says why.
        (None, None) => write(&File::create(&place.path)?),
    }
}

/// Can this file be written? What is in it stays. A pipe with a name is left alone: whoever reads it would take the first end for
/// the last. What is not there yet is not made: others may be about to.
pub(super) fn ensure_writable(path: &Path) -> io::Result<()> {
    if Stream::of(path).is_some() {
        return Ok(());
    }
    let place = Place::of(path)?;
    match &place.old {
        Some(old) if old.is_file() || old.is_dir() => open(&place.path).map(drop),
        Some(_) => Ok(()),
        None => {
            place.refuse_what_cannot_be()?;
            // Gone by itself.
            tempfile::tempfile_in(folder_of(&place.path)).map(drop)
        }
    }
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

/// A file that is there, with what is in it.
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).open(path)
}

/// What nobody may write is refused also where the system would let us, as it lets root.
fn refuse_read_only(permissions: &Permissions) -> io::Result<()> {
    if !permissions.readonly() {
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

/// Where a file is to be.
struct Place {
    /// Where links lead to.
    path: PathBuf,
    /// What is there.
    old: Option<Metadata>,
    /// It has a name that leads to it, but none where another could take its place.
    is_as_it_is: bool,
}

impl Place {
    fn of(path: &Path) -> io::Result<Self> {
        let place = match path.canonicalize() {
            Ok(path) => Self {
                old: Some(path.metadata()?),
                path,
                is_as_it_is: false,
            },
            Err(_) => match path.metadata() {
                Ok(old) => Self {
                    path: path.to_path_buf(),
                    old: Some(old),
                    is_as_it_is: true,
                },
                Err(_) => Self {
                    path: led_to(path)?,
                    old: None,
                    is_as_it_is: false,
                },
            },
        };
        match &place.old {
            Some(old) if old.is_file() => refuse_read_only(&old.permissions())?,
            _ => {}
        }
        Ok(place)
    }

    /// Not every name can be that of a file, also where files can be made.
    fn refuse_what_cannot_be(&self) -> io::Result<()> {
        let name = self.path.file_name();
        if !name.is_some_and(|name| self.path.as_os_str().as_bytes().ends_with(name.as_bytes())) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "found the name of a folder, expected that of a file",
            ));
        }
        match self.path.symlink_metadata() {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// A new file in the same folder, which is gone unless it is kept.
    fn begin(&self) -> Option<NamedTempFile> {
        // Others are made as the user's mask says. What takes the place of another is for nobody else until it is done.
        let mode = self.old.as_ref().map_or(0o666, |_| 0o600);
        let mut builder = Builder::new();
        builder.permissions(Permissions::from_mode(mode));
        hold().make(&mut builder, folder_of(&self.path)).ok()
    }

    /// What was written takes the place of what is there.
    fn finish(&self, mut new: NamedTempFile, written: io::Result<()>) -> io::Result<()> {
        let name = new.path().to_path_buf();
        let written = written.and_then(|()| {
            self.old
                .as_ref()
                .map_or(Ok(()), |old| self.resemble(new.as_file(), old))
        });
        let mut unfinished = hold();
        let done = written.and_then(|()| match new.persist(&self.path) {
            Ok(_) => Ok(()),
            // In a folder where nobody takes the place of what is another's, what is in it can be written anew all the same.
            Err(refused) if self.old.is_some() => {
                new = refused.file;
                copy(new.as_file_mut(), &self.path)
            }
            Err(refused) => Err(refused.error),
        });
        unfinished.remove(&name);
        done
    }

    /// Access list and notes of the user, owner and group, where we may, and mode.
    fn resemble(&self, new: &File, old: &Metadata) -> io::Result<()> {
        keep_attributes(new, &self.path)?;
        let made = new.metadata()?;
        if made.gid() != old.gid() {
            let _ = fchown(new, None, Some(old.gid()));
        }
        if made.uid() != old.uid() {
            let _ = fchown(new, Some(old.uid()), None);
        }
        // A new owner takes away some of it.
        new.set_permissions(old.permissions())
    }

    /// Nothing is made beside it.
    fn by_way_of_elsewhere(&self, write: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
        // Without a name, so gone with the program.
        let mut new = match tempfile::tempfile() {
            Ok(new) => new,
            Err(error) => {
                print_warning(&format!(
                    "{}: its folder takes no other file, and neither does {} ({error}): it is written where it stands, and is \
                     lost if that fails",
                    shown(&self.path),
                    std::env::temp_dir().display()
                ));
                return write(&File::create(&self.path)?);
            }
        };
        write(&new)?;
        let _unfinished = hold();
        copy(&mut new, &self.path)
    }
}

/// Who else may use a file, on Linux.
const ACCESS: &str = "system.posix_acl_access";

/// The new file gets the access list of the old one, none where that has none though the folder would give it one, and what its
/// user noted, where that is possible.
fn keep_attributes(new: &File, old: &Path) -> io::Result<()> {
    // Where the file system knows of no attributes there are none.
    let names: Vec<OsString> = xattr::list_deref(old).map(Iterator::collect).unwrap_or_default();
    for name in names.iter().filter(|name| name.as_bytes().starts_with(b"user.")) {
        if let Ok(Some(value)) = xattr::get_deref(old, name) {
            let _ = new.set_xattr(name, &value);
        }
    }
    if names.iter().any(|name| name == ACCESS) {
        let list = xattr::get_deref(old, ACCESS)?;
        return list.map_or(Ok(()), |list| new.set_xattr(ACCESS, &list));
    }
    let is_given = new.list_xattr().is_ok_and(|mut given| given.any(|name| name == ACCESS));
    if is_given { new.remove_xattr(ACCESS) } else { Ok(()) }
}

/// Writes the file anew with all that is in `new`.
fn copy(new: &mut File, path: &Path) -> io::Result<()> {
    new.rewind()?;
    io::copy(new, &mut File::create(path)?).map(drop)
}

/// Where a link leads to, of which nothing is there yet.
fn led_to(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..LINKS {
        match fs::read_link(&path) {
            Ok(to) => path = path.parent().map_or_else(|| to.clone(), |folder| folder.join(&to)),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other(
        "found links that lead to each other, expected a file: remove them, or give the output another name",
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
    fn what_goes_by_way_of_another_folder_is_whole_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.html");
        fs::write(&path, "old and long").unwrap();
        let place = Place::of(&path).unwrap();
        let failed = place.by_way_of_elsewhere(|mut file| {
            file.write_all(b"half of ")?;
            Err(io::Error::other("no more"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "no more");
        assert_eq!(fs::read(&path).unwrap(), b"old and long");
        place.by_way_of_elsewhere(|mut file| file.write_all(b"new")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
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
    fn owner_and_group_stay_where_they_may() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.html");
        fs::write(&path, "old").unwrap();
        // Only root may give it away; whoever else runs this sees that it stays.
        let _ = std::os::unix::fs::chown(&path, Some(12_345), Some(12_346));
        let owner = || path.metadata().map(|file| (file.uid(), file.gid())).unwrap();
        let before = owner();
        replace(&path, |mut file| file.write_all(b"new")).unwrap();
        assert_eq!(owner(), before);
        assert_eq!(fs::read(&path).unwrap(), b"new");
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
        let failed = replace(&of("round"), |mut file| file.write_all(b"new"));
        assert!(failed.unwrap_err().to_string().contains("lead to each other"));
    }

    /// An access list as Linux keeps it: for the owner, this user, the group, and nobody else.
    fn list_with(user: u32) -> Vec<u8> {
        let nobody = u32::MAX;
        let entries = [
            (1_u16, 6_u16, nobody),
            (2, 6, user),
            (4, 4, nobody),
            (16, 6, nobody),
            (32, 0, nobody),
        ];
        let mut list = 2_u32.to_le_bytes().to_vec();
        for (tag, may, who) in entries {
            list.extend([tag.to_le_bytes(), may.to_le_bytes()].concat());
            list.extend(who.to_le_bytes());
        }
        list
    }

    #[test]
    fn an_access_list_stays_as_it_was_and_so_does_what_the_user_noted() {
        let folder = tempfile::tempdir().unwrap();
        let [plain, listed] = ["plain", "listed"].map(|name| folder.path().join(name));
        for path in [&plain, &listed] {
            fs::write(path, "old").unwrap();
            fs::set_permissions(path, Permissions::from_mode(0o640)).unwrap();
        }
        let of_folder = xattr::set(folder.path(), "system.posix_acl_default", &list_with(12_345));
        let of_file = xattr::set(&listed, ACCESS, &list_with(12_346));
        let noted = xattr::set(&listed, "user.note", b"mine");
        if [of_folder, of_file, noted].iter().any(Result::is_err) {
            // This file system has none.
            return;
        }
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        let before = mode(&listed);
        for path in [&plain, &listed] {
            replace(path, |mut file| {
                let to_others = file.metadata()?.permissions().mode() & 0o077;
                assert_eq!(to_others, 0, "while it is written it is for nobody else");
                file.write_all(b"new")
            })
            .unwrap();
            assert_eq!(fs::read(path).unwrap(), b"new");
        }
        assert_eq!(xattr::get(&plain, ACCESS).unwrap(), None);
        assert_eq!(mode(&plain), 0o640);
        assert_eq!(xattr::get(&listed, ACCESS).unwrap(), Some(list_with(12_346)));
        assert_eq!(mode(&listed), before);
        assert_eq!(
            xattr::get(&listed, "user.note").unwrap().as_deref(),
            Some(b"mine".as_slice())
        );
    }
}
