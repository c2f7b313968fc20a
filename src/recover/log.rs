//! `recovery.log` in the shape that teams know: `[YYYY-MM-DD HH:MM:SS] message`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Local};

use crate::store;
use crate::text::{redact, sanitize};

const MODE: u32 = 0o644;

/// The log of recoveries. A disk that takes no line keeps no recovery from going on; lines that were not written are
/// counted.
#[derive(Debug)]
pub struct RecoveryLog {
    path: PathBuf,
    unwritten: usize,
}

impl RecoveryLog {
    /// A log at this path; it is made when the first line is written.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), unwritten: 0 }
    }

    /// How a message reads as a line of it, without secrets and control characters.
    pub fn shape(now: DateTime<Local>, message: &str) -> String {
        let message = redact::secrets(message);
        format!("[{}] {}", now.format("%Y-%m-%d %H:%M:%S"), sanitize::line(&message))
    }

    /// Adds a line.
    pub fn line(&mut self, now: DateTime<Local>, message: &str) {
        let line = Self::shape(now, message) + "\n";
        if self.append(line.as_bytes()).is_err() {
            self.unwritten += 1;
        }
    }

    /// Lines that could not be written.
    pub fn unwritten(&self) -> usize {
        self.unwritten
    }

    /// In one write, so that two writers never mix their lines; a link is not followed.
    fn append(&self, line: &[u8]) -> io::Result<()> {
        let mut file = store::open_to_append(&self.path, MODE)?;
        if !file.metadata()?.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        file.write_all(line)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    fn log_in(folder: &Path) -> RecoveryLog {
        RecoveryLog::new(&folder.join("recovery.log"))
    }

    #[test]
    fn lines_have_the_old_shape_and_no_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = log_in(folder.path());
        let at = Local.with_ymd_and_hms(2026, 11, 22, 18, 15, 0).unwrap();
        log.line(at, "start backend");
        log.line(at, "mysql://root:hunter2@db\nsecond");
        let text = std::fs::read_to_string(folder.path().join("recovery.log")).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines.len(), lines[0]), (2, "[2026-11-22 18:15:00] start backend"));
        assert!(!text.contains("hunter2"), "{text}");
    }

    #[test]
    fn a_link_in_its_place_is_not_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let precious = folder.path().join("precious");
        std::fs::write(&precious, "x").unwrap();
        std::os::unix::fs::symlink(&precious, folder.path().join("recovery.log")).unwrap();
        let mut log = log_in(folder.path());
        log.line(Local::now(), "y");
        assert_eq!((std::fs::read(&precious).unwrap(), log.unwritten()), (b"x".to_vec(), 1));
    }
}
