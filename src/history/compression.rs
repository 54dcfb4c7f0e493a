//! Compressed history files: `.jsonl.gz` and `.jsonl.zst`.

use std::{
    io::{self, BufRead, BufReader, Cursor, Read, Write},
    path::Path,
};

/// How a file is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// gzip: read everywhere.
    Gzip,
    /// Zstandard: smaller and several times as fast.
    Zstd,
}

impl Compression {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::None, Self::Gzip, Self::Zstd];

    /// How the name of such a history file ends.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::None => "jsonl",
            Self::Gzip => "jsonl.gz",
            Self::Zstd => "jsonl.zst",
        }
    }

    /// What the name of a file says, for writing it. `None`: it is not the name of a history file.
    #[must_use]
    pub fn of(path: impl AsRef<Path>) -> Option<Self> {
        let name = path.as_ref().file_name()?.to_str()?;
        Self::ALL.into_iter().find(|kind| {
            name.strip_suffix(kind.extension())
                .is_some_and(|stem| stem.ends_with('.'))
        })
    }
}

/// What the first bytes of a file say. Neither can begin a history that is not compressed.
const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// A reader of what is in a file, compressed or not: its first bytes tell.
///
/// # Errors
/// When the first bytes cannot be read.
pub fn decompressed<'a>(mut from: impl BufRead + Send + 'a) -> io::Result<Box<dyn BufRead + Send + 'a>> {
    let mut magic = Vec::new();
    from.by_ref().take(ZSTD.len() as u64).read_to_end(&mut magic)?;
    let (gzip, zstd) = (magic.starts_with(GZIP), magic.starts_with(ZSTD));
    let whole = Cursor::new(magic).chain(from);
    Ok(if gzip {
        Box::new(BufReader::new(flate2::bufread::MultiGzDecoder::new(whole)))
    } else if zstd {
        Box::new(BufReader::new(zstd::Decoder::with_buffer(whole)?))
    } else {
        Box::new(whole)
    })
}

/// A writer that compresses, or does not. What is written is complete only after [`finish`](Self::finish), and can be read up
/// to there after a flush.
pub struct Compressor<W: Write>(Through<W>);

enum Through<W: Write> {
    Plain(W),
    Gzip(flate2::write::GzEncoder<W>),
    Zstd(zstd::Encoder<'static, W>),
}

impl<W: Write> Compressor<W> {
    /// Writes to `to`.
    ///
    /// # Errors
    /// When there is no memory for the compressor.
    pub fn new(compression: Compression, to: W) -> io::Result<Self> {
        Ok(Self(match compression {
            Compression::None => Through::Plain(to),
            Compression::Gzip => Through::Gzip(flate2::write::GzEncoder::new(to, flate2::Compression::default())),
            Compression::Zstd => {
                let mut encoder = zstd::Encoder::new(to, zstd::DEFAULT_COMPRESSION_LEVEL)?;
                encoder.include_checksum(true)?;
                Through::Zstd(encoder)
            }
        }))
    }

    /// Writes what is still held back, and the end.
    ///
    /// # Errors
    /// When `to` cannot be written.
    pub fn finish(self) -> io::Result<W> {
        let mut to = match self.0 {
            Through::Plain(to) => to,
            Through::Gzip(encoder) => encoder.finish()?,
            Through::Zstd(encoder) => encoder.finish()?,
        };
        to.flush()?;
        Ok(to)
    }

    fn through(&mut self) -> &mut dyn Write {
        match &mut self.0 {
            Through::Plain(to) => to,
            Through::Gzip(encoder) => encoder,
            Through::Zstd(encoder) => encoder,
        }
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.through().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.through().flush()
    }
}

/// Writes through a [`Compressor`].
///
/// # Errors
/// Those of `write`, or when `to` cannot be written.
pub fn compressed<W: Write>(
    compression: Compression,
    to: W,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut through = Compressor::new(compression, to)?;
    write(&mut through)?;
    through.finish().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_says_how_to_write_it() {
        for (name, expected) in [
            ("a/h.jsonl", Some(Compression::None)),
            ("h.jsonl.gz", Some(Compression::Gzip)),
            ("h.x.jsonl.zst", Some(Compression::Zstd)),
            ("jsonl", None),
            ("h.json", None),
            ("hjsonl.gz", None),
        ] {
            assert_eq!(Compression::of(name), expected, "{name}");
        }
    }

    #[test]
    fn what_was_compressed_comes_back_also_in_several_parts() {
        for compression in Compression::ALL {
            let mut file = Vec::new();
            for part in ["one\n", "two\n"] {
                compressed(compression, &mut file, |to| to.write_all(part.as_bytes())).unwrap();
            }
            let mut text = String::new();
            decompressed(file.as_slice())
                .unwrap()
                .read_to_string(&mut text)
                .unwrap();
            assert_eq!(text, "one\ntwo\n", "{compression:?}");
        }
    }

    #[test]
    fn files_shorter_than_the_first_bytes_are_files() {
        for file in ["", "{", "{}\n"] {
            let mut text = String::new();
            decompressed(file.as_bytes())
                .unwrap()
                .read_to_string(&mut text)
                .unwrap();
            assert_eq!(text, file);
        }
    }
}
