//! SQLite, by its own backup interface: a consistent copy while others go on writing.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::interrupt::Interrupt;
use super::manifest::Table;
use super::owner::{Owner, hand_to};
use crate::platform::files::Folder;

/// How long somebody else's lock is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// Pages copied at once; in between others may write.
const PAGES: i32 = 8192;
/// Writes of others that make the copy begin anew; then it is made in one go.
const RESTARTS: u32 = 5;
/// Rounds in which the database is locked.
const LOCKED_ROUNDS: u32 = 600;
const PAUSE: Duration = Duration::from_millis(50);
/// Of a database that is made.
const MODE: u32 = 0o600;

/// What a database holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Looked {
    pub(super) tables: Vec<Table>,
    pub(super) version: String,
}

/// Copies a database into a file that is there and empty.
pub(super) fn copy(source: &Path, target: &Path, interrupt: &Interrupt) -> Result<()> {
    let from = open(source)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut into = Connection::open_with_flags(target, flags).context("cannot write the copy")?;
    // The copy is whole or thrown away: nothing has to be undone in it.
    into.pragma_update(None, "journal_mode", "OFF")?;
    into.pragma_update(None, "synchronous", "OFF")?;
    transfer(&Backup::new(&from, &mut into)?, interrupt)
}

/// Puts a copy in the place of a database that others may have open, where `may` says so once nobody else can write any
/// more; whether it has.
pub(super) fn put_back(
    copy: &Path,
    place: &Path,
    interrupt: &Interrupt,
    may: &mut dyn FnMut() -> Result<bool>,
) -> Result<bool> {
    let from = open_still(copy)?;
    let cannot = || format!("cannot write to {}", place.display());
    make_room(place).with_context(cannot)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut into = Connection::open_with_flags(place, flags).with_context(cannot)?;
    into.busy_timeout(PATIENCE)?;
    let backup = Backup::new(&from, &mut into)?;
    // Takes the lock, and copies nothing yet.
    step(&backup, 0, interrupt)?;
    if !may()? {
        return Ok(false);
    }
    transfer(&backup, interrupt).map(|()| true)
}

/// Makes an empty file where nothing is, which SQLite takes for a new database: its owner's alone, as its backup was. One
/// that root makes in somebody's folder is theirs, so that their program can open it.
fn make_room(place: &Path) -> io::Result<()> {
    let file = match OpenOptions::new().write(true).create_new(true).mode(MODE).open(place) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        made => made?,
    };
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    hand_to(Owner::of(&Folder::open_trusted(folder)?)?, &file)
}

fn transfer(backup: &Backup<'_, '_>, interrupt: &Interrupt) -> Result<()> {
    let (mut restarts, mut last_left) = (0, i32::MAX);
    loop {
        let pages = if restarts < RESTARTS { PAGES } else { -1 };
        if step(backup, pages, interrupt)? == StepResult::Done {
            return Ok(());
        }
        let left = backup.progress().remaining;
        restarts += u32::from(left > last_left);
        last_left = left;
    }
}

/// One step, as soon as the locks of others allow it.
fn step(backup: &Backup<'_, '_>, pages: i32, interrupt: &Interrupt) -> Result<StepResult> {
    for _ in 0..LOCKED_ROUNDS {
        if interrupt.is_asked() {
            bail!("interrupted");
        }
        match backup.step(pages)? {
            StepResult::Busy | StepResult::Locked => std::thread::sleep(PAUSE),
            done => return Ok(done),
        }
    }
    bail!("the database stays locked by somebody")
}

/// Looks through a file that nobody else writes to, its structure included.
pub(super) fn look(path: &Path, interrupt: &Interrupt) -> Result<Looked> {
    let database = open_still(path)?;
    let looked = interrupt.guard(&database.get_interrupt_handle(), || look_through(&database));
    looked.map_err(|error| if interrupt.is_asked() { anyhow!("interrupted") } else { error })
}

fn look_through(database: &Connection) -> Result<Looked> {
    let verdict: String = database.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        bail!("the database is corrupt: {verdict}");
    }
    let names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
                 ORDER BY name";
    let mut statement = database.prepare(names)?;
    let names: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut tables = Vec::with_capacity(names.len());
    for name in names {
        let count = format!("SELECT count(*) FROM \"{}\"", name.replace('"', "\"\""));
        // A virtual table whose module is not there cannot be counted, and is no reason to have no backup.
        let rows: i64 = database.query_row(&count, [], |row| row.get(0)).unwrap_or(0);
        tables.push(Table { name, rows: u64::try_from(rows).unwrap_or(0), sha256: String::new() });
    }
    Ok(Looked { tables, version: rusqlite::version().to_owned() })
}

fn open(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if path.is_dir() {
        bail!("{} is a folder and no database", path.display());
    }
    if !path.is_file() {
        bail!("there is no database {}", path.display());
    }
    let opened = Connection::open_with_flags(path, flags).and_then(|database| {
        database.busy_timeout(PATIENCE)?;
        // Opening reads nothing yet.
        database.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get::<_, i64>(0))?;
        Ok(database)
    });
    opened.with_context(|| format!("cannot read {}", path.display()))
}

/// Opens a file that is no longer written to, so that nothing is written beside it either.
fn open_still(path: &Path) -> Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let name = path.to_str().context("the path is no UTF-8")?;
    let escaped = name.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)
        .with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_a_busy_database_is_whole() {
        let place = tempfile::tempdir().unwrap();
        let (source, target) = (place.path().join("app?.db"), place.path().join("copy.db"));
        let writer = Connection::open(&source).unwrap();
        writer
            .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE \"tr\"\"ucks\" (id INTEGER, name TEXT);")
            .unwrap();
        writer.execute_batch("INSERT INTO \"tr\"\"ucks\" WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i, 'truck ' || i FROM n; BEGIN; INSERT INTO \"tr\"\"ucks\" VALUES (0, 'not committed')").unwrap();
        std::fs::write(&target, "").unwrap();
        copy(&source, &target, &Interrupt::default()).unwrap();
        let looked = look(&target, &Interrupt::default()).unwrap();
        assert_eq!(looked.tables, [Table { name: "tr\"ucks".to_owned(), rows: 5000, sha256: String::new() }]);
        let names: Vec<_> =
            std::fs::read_dir(place.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert!(!names.iter().any(|name| name.to_string_lossy().starts_with("copy.db-")), "{names:?}");
    }

    #[test]
    fn a_database_is_put_back_under_those_who_have_it_open() {
        let place = tempfile::tempdir().unwrap();
        let (source, target) = (place.path().join("app.db"), place.path().join("copy.db"));
        let user = Connection::open(&source).unwrap();
        user.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1), (2)").unwrap();
        std::fs::write(&target, "").unwrap();
        copy(&source, &target, &Interrupt::default()).unwrap();
        user.execute_batch("DELETE FROM t; CREATE TABLE later (y)").unwrap();
        assert!(put_back(&target, &source, &Interrupt::default(), &mut || Ok(true)).unwrap());
        let rows: i64 = user.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
        let tables: i64 = user.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0)).unwrap();
        assert_eq!((rows, tables), (2, 1));
    }

    #[test]
    fn what_is_no_database_is_told() {
        let place = tempfile::tempdir().unwrap();
        let (none, text) = (place.path().join("none.db"), place.path().join("text.db"));
        let target = place.path().join("copy.db");
        std::fs::write(&text, "no database at all, but long enough to have a header").unwrap();
        std::fs::write(&target, "").unwrap();
        assert!(
            copy(&none, &target, &Interrupt::default())
                .unwrap_err()
                .to_string()
                .starts_with("there is no database")
        );
        assert!(!none.exists());
        let folder = copy(place.path(), &target, &Interrupt::default()).unwrap_err();
        assert!(folder.to_string().ends_with("is a folder and no database"), "{folder:#}");
        assert!(copy(&text, &target, &Interrupt::default()).is_err());
    }
}
