//! Opening the file: made private where it is missing, brought up to date, kept aside where it is damaged.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::DateTime;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::error::StoreError;
use super::schema::{self, Found, VERSION};
use super::spare::SpareIds;
use crate::store::{create_folder, hand_over};

/// How long a writer waits for the others.
const PATIENCE: Duration = Duration::from_secs(30);
const PRIVATE: u32 = 0o600;
const PRIVATE_FOLDER: u32 = 0o700;
/// Bytes of the write-ahead log above which whoever closes the file tidies it up.
const LONG_LOG: u64 = 256 << 10;
/// Files that SQLite keeps beside the one that is named.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// What the file is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Makes the file where there is none.
    Write,
    /// Writes to a file that is there.
    Change,
    /// Writes nothing at all.
    Read,
}

/// An open store.
#[derive(Debug)]
pub struct Store {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    /// Where a damaged file was put, if there was one.
    pub(super) set_aside: Option<PathBuf>,
    pub(super) spare: SpareIds,
    access: Access,
}

impl Drop for Store {
    fn drop(&mut self) {
        if self.access != Access::Read {
            self.shorten_log();
        }
    }
}

impl Store {
    /// Opens the store; `now` (microseconds since 1970) names a damaged file that has to be kept aside.
    ///
    /// # Errors
    /// When it is missing (for reading), newer, somebody else's, or cannot be used.
    pub fn open(path: &Path, access: Access, now: i64) -> Result<Self, StoreError> {
        match open_once(path, access) {
            Err(StoreError::Corrupt { .. }) if access == Access::Write => replace(path, now),
            other => other,
        }
    }

    /// Puts a file aside that showed to be damaged while it was written to, and goes on with a new one.
    pub(super) fn replace_damaged(&mut self, now: i64) -> Result<(), StoreError> {
        *self = replace(&self.path, now)?;
        Ok(())
    }

    /// Writes what the log holds into the file and empties it. Commands that write one event each never fill the log by
    /// themselves, and each would find it longer; where others are at work it is theirs to do.
    fn shorten_log(&self) {
        let log = PathBuf::from(format!("{}-wal", self.path.display()));
        if !fs::metadata(log).is_ok_and(|file| file.len() > LONG_LOG) {
            return;
        }
        let shorten = || {
            self.connection.busy_timeout(Duration::ZERO)?;
            self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        };
        shorten().unwrap_or(());
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where a damaged file was put when this one was opened.
    pub fn set_aside(&self) -> Option<&Path> {
        self.set_aside.as_deref()
    }

    pub(super) fn error(&self, source: rusqlite::Error) -> StoreError {
        StoreError::of(&self.path, source)
    }
}

fn open_once(path: &Path, access: Access) -> Result<Store, StoreError> {
    if access == Access::Write {
        create(path)?;
    } else if !path.exists() {
        return Err(StoreError::Missing { path: path.to_owned() });
    }
    let wrong = |source| StoreError::of(path, source);
    let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_READ_WRITE;
    let connection = Connection::open_with_flags(path, flags).map_err(wrong)?;
    let mut store =
        Store { connection, path: path.to_owned(), set_aside: None, spare: SpareIds::default(), access };
    store.connection.busy_timeout(PATIENCE).map_err(wrong)?;
    // A command that writes one event leaves the tidying to those that write many.
    store.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(wrong)?;
    // A plan that depended on the numbers asked for would be made anew for each of them.
    store.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(wrong)?;
    settle(&mut store, access)?;
    Ok(store)
}

/// Makes sure of the schema.
fn settle(store: &mut Store, access: Access) -> Result<(), StoreError> {
    let path = store.path.clone();
    let wrong = |source| StoreError::of(&path, source);
    let found = schema::look(&store.connection).map_err(wrong)?;
    match found {
        Found::Ours(version) if version > VERSION => {
            return Err(StoreError::Newer { path: path.clone(), found: version, known: VERSION });
        }
        Found::Foreign => return Err(StoreError::Foreign { path: path.clone() }),
        Found::Ours(VERSION) => {}
        // Every schema so far holds all else that readers ask for.
        Found::Ours(_) if access == Access::Read => {}
        Found::Empty if access != Access::Write => return Err(StoreError::Missing { path: path.clone() }),
        Found::Ours(_) | Found::Empty => {
            store.connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL").map_err(wrong)?;
            write_ahead(&store.connection).map_err(wrong)?;
            schema::migrate(&mut store.connection).map_err(wrong)?;
        }
    }
    store
        .connection
        .execute_batch("PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192;")
        .map_err(wrong)?;
    if access == Access::Read {
        if matches!(found, Found::Ours(version) if version < VERSION) {
            store.connection.execute_batch(schema::MINUTES_OF_OLDER).map_err(wrong)?;
        }
        store.connection.execute_batch("PRAGMA query_only = ON").map_err(wrong)?;
    }
    store.connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Readers go on while somebody writes. SQLite does not wait for others in this one switch.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let mut tries = 0;
    loop {
        match connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())) {
            Err(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) && tries < 500 =>
            {
                tries += 1;
                std::thread::sleep(Duration::from_millis(10));
            }
            other => return other,
        }
    }
}

/// Makes an empty file that only its owner may read, before anything is written to it.
fn create(path: &Path) -> Result<(), StoreError> {
    if path.exists() {
        return Ok(());
    }
    let wrong = |source| StoreError::Io { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        create_folder(folder, PRIVATE_FOLDER)
            .map_err(|e| StoreError::Io { path: e.path, source: e.source })?;
    }
    match OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(path) {
        Ok(_) => hand_over(path).map_err(|e| wrong(e.source)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(wrong(error)),
    }
}

/// Opens a new file in the place of a damaged one.
fn replace(path: &Path, now: i64) -> Result<Store, StoreError> {
    let aside = set_aside(path, now)?;
    let mut store = open_once(path, Access::Write)?;
    if aside.is_some() {
        store.note_loss(now, "damaged-store", "store", 1)?;
    }
    store.set_aside = aside;
    Ok(store)
}

/// Renames a damaged file; of several processes that find it damaged, one does.
fn set_aside(path: &Path, now: i64) -> Result<Option<PathBuf>, StoreError> {
    let wrong = |source| StoreError::Io { path: path.to_owned(), source };
    let lock = path.with_extension("repair");
    let held = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(PRIVATE)
        .open(&lock)
        .map_err(wrong)?;
    rustix::fs::flock(&held, rustix::fs::FlockOperation::LockExclusive).map_err(|e| wrong(e.into()))?;
    // Somebody else was faster: the file is a new one by now.
    let aside = if is_damaged(path) { Some(rename_all(path, now).map_err(wrong)?) } else { None };
    fs::remove_file(&lock).unwrap_or(());
    Ok(aside)
}

/// Whether a file cannot be opened, or not be read through, for damage.
fn is_damaged(path: &Path) -> bool {
    let checked = open_once(path, Access::Write).and_then(|store| {
        let said = store.connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
        said.map_err(|e| store.error(e))
    });
    match checked {
        Ok(said) => said != "ok",
        Err(error) => matches!(error, StoreError::Corrupt { .. }),
    }
}

fn rename_all(path: &Path, now: i64) -> io::Result<PathBuf> {
    let stamp = DateTime::from_timestamp_micros(now).unwrap_or_default().format("%Y%m%d-%H%M%S");
    let name = |suffix: &str| PathBuf::from(format!("{}{suffix}", path.display()));
    let target = (0..1000)
        .map(|n| name(&if n == 0 { format!(".damaged-{stamp}") } else { format!(".damaged-{stamp}-{n}") }))
        .find(|candidate| !candidate.exists())
        .unwrap_or_else(|| name(".damaged"));
    for suffix in BESIDE {
        let from = name(suffix);
        if from.exists() {
            fs::rename(from, format!("{}{suffix}", target.display()))?;
        }
    }
    fs::rename(path, &target)?;
    Ok(target)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::errors::door::{Arrival, Door, Source};
    use crate::errors::store::{Room, Span};

    fn place() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/errors.db");
        (folder, path)
    }

    #[test]
    fn reading_creates_nothing() {
        let (_folder, path) = place();
        assert!(matches!(Store::open(&path, Access::Read, 0), Err(StoreError::Missing { .. })));
        assert!(!path.parent().unwrap().exists());
    }

    #[test]
    fn reading_an_older_store_leaves_it_as_it_is() {
        let (_folder, path) = place();
        let mut store = Store::open(&path, Access::Write, 0).unwrap();
        let now = 1_790_000_000_000_000;
        let arrival = Arrival { received: now, source: Source::Record, count: 3, keeps_body: true, id: None };
        let event = Door::default().admit(serde_json::json!({"message": "m"}), arrival);
        store.apply(&[event], now, Room::Bodies).unwrap();
        drop(store);
        let version = |connection: &Connection| -> i64 {
            connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
        };
        let older = Connection::open(&path).unwrap();
        older
            .execute_batch(
                "DROP TABLE spare_id; DROP INDEX issue_parent; DROP TABLE minute; PRAGMA user_version = 1;",
            )
            .unwrap();
        let store = Store::open(&path, Access::Read, 0).unwrap();
        let told = |store: &Store| {
            let overview = store.overview(Span { from: now - 120_000_000, to: now }, 10, now).unwrap();
            (overview.events, overview.hours.iter().map(|(_, n)| n).sum::<u64>())
        };
        assert_eq!((told(&store), version(&older)), ((3, 3), 1));
        assert!(store.note_loss(0, "disk-low", "body", 1).is_err());
        let newer = Store::open(&path, Access::Change, 0).unwrap();
        assert_eq!((told(&newer), version(&older)), ((3, 3), VERSION));
    }

    #[test]
    fn file_and_folder_are_private() {
        let (_folder, path) = place();
        let store = Store::open(&path, Access::Write, 0).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(mode(&path.with_extension("db-wal")), 0o600);
        drop(store);
    }

    #[test]
    fn a_newer_store_is_refused_and_left_alone() {
        let (_folder, path) = place();
        drop(Store::open(&path, Access::Write, 0).unwrap());
        Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
        let error = Store::open(&path, Access::Write, 0).unwrap_err();
        assert!(error.to_string().contains("newer fuelops (schema 99"), "{error}");
    }

    #[test]
    fn somebody_elses_database_is_left_alone() {
        let (_folder, path) = place();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE t(x)").unwrap();
        assert!(matches!(Store::open(&path, Access::Write, 0), Err(StoreError::Foreign { .. })));
    }

    #[test]
    fn a_damaged_file_is_kept_aside_and_named() {
        let (_folder, path) = place();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, b"no database at all, but long enough to be looked at".repeat(100)).unwrap();
        assert!(matches!(Store::open(&path, Access::Read, 0), Err(StoreError::Corrupt { .. })));
        let store = Store::open(&path, Access::Write, 1_790_000_000_000_000).unwrap();
        let aside = store.set_aside().unwrap();
        assert!(fs::read(aside).unwrap().starts_with(b"no database"), "{}", aside.display());
        assert_eq!(store.losses(0, i64::MAX).unwrap()[0].reason, "damaged-store");
    }

    #[test]
    fn damage_behind_the_first_page_is_found_by_whoever_writes() {
        let (_folder, path) = place();
        drop(Store::open(&path, Access::Write, 0).unwrap());
        let store = Connection::open(&path).unwrap();
        store.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        drop(store);
        let mut bytes = fs::read(&path).unwrap();
        assert!(bytes.len() > 4 * 4096);
        bytes[4096..].fill(0x5a);
        fs::write(&path, &bytes).unwrap();
        let mut store = Store::open(&path, Access::Write, 0).unwrap();
        assert_eq!(store.set_aside(), None);
        let arrival = Arrival { received: 1, source: Source::Record, count: 1, keeps_body: true, id: None };
        let event = Door::default().admit(serde_json::json!({"message": "m"}), arrival);
        let outcomes = store.apply(&[event], 1_790_000_000_000_000, Room::Bodies).unwrap();
        assert!(outcomes[0].is_new_issue);
        assert_eq!(fs::read(store.set_aside().unwrap()).unwrap().len(), bytes.len());
        assert_eq!(store.losses(0, i64::MAX).unwrap()[0].reason, "damaged-store");
    }

    #[test]
    fn the_log_stays_short_however_often_one_event_is_written() {
        let (_folder, path) = place();
        for n in 0..60 {
            let mut store = Store::open(&path, Access::Write, 0).unwrap();
            let arrival =
                Arrival { received: n, source: Source::Record, count: 1, keeps_body: true, id: None };
            let event = Door::default().admit(serde_json::json!({"message": "m"}), arrival);
            store.apply(&[event], n, Room::Bodies).unwrap();
        }
        let log = fs::metadata(path.with_extension("db-wal")).map_or(0, |file| file.len());
        assert!(log <= 2 * LONG_LOG, "{log}");
    }

    #[test]
    fn many_may_make_it_at_once() {
        // One of them makes it while others are between two looks: seldom, so it is tried often.
        for _ in 0..20 {
            let (_folder, path) = place();
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| Store::open(&path, Access::Write, 0).unwrap());
                }
            });
        }
    }
}
