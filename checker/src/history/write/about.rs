//! Adds to the header of a history file what was known only when the record was over.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter},
    path::Path,
};

use tempfile::Builder;

use super::{
    line::header,
    unfinished::{Unfinished, folder_of},
};
use crate::history::{Compression, Header, compressed, decompressed};

/// Puts this header in the place of a history file's first line.
///
/// The file is written anew beside the old one and then takes its place, so there is a whole file at every moment.
///
/// # Errors
/// When the file cannot be read, or the new one not be written. The old one is then as it was.
pub fn replace_header(path: &Path, about: &Header) -> io::Result<()> {
    let compression = Compression::of(path).unwrap_or_default();
    let mut old = decompressed(BufReader::new(File::open(path)?))?;
    old.skip_until(b'\n')?;
    let new = Unfinished::hold().make(&mut Builder::new(), folder_of(path))?;
    let name = new.path().to_path_buf();
    let mut write = || {
        // A temporary file is for its owner alone; a history is for whom the old one was.
        new.as_file().set_permissions(path.metadata()?.permissions())?;
        compressed(compression, BufWriter::new(new.as_file()), |to| {
            let mut line = Vec::new();
            header(about, &mut line);
            to.write_all(&line)?;
            io::copy(&mut old, to).map(drop)
        })
    };
    let written = write();
    let mut unfinished = Unfinished::hold();
    let done = written.and_then(|()| new.persist(path).map(drop).map_err(|error| error.error));
    unfinished.remove(&name);
    done
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::history::{self, History, Spec, StockHistory, Texts};

    #[test]
    fn only_the_header_is_another_one() {
        let folder = tempfile::tempdir().unwrap();
        let mut about = Header::new(Spec::Stock, 7);
        let history = History::stock(about.clone(), vec![StockHistory::new("sku-1", 7)], Texts::new());
        about
            .metadata
            .insert("cut_short".to_string(), json!("stopped on request"));
        for compression in Compression::ALL {
            let path = history::write_new_as(folder.path(), "h", &history, compression).unwrap();
            let text = |path: &Path| {
                let file = BufReader::new(File::open(path).unwrap());
                io::read_to_string(decompressed(file).unwrap()).unwrap()
            };
            let before = text(&path);
            replace_header(&path, &about).unwrap();
            let after = text(&path);
            let (first, rest) = after.split_once('\n').unwrap();
            assert!(first.contains("\"cut_short\":\"stopped on request\""), "{first}");
            assert_eq!(rest, before.split_once('\n').unwrap().1);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
