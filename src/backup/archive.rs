//! The archive of a backup: compressed and hashed while it is written, decoded and hashed again before it counts.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};

use ring::digest::{Context, SHA256};
use zstd::stream::read::Decoder;

use super::hex;
use super::shelf::{Partial, Shelf};
use crate::store::{Compressor, decompress};

/// Bytes read at once.
const BLOCK: usize = 128 * 1024;

/// What an archive has to be, to the byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seal {
    pub(super) bytes: u64,
    pub(super) sha256: String,
    /// Before compression.
    pub(super) content_bytes: u64,
}

/// An archive on its way; what is written to it is its content.
#[derive(Debug)]
pub(super) struct Archive<'a> {
    partial: Partial<'a>,
    compressor: Compressor<Hashed<File>>,
}

impl<'a> Archive<'a> {
    /// Begins one under a temporary name.
    pub(super) fn begin(shelf: &'a Shelf, name: &str) -> io::Result<Self> {
        let partial = shelf.begin(name)?;
        let compressor = Compressor::new(Hashed::new(partial.file().try_clone()?));
        Ok(Self { partial, compressor })
    }

    /// Puts all of it on the disk.
    pub(super) fn finish(self) -> io::Result<(Partial<'a>, Seal)> {
        let content_bytes = self.compressor.content_bytes();
        let hashed = self.compressor.finish()?;
        hashed.inner.sync_all()?;
        let seal = Seal { bytes: hashed.bytes, sha256: hashed.digest(), content_bytes };
        Ok((self.partial, seal))
    }
}

impl Write for Archive<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.compressor.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.compressor.flush()
    }
}

/// Reads an archive's content; [`Content::finish`] says whether it was all of it, unchanged.
pub(super) struct Content {
    decoder: Decoder<'static, BufReader<Hashed<File>>>,
    read: u64,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Content").field("read", &self.read).finish_non_exhaustive()
    }
}

/// Why an archive is not what was written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Damage {
    #[error("does not decode: {0}")]
    Undecodable(io::Error),
    #[error("has {found} bytes, not {wanted}")]
    Size { found: u64, wanted: u64 },
    #[error("is not what was written: its SHA-256 differs")]
    Hash,
    #[error("decodes to {found} bytes, not {wanted}")]
    Content { found: u64, wanted: u64 },
}

impl Content {
    /// Starts at the beginning of a file.
    pub(super) fn of(file: File) -> io::Result<Self> {
        Ok(Self { decoder: decompress(Hashed::new(file))?, read: 0 })
    }

    /// Reads to the end, then compares everything with what it has to be.
    pub(super) fn finish(mut self, seal: &Seal) -> Result<(), Damage> {
        let mut block = vec![0; BLOCK];
        while self.read(&mut block).map_err(Damage::Undecodable)? > 0 {}
        let read = self.read;
        let mut hashed = self.decoder.finish().into_inner();
        // What stands behind the last frame belongs to the file, too.
        while hashed.read(&mut block).map_err(Damage::Undecodable)? > 0 {}
        if hashed.bytes != seal.bytes {
            return Err(Damage::Size { found: hashed.bytes, wanted: seal.bytes });
        }
        if hashed.digest() != seal.sha256 {
            return Err(Damage::Hash);
        }
        if read != seal.content_bytes {
            return Err(Damage::Content { found: read, wanted: seal.content_bytes });
        }
        Ok(())
    }
}

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(buffer)?;
        self.read += read as u64;
        Ok(read)
    }
}

/// Counts and hashes what passes through.
pub(super) struct Hashed<T> {
    inner: T,
    context: Context,
    bytes: u64,
}

impl<T> std::fmt::Debug for Hashed<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hashed").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl<T> Hashed<T> {
    pub(super) fn new(inner: T) -> Self {
        Self { inner, context: Context::new(&SHA256), bytes: 0 }
    }

    pub(super) fn passed(&self) -> u64 {
        self.bytes
    }

    pub(super) fn inner(&self) -> &T {
        &self.inner
    }

    pub(super) fn digest(self) -> String {
        hex::encode(self.context.finish().as_ref())
    }

    fn pass(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
        self.bytes += bytes.len() as u64;
    }
}

impl<T: Write> Write for Hashed<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.pass(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<T: Read> Read for Hashed<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.pass(&buffer[..read]);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn archive(place: &Path, content: &[u8]) -> Seal {
        let shelf = Shelf::open_or_create(place).unwrap();
        let mut archive = Archive::begin(&shelf, "a.sql.zst").unwrap();
        archive.write_all(content).unwrap();
        let (partial, seal) = archive.finish().unwrap();
        partial.keep().unwrap();
        seal
    }

    fn proof(path: &Path, seal: &Seal) -> Result<(), Damage> {
        Content::of(File::open(path).unwrap()).unwrap().finish(seal)
    }

    fn sample() -> Vec<u8> {
        let line = |n: u64| format!("({n},'truck {}',{})\n", n.wrapping_mul(2_654_435_761) % 9973, n % 7);
        (0..40_000).flat_map(|n| line(n).into_bytes()).collect()
    }

    #[test]
    fn what_was_written_is_proven_and_comes_back() {
        let place = tempfile::tempdir().unwrap();
        let content = sample();
        let seal = archive(place.path(), &content);
        let path = place.path().join("a.sql.zst");
        assert_eq!(
            (seal.bytes, seal.content_bytes),
            (fs::metadata(&path).unwrap().len(), content.len() as u64)
        );
        proof(&path, &seal).unwrap();
        let mut back = Vec::new();
        Content::of(File::open(&path).unwrap()).unwrap().read_to_end(&mut back).unwrap();
        assert_eq!(back, content);
    }

    #[test]
    fn truncation_at_every_percent_is_found() {
        let place = tempfile::tempdir().unwrap();
        let seal = archive(place.path(), &sample());
        let whole = fs::read(place.path().join("a.sql.zst")).unwrap();
        let path = place.path().join("cut");
        for percent in 0..100 {
            fs::write(&path, &whole[..whole.len() * percent / 100]).unwrap();
            assert!(proof(&path, &seal).is_err(), "cut at {percent} %");
        }
        fs::write(&path, [&whole[..], b"x"].concat()).unwrap();
        assert!(proof(&path, &seal).is_err(), "one byte more");
    }

    #[test]
    fn a_thousand_flipped_bits_are_all_found() {
        let place = tempfile::tempdir().unwrap();
        let seal = archive(place.path(), &sample());
        let mut bytes = fs::read(place.path().join("a.sql.zst")).unwrap();
        let path = place.path().join("flipped");
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        for round in 0..1000 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let at = usize::try_from(random % bytes.len() as u64).unwrap();
            let bit = 1_u8 << (random >> 60 & 7);
            bytes[at] ^= bit;
            fs::write(&path, &bytes).unwrap();
            assert!(proof(&path, &seal).is_err(), "round {round}: bit {bit} of byte {at}");
            bytes[at] ^= bit;
        }
    }
}
