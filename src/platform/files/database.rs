//! What databases that are one file write at its start, whatever it is called.

use std::fs::File;
use std::os::unix::fs::FileExt;

use super::sqlite::SQLITE_START;

/// As much as is looked at.
const LENGTH: usize = 16;
/// Behind a checksum.
const DUCKDB: &[u8] = b"DUCK";
/// Before the version of a snapshot, in digits.
const REDIS: [&[u8]; 2] = [b"REDIS", b"VALKEY"];

/// Whether a file begins as those of SQLite, DuckDB and Redis do.
pub fn is_database(file: &File) -> bool {
    let mut start = [0; LENGTH];
    file.read_exact_at(&mut start, 0).is_ok() && begins_database(&start)
}

/// Whether these are the first bytes of a database.
pub fn begins_database(start: &[u8; LENGTH]) -> bool {
    let has_version = |rest: &[u8]| rest.iter().take(3).all(u8::is_ascii_digit);
    start == SQLITE_START
        || start[8..].starts_with(DUCKDB)
        || REDIS.iter().any(|name| start.strip_prefix(*name).is_some_and(has_version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_are_known_by_their_first_bytes() {
        for start in [
            b"SQLite format 3\0",
            b"\x7f\x11\0\0\0\0\0\0DUCK\x40\0\0\0",
            b"REDIS0011\xfa\x09redis",
            b"VALKEY080\xfa\x09valke",
        ] {
            assert!(begins_database(start), "{start:?}");
        }
        for start in [b"SQLite format 2\0", b"DUCK and cover!!", b"REDIS is down!!!"] {
            assert!(!begins_database(start), "{start:?}");
        }
    }
}
