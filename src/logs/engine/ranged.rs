//! A range of a file as a reader, without moving the file's own position: many workers may read one file.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Reads a file from some place on.
#[derive(Debug)]
pub(super) struct Ranged<'a> {
    file: &'a File,
    at: u64,
    end: u64,
    /// Lowest place at which the file turned out to end too early.
    short: &'a AtomicU64,
}

impl<'a> Ranged<'a> {
    /// Reads `file` from `at` up to `end`; where it ends before, that is noted in `short`.
    pub(super) fn new(file: &'a File, at: u64, end: u64, short: &'a AtomicU64) -> Self {
        Self { file, at, end, short }
    }
}

impl Read for Ranged<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let len = buffer.len().min(left);
        if len == 0 {
            return Ok(0);
        }
        let read = self.file.read_at(&mut buffer[..len], self.at)?;
        if read == 0 {
            self.short.fetch_min(self.at, Ordering::Relaxed);
        }
        self.at += read as u64;
        Ok(read)
    }
}
