//! A journal that can be written while the disk is full and that a killed writer leaves readable.
//!
//! Its space is set aside while there is some, and lines are written into it in place: on file systems that keep what was
//! set aside (ext4, XFS, tmpfs) that works with no byte left. Each line carries a hash of itself and of all before it, so
//! that a torn line, or one of an older run behind the end of this one, ends the reading and is never believed.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use ring::digest::{Context, SHA256};
use rustix::fs::{FallocateFlags, fallocate};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes set aside. A recovery writes some 200 bytes a step and a signal.
const RESERVE: u64 = 256 * 1024;
/// Never read more of a file than this.
const MAX_READ: u64 = 16 * 1024 * 1024;
/// Hex digits of the hash that stand before each line.
const MARK: usize = 16;

/// A journal could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what} journal {}", path.display())]
pub struct JournalError {
    pub path: PathBuf,
    what: &'static str,
    pub source: io::Error,
}

/// One run's journal, open for writing.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    end: u64,
    chain: Chain,
}

impl Journal {
    /// Begins a new run's journal in place of an older one's.
    ///
    /// The older one is gone once the first line is written; read it before.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn begin(path: &Path) -> Result<Self, JournalError> {
        let at = |source| JournalError { path: path.to_owned(), what: "open", source };
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path).map_err(at)?;
        if !file.metadata().map_err(at)?.is_file() {
            return Err(at(io::Error::new(io::ErrorKind::InvalidInput, "is no regular file")));
        }
        reserve(&file);
        Ok(Self { path: path.to_owned(), file, end: 0, chain: Chain::default() })
    }

    /// Goes on with a journal where its last whole line ends.
    ///
    /// # Errors
    /// When the file cannot be opened or read.
    pub fn resume(path: &Path) -> Result<Self, JournalError> {
        let mut journal = Self::begin(path)?;
        let bytes = read_some(&journal.file).map_err(|source| JournalError {
            path: path.to_owned(),
            what: "read",
            source,
        })?;
        for line in lines(&bytes, &mut journal.chain) {
            journal.end += line.len() as u64 + MARK as u64 + 2;
        }
        Ok(journal)
    }

    /// Writes one entry and waits until it is on the disk.
    ///
    /// # Errors
    /// When the disk takes no more, or the entry cannot be written as JSON.
    pub fn append<T: Serialize>(&mut self, entry: &T) -> Result<(), JournalError> {
        let at = |source| JournalError { path: self.path.clone(), what: "write", source };
        let json = serde_json::to_vec(entry).map_err(|e| at(e.into()))?;
        let chain = self.chain.next(&json);
        let mut line = chain.mark().into_bytes();
        line.push(b' ');
        line.extend_from_slice(&json);
        line.push(b'\n');
        self.file.write_all_at(&line, self.end).map_err(at)?;
        self.file.sync_data().map_err(at)?;
        self.end += line.len() as u64;
        self.chain = chain;
        Ok(())
    }

    /// Reads the whole lines of a journal; an absent one has none.
    ///
    /// Entries that a newer version wrote and this one does not know are left out.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn read<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, JournalError> {
        let at = |source| JournalError { path: path.to_owned(), what: "read", source };
        let opened =
            OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path);
        let file = match opened {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(at)?,
        };
        let bytes = read_some(&file).map_err(at)?;
        let mut chain = Chain::default();
        Ok(lines(&bytes, &mut chain).filter_map(|line| serde_json::from_slice(line).ok()).collect())
    }
}

/// Space that cannot be set aside is no reason not to write: the disk may have some when it is needed.
fn reserve(file: &File) {
    fallocate(file, FallocateFlags::empty(), 0, RESERVE).unwrap_or(());
}

fn read_some(file: &File) -> io::Result<Vec<u8>> {
    let length = usize::try_from(file.metadata()?.len().min(MAX_READ)).unwrap_or(0);
    let mut bytes = vec![0; length];
    let mut filled = 0;
    while filled < length {
        match file.read_at(&mut bytes[filled..], filled as u64)? {
            0 => break,
            n => filled += n,
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

/// The JSON of every line up to the first that does not follow from those before it.
fn lines<'a>(bytes: &'a [u8], chain: &'a mut Chain) -> impl Iterator<Item = &'a [u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').map_while(|line| {
        let line = line.strip_suffix(b"\n")?;
        let (mark, rest) = line.split_at_checked(MARK)?;
        let json = rest.strip_prefix(b" ")?;
        let next = chain.next(json);
        (next.mark().as_bytes() == mark).then(|| {
            *chain = next;
            json
        })
    })
}

/// Hash of all lines so far.
#[derive(Clone, Debug, Default)]
struct Chain(Vec<u8>);

impl Chain {
    fn next(&self, json: &[u8]) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(&self.0);
        context.update(json);
        Self(context.finish().as_ref().to_vec())
    }

    fn mark(&self) -> String {
        HEXLOWER.encode(&self.0[..MARK / 2])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.journal");
        (folder, path)
    }

    fn written(path: &Path, entries: &[&str]) -> Journal {
        let mut journal = Journal::begin(path).unwrap();
        entries.iter().for_each(|entry| journal.append(entry).unwrap());
        journal
    }

    fn read(path: &Path) -> Vec<String> {
        Journal::read(path).unwrap()
    }

    /// What was written, without the space behind it.
    fn content(path: &Path) -> Vec<u8> {
        let mut bytes = std::fs::read(path).unwrap();
        let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        bytes.truncate(end);
        bytes
    }

    #[test]
    fn what_was_written_is_read_and_an_absent_journal_is_empty() {
        let (_folder, path) = path();
        assert!(read(&path).is_empty());
        written(&path, &["a", "b"]);
        assert_eq!(read(&path), ["a", "b"]);
    }

    #[test]
    fn a_new_run_never_reads_on_into_an_older_one() {
        let (_folder, path) = path();
        written(&path, &["one", "two", "six"]);
        // Of the same length, so that the old second line begins just where the new first one ends.
        written(&path, &["ten"]);
        assert_eq!(read(&path), ["ten"]);
    }

    #[test]
    fn a_journal_goes_on_where_it_was_cut() {
        let (_folder, path) = path();
        written(&path, &["a", "b"]);
        let whole = content(&path);
        std::fs::write(&path, &whole[..whole.len() - 3]).unwrap();
        Journal::resume(&path).unwrap().append(&"c").unwrap();
        assert_eq!(read(&path), ["a", "c"]);
    }

    #[test]
    fn any_flipped_byte_ends_the_reading_before_it() {
        let (_folder, path) = path();
        written(&path, &["aaaa", "bbbb", "cccc"]);
        let whole = content(&path);
        let line = whole.len() / 3;
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(read(&path).len(), at / line, "byte {at}");
        }
    }

    #[test]
    fn a_link_in_its_place_is_refused() {
        let (folder, path) = path();
        std::fs::write(folder.path().join("precious"), "x").unwrap();
        std::os::unix::fs::symlink("precious", &path).unwrap();
        assert!(Journal::begin(&path).is_err());
    }
}
