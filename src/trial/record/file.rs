//! The file of a run's record.

use std::{
    fs::{self, File},
    io,
    path::PathBuf,
    time::{Duration, Instant},
};

use oversell_checker::history::{Command, Compression, Compressor, EventWriter, Header, StockEvent, Texts, create_new};

/// A compressor is asked this often to give out what it holds back: each time costs some of what it saves.
const OFTEN: Duration = Duration::from_secs(1);

/// A history file that is being written. It is made with the first event.
pub(super) struct Recording {
    folder: PathBuf,
    name: String,
    header: Header,
    compression: Compression,
    open: Option<Open>,
    /// The present key.
    key: Box<str>,
}

struct Open {
    path: PathBuf,
    to: EventWriter<Compressor<File>>,
    flushed: Instant,
}

impl Recording {
    pub(super) fn new(folder: PathBuf, name: String, header: Header, compression: Compression) -> Self {
        Self {
            folder,
            name,
            header,
            compression,
            open: None,
            key: Box::default(),
        }
    }

    /// The events that follow are about this key.
    pub(super) fn start_key(&mut self, name: &str) {
        self.key = name.into();
        if let Some(open) = &mut self.open {
            open.to.start_key(name);
        }
    }

    /// Writes an event, as [`EventWriter::event`] does.
    pub(super) fn event<'a>(
        &mut self,
        event: &StockEvent,
        units: &Texts,
        commands: impl Iterator<Item = Command<'a>>,
    ) -> io::Result<()> {
        self.open()?.to.event(event, units, commands)
    }

    /// Hands over what was written: it is in the system's hands afterwards, or a second later when it is compressed.
    pub(super) fn hand_over(&mut self) -> io::Result<()> {
        let plain = self.compression == Compression::None;
        match &self.open {
            Some(open) if plain || open.flushed.elapsed() >= OFTEN => self.flush(),
            _ => Ok(()),
        }
    }

    fn open(&mut self) -> io::Result<&mut Open> {
        let open = match self.open.take() {
            Some(open) => open,
            None => self.create()?,
        };
        Ok(self.open.insert(open))
    }

    /// Makes the file, or none when not even its header can be written.
    fn create(&self) -> io::Result<Open> {
        let (path, file) = create_new(&self.folder, &self.name, self.compression)?;
        let begin = || {
            let mut to = EventWriter::new(&self.header, Compressor::new(self.compression, file)?);
            // Whatever ends the program now, what is compressed can be read.
            to.flush()?;
            to.start_key(&self.key);
            Ok(to)
        };
        match begin() {
            Ok(to) => Ok(Open {
                path,
                to,
                flushed: Instant::now(),
            }),
            Err(error) => {
                let _ = fs::remove_file(path);
                Err(error)
            }
        }
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        let Some(open) = &mut self.open else { return Ok(()) };
        open.flushed = Instant::now();
        open.to.flush()
    }

    /// The file, if there is one, and whether it is complete.
    pub(super) fn finish(self) -> (Option<PathBuf>, io::Result<()>) {
        match self.open {
            None => (None, Ok(())),
            Some(open) => {
                let finished = open.to.finish().and_then(Compressor::finish);
                (Some(open.path), finished.map(drop))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};

    use oversell_checker::history::{Spec, decompressed};

    use super::*;

    #[test]
    fn whatever_ends_the_program_the_header_is_there() {
        let folder = tempfile::tempdir().unwrap();
        for compression in Compression::ALL {
            let header = Header::new(Spec::Stock, 7);
            let mut recording = Recording::new(folder.path().to_path_buf(), "h".to_string(), header, compression);
            let path = recording.open().unwrap().path.clone();
            let mut first = String::new();
            let mut file = decompressed(BufReader::new(File::open(path).unwrap())).unwrap();
            file.read_line(&mut first).unwrap();
            assert!(
                first.starts_with("{\"format\":\"oversell-history\""),
                "{compression:?}: {first}"
            );
            // As a killed program does.
            std::mem::forget(recording);
        }
    }
}
