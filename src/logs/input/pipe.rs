//! Reading a FIFO without hanging where nobody writes.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{Mode, OFlags};

/// How long a writer may take to open the other end.
const WRITER_WITHIN: Duration = Duration::from_secs(2);
const SLICE: Duration = Duration::from_millis(20);

/// The reading end of a FIFO. Its first read fails with [`io::ErrorKind::TimedOut`] where no writer comes; with a writer
/// there, it waits for as long as that one takes.
#[derive(Debug)]
pub(super) struct Pipe {
    file: File,
    has_begun: bool,
}

impl Pipe {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = rustix::fs::open(path, flags, Mode::empty())?;
        Ok(Self { file: File::from(fd), has_begun: false })
    }

    pub(super) fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }

    fn wait(&self) -> io::Result<()> {
        match poll(&mut [PollFd::new(&self.file, PollFlags::IN)], None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut waited = Duration::ZERO;
        loop {
            match self.file.read(buffer) {
                // Before the first byte, an end only says that nobody has the other end open.
                Ok(0) if !self.has_begun && !buffer.is_empty() => {
                    if waited >= WRITER_WITHIN {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                    std::thread::sleep(SLICE);
                    waited += SLICE;
                }
                Ok(read) => {
                    self.has_begun = true;
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.wait()?,
                Err(error) => return Err(error),
            }
        }
    }
}
