//! Files that are whole at every moment.

use std::{
    fs::{File, Permissions},
    io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use tempfile::{Builder, NamedTempFile};

/// Writes a file, or writes it anew: beside the old one, whose place it takes when it is done. When it fails, or the program is
/// killed, the old one is as it was.
///
/// What is no plain file, as a pipe with a name, is written as it is, and so is a file in a folder that takes no others.
pub(super) fn replace(path: &Path, write: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
    // Where it is a link, what it leads to is replaced.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let old = path.metadata().ok();
    let beside = match &old {
        Some(old) if !old.is_file() => None,
        // Others are made as the user's mask says.
        old => beside(path, old.as_ref().map_or(0o666, |old| old.permissions().mode())),
    };
    let Some(new) = beside else {
        return write(&File::create(path)?);
    };
    if let Some(old) = old {
        new.as_file().set_permissions(old.permissions())?;
    }
    write(new.as_file())?;
    new.persist(path).map(drop).map_err(|error| error.error)
}

/// A new file in the same folder, which is gone unless it is kept.
fn beside(path: &Path, mode: u32) -> Option<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    Builder::new()
        .prefix(".oversell-")
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder)
        .ok()
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write as _};

    use super::*;

    #[test]
    fn the_old_file_stays_until_the_new_one_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.html");
        let link = folder.path().join("link");
        replace(&path, |mut file| file.write_all(b"old")).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
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
}
