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
    match from.by_ref().take(ZSTD.len() as u64).read_to_end(&mut magic) {
        // It was decompressed already, and is cut off: whoever reads it is told so again.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {}
        read => drop(read?),
    }
    let plain = kind(&magic).is_none();
    let whole = Cursor::new(magic).chain(from);
    Ok(if plain {
        Box::new(whole)
    } else {
        Box::new(BufReader::new(Part::next(whole)?))
    })
}

fn kind(magic: &[u8]) -> Option<Compression> {
    if magic.starts_with(GZIP) {
        Some(Compression::Gzip)
    } else if magic.starts_with(ZSTD) {
        Some(Compression::Zstd)
    } else {
        None
    }
}

/// Of which the first bytes were looked at.
type Begun<R> = io::Chain<Cursor<Vec<u8>>, R>;

/// What is compressed, from one part on to the next: a file may have been appended to.
enum Part<R: BufRead> {
    Gzip(Box<flate2::bufread::GzDecoder<Begun<R>>>),
    #[cfg(feature = "zstd")]
    Zstd(zstd::Decoder<'static, Begun<R>>),
    /// There is no other.
    None,
}

impl<R: BufRead> Part<R> {
    /// The part that begins here.
    fn next(mut from: Begun<R>) -> io::Result<Self> {
        let mut magic = Vec::new();
        from.by_ref().take(ZSTD.len() as u64).read_to_end(&mut magic)?;
        let kind = kind(&magic);
        if kind.is_none() && !magic.is_empty() && [GZIP, ZSTD].iter().any(|whole| whole.starts_with(&magic)) {
            let error = "the last compressed part ends within its first bytes";
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, error));
        }
        let shown = String::from_utf8_lossy(&magic).escape_debug().to_string();
        let nothing = magic.is_empty();
        let from = Cursor::new(magic).chain(from.into_inner().1);
        match kind {
            Some(Compression::Gzip) => Ok(Self::Gzip(Box::new(flate2::bufread::GzDecoder::new(from)))),
            #[cfg(feature = "zstd")]
            Some(_) => Ok(Self::Zstd(zstd::Decoder::with_buffer(from)?.single_frame())),
            #[cfg(not(feature = "zstd"))]
            Some(_) => Err(without_zstd()),
            None if nothing => Ok(Self::None),
            None => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "found `{shown}` behind the end of the compressed data; expected nothing, or another compressed part: cut off what \
                     was appended, or unpack the file by hand"
                ),
            )),
        }
    }

    /// What is behind it.
    fn into_rest(self) -> Option<Begun<R>> {
        match self {
            Self::Gzip(decoder) => Some(decoder.into_inner()),
            #[cfg(feature = "zstd")]
            Self::Zstd(decoder) => Some(decoder.finish()),
            Self::None => None,
        }
    }
}

impl<R: BufRead> Read for Part<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = match self {
                Self::Gzip(decoder) => decoder.read(into),
                #[cfg(feature = "zstd")]
                Self::Zstd(decoder) => decoder.read(into),
                Self::None => return Ok(0),
            };
            match read {
                Ok(0) if !into.is_empty() => {}
                Err(error) if is_damage(&error) => {
                    let damaged = format!(
                        "the compressed data is damaged ({error}); was the file copied or written only in part?"
                    );
                    return Err(io::Error::new(io::ErrorKind::InvalidData, damaged));
                }
                read => return read,
            }
            if let Some(rest) = std::mem::replace(self, Self::None).into_rest() {
                *self = Self::next(rest)?;
            }
        }
    }
}

/// Is it the decoder who refuses? That the data ends too early is no damage, and the system's errors are its own.
fn is_damage(error: &io::Error) -> bool {
    !matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::Interrupted) && error.raw_os_error().is_none()
}

/// A writer that compresses, or does not. What is written is complete only after [`finish`](Self::finish), and can be read up
/// to there after a flush.
pub struct Compressor<W: Write>(Through<W>);

enum Through<W: Write> {
    Plain(W),
    Gzip(Box<flate2::write::GzEncoder<W>>),
    #[cfg(feature = "zstd")]
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
            Compression::Gzip => Through::Gzip(Box::new(flate2::write::GzEncoder::new(
                to,
                flate2::Compression::default(),
            ))),
            #[cfg(not(feature = "zstd"))]
            Compression::Zstd => return Err(without_zstd()),
            #[cfg(feature = "zstd")]
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
            #[cfg(feature = "zstd")]
            Through::Zstd(encoder) => encoder.finish()?,
        };
        to.flush()?;
        Ok(to)
    }

    fn through(&mut self) -> &mut dyn Write {
        match &mut self.0 {
            Through::Plain(to) => to,
            Through::Gzip(encoder) => encoder,
            #[cfg(feature = "zstd")]
            Through::Zstd(encoder) => encoder,
        }
    }
}

/// Its code is C, and takes longest of all to build: who needs it asks for it.
#[cfg(not(feature = "zstd"))]
fn without_zstd() -> io::Error {
    let error = "Zstandard is not part of this build: use gzip, or the feature `zstd` of the crate `oversell-checker`";
    io::Error::new(io::ErrorKind::Unsupported, error)
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
            assert_eq!(unpacked(&file).unwrap(), "one\ntwo\n", "{compression:?}");
        }
    }

    fn unpacked(file: &[u8]) -> io::Result<String> {
        io::read_to_string(decompressed(file)?)
    }

    #[test]
    fn what_is_appended_what_is_damaged_and_what_is_cut_off_are_told_apart() {
        for compression in [Compression::Gzip, Compression::Zstd] {
            let mut file = Vec::new();
            let lines: String = (0..2_000).map(|line| format!("{line}: {}\n", line * line)).collect();
            compressed(compression, &mut file, |to| to.write_all(lines.as_bytes())).unwrap();
            for garbage in ["x", "garbage\n", "longer than any header of a compressed part can be"] {
                let appended = [file.as_slice(), garbage.as_bytes()].concat();
                let error = unpacked(&appended).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{compression:?}: {error}");
                assert!(error.to_string().contains("behind the end"), "{compression:?}: {error}");
            }
            let error = unpacked(&file[..file.len() / 2]).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{compression:?}: {error}");
            for length in 1..12 {
                let second = [file.as_slice(), &file[..length]].concat();
                let error = unpacked(&second).unwrap_err();
                assert_eq!(
                    error.kind(),
                    io::ErrorKind::UnexpectedEof,
                    "{compression:?}, {length}: {error}"
                );
            }
            let mut damaged = file.clone();
            *damaged.last_mut().unwrap() ^= 0xff;
            damaged[file.len() / 2] ^= 0xff;
            let error = unpacked(&damaged).unwrap_err();
            assert!(error.to_string().contains("damaged"), "{compression:?}: {error}");
        }
    }

    #[test]
    fn files_shorter_than_the_first_bytes_are_files() {
        for file in ["", "{", "{}\n"] {
            assert_eq!(unpacked(file.as_bytes()).unwrap(), file);
        }
    }
}
