//! Pid files: a hint, never a proof.

use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::SystemTime;

/// A pid needs ten digits; what is longer is something else.
const MAX_FILE: u64 = 64;

/// What a pid file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PidFile {
    Missing,
    Unreadable(String),
    /// Not a pid; holds the start of what stands there instead.
    Garbage(String),
    Names {
        pid: u32,
        written: Option<SystemTime>,
    },
}

impl PidFile {
    /// Reads a pid file. Never waits: a pipe in its place is garbage.
    pub fn read(path: &Path) -> Self {
        match contents(path) {
            Ok(Some((text, written))) => Self::parse(&text, written),
            Ok(None) => Self::Garbage("not a regular file".to_owned()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Self::Missing,
            Err(e) => Self::Unreadable(e.to_string()),
        }
    }

    fn parse(bytes: &[u8], written: Option<SystemTime>) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let trimmed = text.trim();
        let is_number = !trimmed.is_empty() && trimmed.bytes().all(|b| b.is_ascii_digit());
        match trimmed.parse::<u32>() {
            // 0 and 1 would be everybody's and init's.
            Ok(pid) if is_number && pid > 1 && i32::try_from(pid).is_ok() => Self::Names { pid, written },
            _ => Self::Garbage(trimmed.chars().take(20).collect()),
        }
    }

    /// The process that it names.
    pub fn pid(&self) -> Option<u32> {
        match self {
            Self::Names { pid, .. } => Some(*pid),
            _ => None,
        }
    }
}

/// The start of a regular file, and when it was written.
fn contents(path: &Path) -> io::Result<Option<(Vec<u8>, Option<SystemTime>)>> {
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(None);
    }
    let mut text = Vec::new();
    file.take(MAX_FILE).read_to_end(&mut text)?;
    Ok(Some((text, metadata.modified().ok())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &[u8]) -> PidFile {
        PidFile::parse(text, None)
    }

    #[test]
    fn only_a_plain_pid_is_one() {
        assert_eq!(parsed(b" 4711\n").pid(), Some(4711));
        for garbage in
            [&b""[..], b"abc", b"-5", b"0", b"1", b"+7", b"99999999999", b"12 13", b"4294967295", b"\xff\xfe"]
        {
            assert!(matches!(parsed(garbage), PidFile::Garbage(_)), "{garbage:?}");
        }
    }

    #[test]
    fn missing_file_and_pipe_are_told_apart_and_nothing_waits() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(PidFile::read(&dir.path().join("none.pid")), PidFile::Missing);
        let pipe = dir.path().join("pipe.pid");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(matches!(PidFile::read(&pipe), PidFile::Garbage(_)));
        assert!(matches!(PidFile::read(dir.path()), PidFile::Garbage(_)));
    }
}
