//! One pipe that a program prints into.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::platform;

/// What may wait in a pipe until it is read.
const PIPE: usize = 1 << 20;
/// Read from one pipe before the others get their turn.
const TURN: usize = 4 << 20;
/// A line that is longer is not waited for.
const MAX_PARTIAL: usize = 64 << 10;

/// Which stream of a program; a service has both in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    Output,
    Errors,
}

/// The end of a pipe that is read.
#[derive(Debug)]
pub(super) struct Source {
    pipe: File,
    pub(super) channel: Channel,
    /// A line that has not ended; kept only where lines of two streams meet in one file.
    partial: Vec<u8>,
    keeps_lines: bool,
    pub(super) is_open: bool,
}

impl Source {
    /// Makes a pipe with a name, which the program and later keepers hold on to; where no name can be had, one without.
    /// Returns both ends.
    pub(super) fn create(path: &Path, owner: Option<(u32, u32)>) -> io::Result<(Self, OwnedFd)> {
        match Self::named(path, owner) {
            Ok(ends) => Ok(ends),
            Err(_) => Self::nameless(),
        }
    }

    fn named(path: &Path, owner: Option<(u32, u32)>) -> io::Result<(Self, OwnedFd)> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR)?;
        // The program may want to open it by its number (`/dev/stdout`).
        if let Some((uid, gid)) = owner.filter(|_| platform::caller_uid() == 0) {
            std::os::unix::fs::lchown(path, Some(uid), Some(gid))?;
        }
        let source = Self::open(path)?;
        // For reading, too: whoever holds it so is never told that nobody reads.
        let end = OpenOptions::new().read(true).write(true).custom_flags(libc::O_NOFOLLOW).open(path)?;
        Ok((source, end.into()))
    }

    fn nameless() -> io::Result<(Self, OwnedFd)> {
        let (reader, writer) = io::pipe()?;
        let pipe = File::from(OwnedFd::from(reader));
        let flags = rustix::fs::fcntl_getfl(&pipe)?;
        rustix::fs::fcntl_setfl(&pipe, flags | rustix::fs::OFlags::NONBLOCK)?;
        Ok((Self::of(pipe), writer.into()))
    }

    /// Opens a pipe that is there already.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let pipe = options.read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW).open(path)?;
        if !pipe.metadata()?.file_type().is_fifo() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "is no pipe"));
        }
        Ok(Self::of(pipe))
    }

    fn of(pipe: File) -> Self {
        platform::enlarge_pipe(&pipe, PIPE);
        Self { pipe, channel: Channel::Output, partial: Vec::new(), keeps_lines: false, is_open: true }
    }

    /// Makes it one of two streams whose lines meet.
    pub(super) fn of_two(mut self, channel: Channel) -> Self {
        self.channel = channel;
        self.keeps_lines = true;
        self
    }

    /// Reads what is there, a turn's worth at most; tells how many bytes that were.
    pub(super) fn drain(&mut self, room: &mut [u8], take: &mut dyn FnMut(&[u8], Whole)) -> usize {
        let mut total = 0;
        while total < TURN {
            match self.pipe.read(room) {
                Ok(0) => {
                    self.is_open = false;
                    break;
                }
                Ok(n) => {
                    total += n;
                    self.pass(&room[..n], take);
                    // A short read has emptied the pipe.
                    if n < room.len() && n < PIPE / 16 {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => {
                    self.is_open = false;
                    break;
                }
            }
        }
        total
    }

    fn pass(&mut self, bytes: &[u8], take: &mut dyn FnMut(&[u8], Whole)) {
        if !self.keeps_lines {
            take(bytes, Whole::Everything);
            return;
        }
        take(bytes, Whole::Raw);
        let whole = memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1);
        if whole > 0 {
            self.flush(take);
            take(&bytes[..whole], Whole::Lines);
        }
        self.partial.extend_from_slice(&bytes[whole..]);
        if self.partial.len() > MAX_PARTIAL {
            self.flush(take);
        }
    }

    /// Gives out a line that has not ended.
    pub(super) fn flush(&mut self, take: &mut dyn FnMut(&[u8], Whole)) {
        if !self.partial.is_empty() {
            take(&std::mem::take(&mut self.partial), Whole::Lines);
        }
    }
}

/// What is handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whole {
    /// Bytes as they came, to be shown and to be filed.
    Everything,
    /// Bytes as they came, to be shown only.
    Raw,
    /// The same bytes in whole lines, to be filed only.
    Lines,
}

impl AsFd for Source {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}
