//! What the first and the last bytes of a content have to be.

use std::io::{self, Write};

use anyhow::{Result, bail};

use super::manifest::Kind;
use super::{mysql, postgres};
use crate::platform::files::SQLITE_START;

/// Bytes kept of the start, and of the end.
const START: usize = 16;
const END: usize = 1024;

/// Keeps the start and the end of what is written to it.
#[derive(Debug)]
pub(super) struct Frame {
    kind: Kind,
    start: Vec<u8>,
    end: Vec<u8>,
}

impl Frame {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, start: Vec::new(), end: Vec::new() }
    }

    /// Whether a content of its kind begins and ends so.
    pub(super) fn check(&self) -> Result<()> {
        match self.kind {
            Kind::Mysql => mysql::check_trailer(&String::from_utf8_lossy(&self.end)),
            Kind::Postgres if !self.start.starts_with(postgres::MAGIC) => {
                bail!("it is no archive of pg_dump")
            }
            Kind::Sqlite if !self.start.starts_with(SQLITE_START) => bail!("it is no SQLite database"),
            Kind::Files if self.end.iter().any(|byte| *byte != 0) => bail!("the tar stream has no end"),
            _ => Ok(()),
        }
    }
}

impl Write for Frame {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = START - self.start.len();
        self.start.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.end.extend_from_slice(&bytes[bytes.len().saturating_sub(END)..]);
        let excess = self.end.len().saturating_sub(END);
        self.end.drain(..excess);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_whole(kind: Kind, content: &[u8]) -> bool {
        let mut frame = Frame::new(kind);
        content.chunks(7).for_each(|part| frame.write_all(part).unwrap());
        frame.check().is_ok()
    }

    #[test]
    fn each_kind_has_its_start_or_its_end() {
        assert!(is_whole(Kind::Postgres, b"PGDMP\x01\x0e"));
        assert!(is_whole(Kind::Sqlite, b"SQLite format 3\0..."));
        assert!(is_whole(Kind::Mysql, b"x\n-- Dump completed on 2026\n"));
        assert!(is_whole(Kind::Files, &[b"x".to_vec(), vec![0; 1024]].concat()));
        for kind in Kind::ALL {
            assert!(!is_whole(kind, b"something else"), "{kind:?}");
        }
    }
}
