//! What SQLite writes at the start of its files, whatever they are called.

use std::fs::File;
use std::os::unix::fs::FileExt;

/// Begins every database.
pub const SQLITE_START: &[u8; 16] = b"SQLite format 3\0";
/// Begins a journal that is to be rolled back.
const ROLLBACK: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
/// Begins a write-ahead log; its last bit tells the order of bytes in its checksums.
const AHEAD: [u8; 4] = [0x37, 0x7f, 0x06, 0x82];

/// Whether a file begins as those of SQLite do.
pub fn is_sqlite(file: &File) -> bool {
    let mut start = [0; SQLITE_START.len()];
    file.read_exact_at(&mut start, 0).is_ok() && start == *SQLITE_START
}

/// Whether a file is a journal or a write-ahead log without which the database beside it is torn.
pub fn is_sqlite_journal(file: &File) -> bool {
    let mut start = [0; ROLLBACK.len()];
    if file.read_exact_at(&mut start, 0).is_err() {
        return false;
    }
    let [a, b, c, d, ..] = start;
    start == ROLLBACK || [a, b, c, d & !1] == AHEAD
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rusqlite::Connection;

    use super::*;

    fn journal(path: &Path, ending: &str) -> File {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        File::open(name).unwrap()
    }

    #[test]
    fn a_journal_is_known_while_it_matters() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a");
        let database = Connection::open(&path).unwrap();
        database
            .execute_batch("PRAGMA journal_mode = PERSIST; PRAGMA cache_size = 1; CREATE TABLE t (x)")
            .unwrap();
        assert!(is_sqlite(&File::open(&path).unwrap()));
        assert!(!is_sqlite_journal(&journal(&path, "-journal")), "committed");
        let fill = "BEGIN; INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
                    SELECT randomblob(100) FROM n";
        database.execute_batch(fill).unwrap();
        assert!(is_sqlite_journal(&journal(&path, "-journal")));
        database.execute_batch("ROLLBACK; PRAGMA journal_mode = WAL; INSERT INTO t VALUES (1)").unwrap();
        assert!(is_sqlite_journal(&journal(&path, "-wal")));
        assert!(!is_sqlite_journal(&journal(&path, "-shm")));
    }
}
