//! Brings a backup back: only one that our manifest proves, only after it was read to its end, and only after what it
//! replaces was backed up itself.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};

use super::archive::Content;
use super::create::milliseconds;
use super::flaw::prove_or_note;
use super::key::Key;
use super::login::Login;
use super::manifest::{Kind, Manifest};
use super::means::Means;
use super::shelf::{Entry, Shelf, State, is_ahead, unless_gone};
use super::source::Source;
use super::unpack::unpack;
use super::verify::seal;
use super::{mysql, postgres, replace, sqlite};

const UNPROVEN: &str = "it is not proven";

/// A restore that is thought through, and not begun.
#[derive(Clone, Debug)]
pub struct Plan {
    pub manifest: Manifest,
    target: Target,
    /// What is there now and would be replaced.
    pub now: Now,
}

/// Where a backup goes.
#[derive(Clone, Debug)]
enum Target {
    Mysql(Login),
    Postgres { login: Login, is_place: bool },
    Sqlite(PathBuf),
    Folder(PathBuf),
}

/// What stands where a backup is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Now {
    Missing,
    Empty,
    /// Tables, or one file.
    Filled(u64),
}

impl Plan {
    /// Where the backup goes, for people.
    pub fn place(&self) -> String {
        match &self.target {
            Target::Mysql(login) | Target::Postgres { login, .. } => login.place(),
            Target::Sqlite(path) | Target::Folder(path) => path.display().to_string(),
        }
    }

    /// Whether something is replaced, which has to be backed up first.
    pub fn replaces(&self) -> bool {
        matches!(self.now, Now::Filled(_))
    }
}

/// A backup to restore, proven by reading it to its end, and those that would have come before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    pub manifest: Manifest,
    /// Ids of newer backups of the same source, and why each is not the one.
    pub passed_over: Vec<(String, String)>,
}

/// Finds the backup that is meant, by its id, or the newest good one of a source, and reads it to its end.
///
/// # Errors
/// When there is none, or it is not one to restore.
pub fn choose(
    shelf: &Shelf,
    key: &Key,
    entries: &[Entry],
    wanted: &str,
    now: DateTime<Utc>,
) -> Result<Chosen> {
    pick(entries, wanted, now, &|manifest| prove_or_note(shelf, key, manifest, now))
}

type Proof<'a> = &'a dyn Fn(&Manifest) -> Result<()>;

fn pick(entries: &[Entry], wanted: &str, now: DateTime<Utc>, prove: Proof<'_>) -> Result<Chosen> {
    if let Some(entry) = entries.iter().find(|entry| entry.id == wanted) {
        return Ok(Chosen { manifest: by_id(entry, prove)?, passed_over: Vec::new() });
    }
    let mut passed_over = Vec::new();
    for (entry, manifest) in of_source(entries, wanted, now) {
        let why = if entry.state != State::Verified {
            format!("it is {}: {}", entry.state.word(), entry.why.as_deref().unwrap_or(UNPROVEN))
        } else if let Err(error) = prove(manifest) {
            format!("it is damaged: {} {error:#}", manifest.file)
        } else {
            return Ok(Chosen { manifest: manifest.clone(), passed_over });
        };
        passed_over.push((entry.id.clone(), why));
    }
    let Some((id, why)) = passed_over.first() else {
        bail!("there is no backup of {wanted} yet; `fuelops backup create {wanted}` makes one");
    };
    bail!("no verified backup of {wanted} is left; the newest is {id}, and {why}")
}

fn by_id(entry: &Entry, prove: Proof<'_>) -> Result<Manifest> {
    let Some(manifest) =
        entry.manifest.as_ref().filter(|_| matches!(entry.state, State::Verified | State::Suspicious))
    else {
        let why = entry.why.as_deref().unwrap_or(UNPROVEN);
        bail!("{} is {} and is not restored: {why}", entry.id, entry.state.word())
    };
    prove(manifest).with_context(|| format!("{} is damaged and is not restored", entry.id))?;
    Ok(manifest.clone())
}

/// The backups of a source in the order in which they are tried, newest first. Those that a restore has made of what it
/// replaced are none: they would bring back what somebody wanted to be rid of.
fn of_source<'a>(entries: &'a [Entry], name: &str, now: DateTime<Utc>) -> Vec<(&'a Entry, &'a Manifest)> {
    let mut found: Vec<_> = entries
        .iter()
        .filter_map(|entry| Some((entry, entry.manifest.as_ref()?)))
        .filter(|(_, manifest)| manifest.origin.name == name && !manifest.is_safety)
        .collect();
    // How new one is that was made while the clock was ahead, nobody knows: any other is rather meant.
    found.sort_by_key(|(_, manifest)| is_ahead(manifest, now));
    found
}

/// Thinks the restore of a proven backup through: looks at what is there.
///
/// # Errors
/// When the source is not configured, or the target is not free.
pub fn plan(means: &Means, manifest: Manifest, source: Option<&Source>, into: Option<&str>) -> Result<Plan> {
    let target = target(&manifest, source, into)?;
    let now = look(means, &target)?;
    if into.is_some() && matches!(now, Now::Filled(_)) {
        let plan = Plan { manifest, target, now };
        bail!("{} is there and not empty; --into takes a new one", plan.place());
    }
    Ok(Plan { manifest, target, now })
}

fn target(manifest: &Manifest, source: Option<&Source>, into: Option<&str>) -> Result<Target> {
    let name = &manifest.origin.name;
    match (manifest.origin.kind, source, into) {
        (Kind::Files, _, Some(folder)) => Ok(Target::Folder(folder.into())),
        (Kind::Files, _, None) => {
            bail!(
                "files are not restored over those in use; name a folder: fuelops backup restore {name} --into FOLDER"
            )
        }
        (Kind::Sqlite, _, Some(path)) => Ok(Target::Sqlite(path.into())),
        (Kind::Sqlite, Some(Source::Sqlite(path)), None) => Ok(Target::Sqlite(path.clone())),
        (Kind::Mysql, Some(Source::Mysql(login)), into) => Ok(Target::Mysql(elsewhere(login, into))),
        (Kind::Postgres, Some(Source::Postgres(login)), into) => {
            let (login, is_place) = (elsewhere(login, into), into.is_none());
            Ok(Target::Postgres { login, is_place })
        }
        _ => bail!("the config names no database {name} any more, so there is nowhere to restore it to"),
    }
}

fn elsewhere(login: &Login, into: Option<&str>) -> Login {
    into.map_or_else(|| login.clone(), |database| login.with_database(database))
}

fn look(means: &Means, target: &Target) -> Result<Now> {
    let counted = match target {
        Target::Mysql(login) => mysql::tables_of(means, login, login.database())?,
        Target::Postgres { login, is_place } => {
            // A server of PostgreSQL is asked through a database that is there, and that the user may enter.
            let elsewhere = || postgres::tables_of(means, &login.with_database("postgres"), login.database());
            let in_place =
                is_place.then(|| postgres::tables_of(means, login, login.database()).ok()).flatten();
            in_place.map_or_else(elsewhere, Ok)?
        }
        Target::Sqlite(path) => path.symlink_metadata().ok().map(|metadata| metadata.len().min(1)),
        Target::Folder(path) => match path.read_dir() {
            Ok(mut entries) => Some(u64::from(entries.next().is_some())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).with_context(|| format!("cannot use {}", path.display())),
        },
    };
    Ok(match counted {
        None => Now::Missing,
        Some(0) => Now::Empty,
        Some(number) => Now::Filled(number),
    })
}

/// What a restore has brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    pub tables: u64,
    pub rows: u64,
    pub files: u64,
    pub bytes: u64,
    pub elapsed_ms: u64,
    /// Where what was there lies: it was no whole database any more, and could not be made safe otherwise.
    pub set_aside: Option<PathBuf>,
}

/// What a restore that failed has left where it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// What was there before, or nothing.
    AsItWas,
    /// A part of the backup, maybe.
    HalfRestored,
}

/// A restore that failed.
#[derive(Debug)]
pub struct Failure {
    pub error: anyhow::Error,
    pub left: Left,
}

/// Restores. `secure` is called where something is replaced, and makes that safe before.
///
/// # Errors
/// When it fails; a database of PostgreSQL or SQLite is then as it was, one of MySQL may be half restored. A database
/// that was made for it is gone again.
pub fn apply(
    shelf: &Shelf,
    means: &Means,
    plan: &Plan,
    secure: &mut dyn FnMut() -> Result<()>,
) -> Result<Restored, Failure> {
    let mut left = Left::AsItWas;
    bring_back(shelf, means, plan, secure, &mut left).map_err(|error| Failure { error, left })
}

fn bring_back(
    shelf: &Shelf,
    means: &Means,
    plan: &Plan,
    secure: &mut dyn FnMut() -> Result<()>,
    left: &mut Left,
) -> Result<Restored> {
    let begun = Instant::now();
    let manifest = &plan.manifest;
    let content = Content::of(shelf.file(&manifest.file)?)?;
    let mut set_aside = None;
    if plan.replaces() && !matches!(plan.target, Target::Sqlite(_)) {
        secure()?;
    }
    match &plan.target {
        Target::Mysql(login) => {
            let is_new = plan.now == Now::Missing;
            if is_new {
                mysql::create(means, login, login.database())?;
            }
            *left = Left::HalfRestored;
            let restored = read(content, manifest, |content| mysql::restore(means, login, content));
            undone(restored, is_new, left, || mysql::remove(&means.patient(), login, login.database()))?;
        }
        Target::Postgres { login, is_place } => {
            let (is_new, elsewhere) = (plan.now == Now::Missing, login.with_database("postgres"));
            if is_new {
                postgres::create(means, &elsewhere, login.database())?;
            }
            let into = if *is_place { postgres::Into::Place } else { postgres::Into::Empty };
            let restored = read(content, manifest, |content| {
                postgres::restore(means, login, into, content)?;
                // What comes to light from here on is in the database already.
                *left = Left::HalfRestored;
                Ok(())
            });
            undone(restored, is_new, left, || {
                postgres::remove(&means.patient(), &elsewhere, login.database())
            })?;
        }
        Target::Sqlite(path) => {
            set_aside = restore_sqlite(shelf, means, plan, path, content, (secure, left))?;
        }
        Target::Folder(path) => {
            *left = Left::HalfRestored;
            read(content, manifest, |content| unpack(path, content, manifest))?;
        }
    }
    Ok(Restored {
        tables: manifest.table_count,
        rows: manifest.rows(),
        files: manifest.files.len() as u64,
        bytes: manifest.content_bytes,
        elapsed_ms: milliseconds(begun),
        set_aside,
    })
}

/// Takes a database away again that was made for a restore which failed.
fn undone(
    restored: Result<()>,
    is_new: bool,
    left: &mut Left,
    remove: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let Err(error) = restored else { return Ok(()) };
    if is_new {
        *left = Left::HalfRestored;
        remove()
            .with_context(|| format!("{error:#}; the database that was made for it cannot be removed"))?;
        *left = Left::AsItWas;
    }
    Err(error)
}

/// Reads an archive, and compares at its end whether it is still the one that was proven.
fn read(
    mut content: Content,
    manifest: &Manifest,
    restore: impl FnOnce(&mut Content) -> Result<()>,
) -> Result<()> {
    restore(&mut content)?;
    content.finish(&seal(manifest)).context("the archive changed while it was restored")
}

fn restore_sqlite(
    shelf: &Shelf,
    means: &Means,
    plan: &Plan,
    path: &Path,
    content: Content,
    (secure, left): (&mut dyn FnMut() -> Result<()>, &mut Left),
) -> Result<Option<PathBuf>> {
    let name = format!("{}.restore", plan.manifest.file);
    let scratch = shelf.begin(&name)?;
    read(content, &plan.manifest, |content| {
        let unpacked = io::copy(&mut means.interrupt.watch(content), &mut scratch.file());
        unpacked.context("cannot unpack the database").map(drop)
    })?;
    let at = shelf.path().join(Shelf::scratch_name(&name));
    sqlite::look(&at, &means.interrupt)?;
    let put_back = || sqlite::put_back(&at, path, &means.interrupt, &mut || Ok(true));
    if !plan.replaces() {
        let restored = put_back().map(drop);
        let remove = || Ok(unless_gone(fs::remove_file(path))?);
        return undone(restored, plan.now == Now::Missing, left, remove).map(|()| None);
    }
    match replace::replace(&at, path, &means.interrupt, secure) {
        Ok(()) => Ok(None),
        Err(error) if replace::is_damaged(path) => {
            let aside = replace::set_aside(path, Utc::now()).with_context(|| format!("{error:#}"))?;
            *left = Left::HalfRestored;
            let lies = || format!("what was there lies as it was in {}", aside.display());
            put_back().with_context(lies)?;
            replace::make_alike(path, &aside).with_context(lies)?;
            Ok(Some(aside))
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    use chrono::TimeDelta;

    use super::*;
    use crate::backup::archive::{Archive, Seal};
    use crate::backup::interrupt::Interrupt;
    use crate::backup::manifest::tests::manifest;
    use crate::backup::tool::SearchPath;

    fn entry(name: &str, hour: i64, state: State) -> Entry {
        let made = manifest(name, hour);
        let why = (state != State::Verified).then(|| "because".to_owned());
        Entry { id: made.id.clone(), state, why, manifest: Some(made) }
    }

    #[test]
    fn an_id_or_the_newest_good_one_of_a_source_is_chosen() {
        let entries = [
            entry("mysql", 9, State::Damaged),
            entry("mysql", 8, State::Suspicious),
            entry("mysql", 7, State::Verified),
            entry("mysql", 6, State::Verified),
        ];
        let now = entries[0].manifest.as_ref().unwrap().created_at;
        let at = |wanted, now| {
            let chosen = pick(&entries, wanted, now, &|_| Ok(()));
            chosen.map(|chosen| chosen.manifest.id).map_err(|error| error.to_string())
        };
        let chosen = |wanted| at(wanted, now);
        assert_eq!(chosen("mysql"), Ok("mysql-7".to_owned()));
        assert_eq!(at("mysql", now - TimeDelta::minutes(210)), Ok("mysql-6".to_owned()));
        assert_eq!(at("mysql", now - TimeDelta::days(1)), Ok("mysql-7".to_owned()));
        assert_eq!(chosen("mysql-6"), Ok("mysql-6".to_owned()));
        assert_eq!(chosen("mysql-8"), Ok("mysql-8".to_owned()));
        assert_eq!(chosen("mysql-9"), Err("mysql-9 is damaged and is not restored: because".to_owned()));
        assert!(chosen("other").unwrap_err().contains("fuelops backup create other"));
    }

    #[test]
    fn what_does_not_prove_is_passed_over_and_told() {
        let mut entries = [9, 8, 7, 6].map(|hour| entry("mysql", hour, State::Verified));
        entries[0].manifest.as_mut().unwrap().is_safety = true;
        entries[1].state = State::Suspicious;
        let now = entries[0].manifest.as_ref().unwrap().created_at;
        let torn = |manifest: &Manifest| if manifest.id == "mysql-7" { bail!("is torn") } else { Ok(()) };
        let chosen = pick(&entries, "mysql", now, &torn).unwrap();
        assert_eq!(chosen.manifest.id, "mysql-6");
        let passed_over: Vec<&str> = chosen.passed_over.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(passed_over, ["mysql-8", "mysql-7"]);
        assert!(chosen.passed_over[1].1.ends_with("is torn"), "{:?}", chosen.passed_over);
        let why = pick(&entries[..3], "mysql", now, &torn).unwrap_err().to_string();
        assert!(why.starts_with("no verified backup of mysql is left; the newest is mysql-8"), "{why}");
        assert_eq!(pick(&entries, "mysql-9", now, &torn).unwrap().manifest.id, "mysql-9");
    }

    #[test]
    fn a_database_is_put_back_only_from_an_archive_that_is_still_the_proven_one() {
        let place = tempfile::tempdir().unwrap();
        let shelf = Shelf::open_or_create(&place.path().join("backups")).unwrap();
        let source = place.path().join("source.db");
        let fill = "CREATE TABLE t (x); INSERT INTO t VALUES (1)";
        rusqlite::Connection::open(&source).unwrap().execute_batch(fill).unwrap();
        let mut archive = Archive::begin(&shelf, "a-1.sql.zst").unwrap();
        archive.write_all(&fs::read(&source).unwrap()).unwrap();
        let (partial, seal) = archive.finish().unwrap();
        partial.keep().unwrap();
        let Seal { bytes, sha256, content_bytes } = seal;
        let right = Manifest { bytes, sha256, content_bytes, ..manifest("a", 1) };
        let wrong = Manifest { sha256: "00".to_owned(), ..right.clone() };
        let means = Means {
            state_dir: place.path().to_owned(),
            path: SearchPath::new(None),
            home: None,
            host: "here".to_owned(),
            interrupt: Interrupt::default(),
        };
        let path = place.path().join("copy.db");
        let plan = |manifest| Plan { manifest, target: Target::Sqlite(path.clone()), now: Now::Missing };
        let failure = apply(&shelf, &means, &plan(wrong), &mut || Ok(())).unwrap_err();
        assert_eq!(failure.left, Left::AsItWas);
        assert!(!path.exists());
        apply(&shelf, &means, &plan(right), &mut || Ok(())).unwrap();
        assert_eq!(sqlite::look(&path, &means.interrupt).unwrap().tables[0].rows, 1);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
