//! One followed file: what was written since the last look, through growth, truncation, rotation and re-creation.
//!
//! Looked at a few times a second; no kernel watch is needed, and none can be lost or overflow. The file that was moved
//! away is read on for a while, since its writer may take some time to notice.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use crate::logs::input::{Identity, identity_of};
use crate::logs::tail::entry::Block;

/// Bytes that one look takes from one file at most.
const LOOK_BYTES: u64 = 1 << 20;
/// A line that is longer is given out in pieces.
const MAX_LINE: usize = 4 << 20;
/// Looks that a file gets after another took its name.
const LOOKS_AFTER_MOVE: u32 = 50;
/// Bytes before the offset that must still be there.
const TAIL_LEN: usize = 64;

/// What happened to a file since the last look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// It was emptied and is read from its beginning.
    Truncated,
    /// Another file took its name.
    Replaced,
    /// Nothing has its name any more.
    Gone,
}

/// A name that is followed, whatever file has it.
#[derive(Debug)]
pub(super) struct Watch {
    path: PathBuf,
    current: Option<Followed>,
    moved: Option<(Followed, u32)>,
    /// The file that was read before the current one.
    last: Option<Identity>,
}

#[derive(Debug)]
struct Followed {
    file: File,
    identity: Identity,
    offset: u64,
    /// The last bytes before the offset, to notice a file that was emptied and has grown again.
    tail: Vec<u8>,
    /// A line that is still being written.
    open: Vec<u8>,
    /// Its number, from 1.
    line: u64,
}

impl Watch {
    /// Follows a name from a place, and the number of the line there, in the file that had it a moment ago; without one, the name is waited for.
    pub(super) fn new(path: &Path, file: Option<File>, (offset, line): (u64, u64)) -> io::Result<Self> {
        let current = file.map(|file| Followed::new(file, offset, line)).transpose()?;
        Ok(Self { path: path.to_owned(), current, moved: None, last: None })
    }

    /// The file that is read now, or was read last.
    pub(super) fn identity(&self) -> Option<Identity> {
        self.current.as_ref().map(|followed| followed.identity).or(self.last)
    }

    /// Follows another name from now on; what has it is read from its beginning.
    pub(super) fn go_over_to(&mut self, path: &Path) {
        path.clone_into(&mut self.path);
    }

    /// Adds the whole lines that were written since the last look to `out`.
    pub(super) fn look(&mut self, out: &mut Vec<Block>) -> io::Result<Option<Event>> {
        if let Some((old, looks)) = &mut self.moved {
            old.read_new(out)?;
            *looks -= 1;
            if *looks == 0 {
                old.end_line(out);
                self.moved = None;
            }
        }
        let now = named(&self.path)?;
        let event = match (&mut self.current, now) {
            (Some(followed), Some((_, metadata))) if identity_of(&metadata) == followed.identity => {
                followed.rewind_if_emptied(metadata.len(), out)?.then_some(Event::Truncated)
            }
            (Some(_), Some((file, _))) => {
                self.replace(Some(Followed::new(file, 0, 1)?), out)?;
                Some(Event::Replaced)
            }
            (Some(_), None) => {
                self.replace(None, out)?;
                Some(Event::Gone)
            }
            (None, Some((file, _))) => {
                self.current = Some(Followed::new(file, 0, 1)?);
                None
            }
            (None, None) => None,
        };
        if let Some(followed) = &mut self.current {
            followed.read_new(out)?;
        }
        Ok(event)
    }

    /// Puts the current file aside, read to its end as it is now.
    fn replace(&mut self, next: Option<Followed>, out: &mut Vec<Block>) -> io::Result<()> {
        if let Some(mut old) = std::mem::replace(&mut self.current, next) {
            self.last = Some(old.identity);
            old.read_new(out)?;
            if let Some((mut older, _)) = self.moved.replace((old, LOOKS_AFTER_MOVE)) {
                older.end_line(out);
            }
        }
        Ok(())
    }
}

impl Followed {
    fn new(file: File, offset: u64, line: u64) -> io::Result<Self> {
        let identity = identity_of(&file.metadata()?);
        let mut followed = Self { file, identity, offset, tail: Vec::new(), open: Vec::new(), line };
        followed.remember_tail(&[])?;
        Ok(followed)
    }

    fn read_new(&mut self, out: &mut Vec<Block>) -> io::Result<()> {
        let waiting = self.file.metadata()?.len().saturating_sub(self.offset).min(LOOK_BYTES);
        if waiting == 0 {
            return Ok(());
        }
        let mut new = vec![0; waiting as usize];
        let read = read_all_at(&self.file, &mut new, self.offset)?;
        new.truncate(read);
        self.offset += read as u64;
        self.remember_tail(&new)?;
        let whole = memchr::memrchr(b'\n', &new).map_or(0, |at| at + 1);
        if whole > 0 || self.open.len() > MAX_LINE {
            let mut bytes = std::mem::take(&mut self.open);
            bytes.extend_from_slice(&new[..whole]);
            self.give(bytes, out);
        }
        self.open.extend_from_slice(&new[whole..]);
        Ok(())
    }

    /// Gives out a line that nobody will end any more.
    fn end_line(&mut self, out: &mut Vec<Block>) {
        if !self.open.is_empty() {
            let mut bytes = std::mem::take(&mut self.open);
            bytes.push(b'\n');
            self.give(bytes, out);
        }
    }

    fn give(&mut self, bytes: Vec<u8>, out: &mut Vec<Block>) {
        let line = self.line;
        self.line += memchr::memchr_iter(b'\n', &bytes).count() as u64;
        out.push(Block { bytes, line });
    }

    /// Goes back to the beginning of a file that was emptied, even where it has grown past the old place since.
    fn rewind_if_emptied(&mut self, len: u64, out: &mut Vec<Block>) -> io::Result<bool> {
        let is_emptied = len < self.offset || (len > self.offset && !self.has_tail()?);
        if is_emptied {
            self.end_line(out);
            self.offset = 0;
            self.line = 1;
            self.tail.clear();
        }
        Ok(is_emptied)
    }

    /// Whether the bytes before the offset are still there. A hole is: a writer that was not told of the truncation
    /// goes on where it was, and what it writes lies behind the offset.
    fn has_tail(&self) -> io::Result<bool> {
        let mut found = vec![0; self.tail.len()];
        let read = self.file.read_at(&mut found, self.offset - self.tail.len() as u64)?;
        Ok(read == found.len() && (found == self.tail || found.iter().all(|byte| *byte == 0)))
    }

    fn remember_tail(&mut self, read: &[u8]) -> io::Result<()> {
        if read.len() >= TAIL_LEN || self.offset == read.len() as u64 {
            self.tail = read[read.len().saturating_sub(TAIL_LEN)..].to_vec();
            return Ok(());
        }
        let len = self.offset.min(TAIL_LEN as u64);
        self.tail.resize(len as usize, 0);
        let read = self.file.read_at(&mut self.tail, self.offset - len)?;
        self.tail.truncate(read);
        Ok(())
    }
}

/// Reads until the buffer is full or the file ends.
pub(super) fn read_all_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut read = 0;
    loop {
        match file.read_at(&mut buffer[read..], offset + read as u64) {
            Ok(0) => return Ok(read),
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The regular file that has a name now. Opened without blocking: something else may have taken the name.
fn named(path: &Path) -> io::Result<Option<(File, Metadata)>> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(fd) => File::from(fd),
        Err(rustix::io::Errno::NOENT) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let metadata = file.metadata()?;
    Ok(metadata.is_file().then_some((file, metadata)))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;

    struct Log(tempfile::TempDir);

    impl Log {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn path(&self) -> PathBuf {
            self.0.path().join("b.log")
        }

        fn append(&self, text: &str) {
            let mut file = fs::OpenOptions::new().append(true).create(true).open(self.path()).unwrap();
            file.write_all(text.as_bytes()).unwrap();
        }
    }

    fn look(watch: &mut Watch) -> (String, Option<Event>) {
        let mut out = Vec::new();
        let event = watch.look(&mut out).unwrap();
        (out.iter().map(|block| String::from_utf8_lossy(&block.bytes)).collect(), event)
    }

    #[test]
    fn lines_have_the_numbers_that_they_have_in_their_files() {
        let log = Log::new();
        log.append("one\ntwo\n");
        let mut watch = Watch::new(&log.path(), File::open(log.path()).ok(), (8, 3)).unwrap();
        let mut numbers = || {
            let mut out = Vec::new();
            watch.look(&mut out).unwrap();
            out.into_iter().map(|block| block.line).collect::<Vec<_>>()
        };
        log.append("three\nfour\nfi");
        assert_eq!(numbers(), [3]);
        log.append("ve\n");
        assert_eq!(numbers(), [5]);
        log.append("six\n");
        fs::rename(log.path(), log.0.path().join("b.log.1")).unwrap();
        log.append("new\n");
        assert_eq!(numbers(), [6, 1]);
        File::create(log.path()).unwrap();
        log.append("x\n");
        assert_eq!(numbers(), [1]);
    }

    #[test]
    fn growth_is_read_once() {
        let log = Log::new();
        log.append("old\n");
        let mut watch = Watch::new(&log.path(), File::open(log.path()).ok(), (4, 1)).unwrap();
        assert_eq!(look(&mut watch), (String::new(), None));
        log.append("new\n");
        assert_eq!(look(&mut watch), ("new\n".to_owned(), None));
        assert_eq!(look(&mut watch), (String::new(), None));
    }

    #[test]
    fn rename_and_recreate_loses_nothing() {
        let log = Log::new();
        log.append("one\n");
        let mut watch = Watch::new(&log.path(), File::open(log.path()).ok(), (0, 1)).unwrap();
        look(&mut watch);
        let mut writer = fs::OpenOptions::new().append(true).open(log.path()).unwrap();
        writer.write_all(b"two\n").unwrap();
        fs::rename(log.path(), log.0.path().join("b.log.1")).unwrap();
        log.append("three\n");
        assert_eq!(look(&mut watch), ("two\nthree\n".to_owned(), Some(Event::Replaced)));
        writer.write_all(b"late\n").unwrap();
        assert_eq!(look(&mut watch), ("late\n".to_owned(), None));
    }

    #[test]
    fn emptied_file_is_read_from_its_beginning_however_far_it_has_grown() {
        for refill in ["x\n", "a longer line than before, and one more\n"] {
            let log = Log::new();
            log.append("first lines\n");
            let mut watch = Watch::new(&log.path(), File::open(log.path()).ok(), (12, 1)).unwrap();
            File::create(log.path()).unwrap();
            log.append(refill);
            assert_eq!(look(&mut watch), (refill.to_owned(), Some(Event::Truncated)));
        }
    }

    #[test]
    fn hole_left_by_copytruncate_is_not_printed() {
        let log = Log::new();
        let mut writer = File::create(log.path()).unwrap();
        writer.write_all(b"first lines\n").unwrap();
        let mut watch = Watch::new(&log.path(), File::open(log.path()).ok(), (12, 1)).unwrap();
        fs::OpenOptions::new().write(true).truncate(true).open(log.path()).unwrap();
        writer.write_all(b"behind a hole\n").unwrap();
        assert_eq!(look(&mut watch), ("behind a hole\n".to_owned(), None));
    }

    #[test]
    fn line_is_given_out_when_it_is_whole() {
        let log = Log::new();
        log.append("one\ntw");
        let mut watch = Watch::new(&log.path(), File::open(log.path()).ok(), (0, 1)).unwrap();
        assert_eq!(look(&mut watch).0, "one\n");
        log.append("o\n");
        assert_eq!(look(&mut watch).0, "two\n");
        log.append("never ended");
        assert_eq!(look(&mut watch).0, "");
        File::create(log.path()).unwrap();
        log.append("three\n");
        assert_eq!(look(&mut watch).0, "never ended\nthree\n");
    }

    #[test]
    fn removed_file_is_waited_for() {
        let log = Log::new();
        log.append("one\n");
        let mut watch = Watch::new(&log.path(), File::open(log.path()).ok(), (4, 1)).unwrap();
        fs::remove_file(log.path()).unwrap();
        assert_eq!(look(&mut watch).1, Some(Event::Gone));
        log.append("again\n");
        assert_eq!(look(&mut watch), ("again\n".to_owned(), None));
    }
}
