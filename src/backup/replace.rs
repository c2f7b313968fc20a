//! Replaces a SQLite database that others go on writing to: nothing that is committed between the moment at which it was
//! made safe and the one at which it is replaced is lost.
//!
//! SQLite's backup interface takes a lock of its own on the target and cannot be handed one. So writers are held off while
//! what is there is made safe (`BEGIN IMMEDIATE`), and once the restore holds its lock it is asked whether anybody has come
//! in between: in WAL mode by `PRAGMA data_version` of a connection that was there before; elsewhere nobody else may read by
//! then, and the change counter in the file's header tells (<https://www.sqlite.org/fileformat2.html#file_change_counter>).
//!
//! What is no whole database any more cannot be made safe that way; it is set aside as it is.

use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::interrupt::Interrupt;
use super::sqlite::{PATIENCE, put_back};
use crate::platform;
use crate::platform::files::{FileId, holders};

/// How often somebody may come in between.
const TRIES: u32 = 20;
/// Where the header of a database counts its changes, big-endian.
const CHANGE_COUNTER: u64 = 24;
/// What belongs to a database beside its file.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];
/// Processes that are named.
const MAX_NAMED: usize = 5;

/// Puts a copy in the place of a database. `secure` makes what is there safe, and is called again where somebody has written
/// after that.
pub(super) fn replace(
    copy: &Path,
    place: &Path,
    interrupt: &Interrupt,
    secure: &mut dyn FnMut() -> Result<()>,
) -> Result<()> {
    for _ in 0..TRIES {
        let witness = Witness::hold_off(place)?;
        secure()?;
        let seen = witness.version()?;
        witness.let_on()?;
        if put_back(copy, place, interrupt, &mut || Ok(witness.version()? == seen))? {
            return Ok(());
        }
    }
    bail!("others write to {} without a pause: stop them, then restore", place.display())
}

/// Sees whether a database changes.
struct Witness {
    is_wal: bool,
    observer: Connection,
    /// Holds the lock of whoever writes.
    holder: Connection,
    /// Closed last: closing it takes the locks of this process's connections away.
    file: File,
}

impl Witness {
    /// Lets nobody write from now on; others read on.
    fn hold_off(place: &Path) -> Result<Self> {
        let cannot = || format!("cannot read {}", place.display());
        let file = File::open(place).with_context(cannot)?;
        let observer = open(place).with_context(cannot)?;
        let holder = open(place).with_context(cannot)?;
        let mode: String =
            observer.query_row("PRAGMA journal_mode", [], |row| row.get(0)).with_context(cannot)?;
        holder
            .execute_batch("BEGIN IMMEDIATE")
            .with_context(|| format!("others do not let go of {}", place.display()))?;
        Ok(Self { is_wal: mode == "wal", observer, holder, file })
    }

    fn let_on(&self) -> Result<()> {
        self.holder.execute_batch("ROLLBACK").context("cannot let others write on")
    }

    /// Another number whenever somebody has written.
    fn version(&self) -> Result<u32> {
        if self.is_wal {
            return Ok(self.observer.query_row("PRAGMA data_version", [], |row| row.get(0))?);
        }
        let mut counter = [0; 4];
        self.file.read_exact_at(&mut counter, CHANGE_COUNTER).context("the database has no header")?;
        Ok(u32::from_be_bytes(counter))
    }
}

fn open(place: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(place, flags)?;
    database.busy_timeout(PATIENCE)?;
    // The log beside a database that may be damaged is left as it is.
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(database)
}

/// Whether a file is no whole database; what cannot be read for another reason is not called so.
pub(super) fn is_damaged(place: &Path) -> bool {
    let verdict = open(place).and_then(|database| {
        database.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0))
    });
    match verdict {
        Ok(verdict) => verdict != "ok",
        Err(error) => {
            matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
        }
    }
}

/// Renames a damaged database with all that belongs to it, and says to what.
///
/// # Errors
/// When a process has it open: it would write on into what was set aside.
pub(super) fn set_aside(place: &Path, now: DateTime<Utc>) -> Result<PathBuf> {
    // Behind a link it is the file that is damaged.
    let place = place.canonicalize().with_context(|| format!("cannot find {}", place.display()))?;
    let metadata = place.metadata().with_context(|| format!("cannot look at {}", place.display()))?;
    let open = holders(&[metadata.dev()]);
    let users = open.of(FileId { device: metadata.dev(), inode: metadata.ino() });
    if !users.is_empty() {
        let pids: Vec<String> = users.iter().take(MAX_NAMED).map(|user| user.pid.to_string()).collect();
        bail!("it is open in pid {}: stop that first, then restore again", pids.join(", "));
    }
    let named = |part: &str, mark: &str| {
        let mut name: OsString = place.as_os_str().to_owned();
        name.push(format!("{mark}{part}"));
        PathBuf::from(name)
    };
    let mark = now.format(".damaged-%Y%m%dT%H%M%SZ").to_string();
    for part in PARTS.iter().filter(|part| named(part, "").symlink_metadata().is_ok()) {
        let (from, to) = (named(part, ""), named(part, &mark));
        if to.symlink_metadata().is_ok() {
            bail!("{} is there already", to.display());
        }
        fs::rename(&from, &to).with_context(|| format!("cannot rename {}", from.display()))?;
    }
    Ok(named("", &mark))
}

/// Gives a file the rights, and as far as we may the owner, of the one whose place it has taken.
pub(super) fn make_alike(place: &Path, model: &Path) -> Result<()> {
    let metadata = model.metadata().with_context(|| format!("cannot look at {}", model.display()))?;
    let cannot = || format!("cannot hand over {}", place.display());
    if platform::caller_uid() == 0 {
        std::os::unix::fs::chown(place, Some(metadata.uid()), Some(metadata.gid())).with_context(cannot)?;
    }
    fs::set_permissions(place, metadata.permissions()).with_context(cannot)
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::super::sqlite::copy;
    use super::*;

    fn rows(path: &Path) -> Vec<i64> {
        let database = open(path).unwrap();
        let mut statement = database.prepare("SELECT x FROM t ORDER BY x").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn no_interrupt() -> Interrupt {
        Interrupt::default()
    }

    /// What a writer was told is committed is in what was made safe last, or in what is there afterwards.
    fn keeps_every_commit(mode: &str) {
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name);
        let (live, old, safe) = (path("app.db"), path("old.db"), path("safe.db"));
        open_new(&live, &format!("PRAGMA journal_mode = {mode}; CREATE TABLE t (x)"));
        fs::write(&old, "").unwrap();
        copy(&live, &old, &no_interrupt()).unwrap();
        let writer = {
            let live = live.clone();
            thread::spawn(move || {
                let database = open(&live).unwrap();
                for x in 0..60 {
                    database.execute("INSERT INTO t VALUES (?)", [x]).unwrap();
                    thread::sleep(Duration::from_millis(4));
                }
            })
        };
        thread::sleep(Duration::from_millis(60));
        let mut secure = || {
            fs::write(&safe, "").unwrap();
            copy(&live, &safe, &no_interrupt())?;
            thread::sleep(Duration::from_millis(30));
            Ok(())
        };
        replace(&old, &live, &no_interrupt(), &mut secure).unwrap();
        writer.join().unwrap();
        let (before, after) = (rows(&safe), rows(&live));
        assert!(!before.is_empty() && !after.is_empty(), "{before:?} {after:?}");
        assert_eq!([before, after].concat(), (0..60).collect::<Vec<i64>>());
    }

    fn open_new(path: &Path, script: &str) {
        Connection::open(path).unwrap().execute_batch(script).unwrap();
    }

    #[test]
    fn every_commit_beside_a_write_ahead_log_is_kept() {
        keeps_every_commit("WAL");
    }

    #[test]
    fn every_commit_beside_a_rollback_journal_is_kept() {
        keeps_every_commit("DELETE");
    }

    #[test]
    fn whoever_comes_in_between_has_it_made_safe_again() {
        for mode in ["WAL", "DELETE"] {
            let place = tempfile::tempdir().unwrap();
            let path = place.path().join("app.db");
            open_new(&path, &format!("PRAGMA journal_mode = {mode}; CREATE TABLE t (x)"));
            let witness = Witness::hold_off(&path).unwrap();
            let seen = witness.version().unwrap();
            witness.let_on().unwrap();
            assert_eq!(witness.version().unwrap(), seen);
            open_new(&path, "INSERT INTO t VALUES (1)");
            assert_ne!(witness.version().unwrap(), seen, "{mode}");
        }
    }

    #[test]
    fn a_damaged_one_is_set_aside_with_all_that_belongs_to_it_unless_it_is_open() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("app.db");
        fs::write(&path, "no database at all, though long enough to have had a header").unwrap();
        fs::write(place.path().join("app.db-wal"), "w").unwrap();
        assert!(is_damaged(&path));
        let aside = set_aside(&path, DateTime::UNIX_EPOCH).unwrap();
        assert!(aside.ends_with("app.db.damaged-19700101T000000Z") && aside.exists() && !path.exists());
        assert!(place.path().join("app.db.damaged-19700101T000000Z-wal").exists());
        open_new(&path, "CREATE TABLE t (x)");
        assert!(!is_damaged(&path));
    }
}
