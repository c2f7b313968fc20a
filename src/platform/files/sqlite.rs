//! What SQLite writes at the start of its files, whatever they are called.

use std::fs::File;
use std::os::unix::fs::FileExt;

/// Begins every database.
pub const SQLITE_START: &[u8; 16] = b"SQLite format 3\0";

/// Whether a file begins as those of SQLite do.
pub fn is_sqlite(file: &File) -> bool {
    let mut start = [0; SQLITE_START.len()];
    file.read_exact_at(&mut start, 0).is_ok() && start == *SQLITE_START
}
