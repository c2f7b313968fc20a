//! Looks whether backups are still what they were; deeply: restores them for a moment and compares.

use std::io;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use super::archive::{Content, Damage, Seal};
use super::create::milliseconds;
use super::flaw::{Look, is_damage, told};
use super::frame::Frame;
use super::key::Key;
use super::login::Login;
use super::manifest::{Kind, Manifest, Table};
use super::means::Means;
use super::shelf::{Entry, Shelf, State};
use super::source::Source;
use super::{files, mysql, postgres, sqlite};

const NO_SCRATCH: &str = "a scratch database cannot be made";
/// Differences that are told.
const SHOWN: usize = 5;

/// What was seen of one backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub entry: Entry,
    pub elapsed_ms: u64,
    /// What is wrong with the archive.
    damage: Option<String>,
    /// Of the restore, where one was asked for.
    pub deep: Option<Deep>,
}

impl Checked {
    /// Adds what restoring it has shown: one that came back as it was is whole, whatever an earlier restore has seen.
    #[must_use]
    pub fn drilled(mut self, deep: Deep) -> Self {
        if let Some(manifest) = self.entry.manifest.clone().filter(|_| deep.is_equal()) {
            self.entry = Entry::whole(manifest);
        }
        Self { deep: Some(deep), ..self }
    }

    /// Whether the archive was read and found whole, so that it can be restored.
    pub fn is_whole(&self) -> bool {
        match self.entry.state {
            State::Verified | State::Suspicious => true,
            // By an earlier restore.
            State::Damaged => self.damage.is_none() && self.known_by() == Some(Look::Restoring),
            State::Unproven | State::Incomplete => false,
        }
    }

    /// How the flaw was found that is written down already.
    fn known_by(&self) -> Option<Look> {
        let flaw = self.entry.manifest.as_ref()?.flaw.as_ref()?;
        Some(flaw.found_by)
    }

    /// What this look has found wrong.
    pub(super) fn flaw(&self) -> Option<(Look, String)> {
        let differs = self.deep.as_ref().and_then(|deep| match &deep.compared {
            Compared::Differs(why) => Some((Look::Restoring, format!("restored, {why}"))),
            Compared::Equal | Compared::Failed(_) => None,
        });
        self.damage.clone().map(|why| (Look::Reading, why)).or(differs)
    }

    /// Whether this look says something else of it than its manifest.
    pub fn is_news(&self) -> bool {
        match self.known_by() {
            None => self.flaw().is_some(),
            Some(_) if self.flaw().is_some() => false,
            Some(Look::Reading) => self.is_whole(),
            // What only a restore could tell is taken back by a restore only.
            Some(Look::Restoring) => self.deep.as_ref().is_some_and(Deep::is_equal),
        }
    }
}

/// What came of restoring a backup for a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deep {
    pub compared: Compared,
    pub tables: u64,
    pub rows: u64,
    pub elapsed_ms: u64,
}

/// What a restored backup was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    Equal,
    /// It is not what the manifest says.
    Differs(String),
    /// It could not be restored or looked at, whosever fault that is.
    Failed(String),
}

impl Deep {
    /// Whether it came back as it was.
    pub fn is_equal(&self) -> bool {
        self.compared == Compared::Equal
    }

    /// Why not.
    pub fn why(&self) -> Option<&str> {
        match &self.compared {
            Compared::Equal => None,
            Compared::Differs(why) | Compared::Failed(why) => Some(why),
        }
    }
}

/// Reads a backup's archive to its end: hash, decoding, start and end. What an earlier look found wrong is looked at anew.
pub fn verify(shelf: &Shelf, entry: &Entry) -> Checked {
    let begun = Instant::now();
    let (mut found, mut damage) = (entry.clone(), None);
    let is_there = |manifest: &&Manifest| match entry.state {
        State::Verified | State::Suspicious => true,
        State::Damaged => manifest.flaw.is_some(),
        State::Unproven | State::Incomplete => false,
    };
    if let Some(manifest) = entry.manifest.as_ref().filter(is_there) {
        match prove(shelf, manifest) {
            Ok(()) if manifest.flaw.as_ref().is_some_and(|flaw| flaw.found_by == Look::Reading) => {
                found = Entry::whole(manifest.clone());
            }
            Ok(()) => {}
            Err(error) => {
                let why = told(manifest, &error);
                damage = is_damage(&error).then(|| why.clone());
                found = Entry { state: State::Damaged, why: Some(why), ..found };
            }
        }
    }
    Checked { entry: found, elapsed_ms: milliseconds(begun), damage, deep: None }
}

/// Whether an archive is what its manifest says.
pub(super) fn prove(shelf: &Shelf, manifest: &Manifest) -> Result<()> {
    let mut content = Content::of(shelf.file(&manifest.file)?)?;
    let mut frame = Frame::new(manifest.origin.kind);
    io::copy(&mut content, &mut frame).map_err(Damage::Undecodable)?;
    content.finish(&seal(manifest))?;
    frame.check()
}

pub(super) fn seal(manifest: &Manifest) -> Seal {
    Seal { bytes: manifest.bytes, sha256: manifest.sha256.clone(), content_bytes: manifest.content_bytes }
}

/// Restores a backup into a place that is made for it and removed again, and compares what is there with the manifest.
pub fn drill(shelf: &Shelf, key: &Key, means: &Means, manifest: &Manifest, source: Option<&Source>) -> Deep {
    let begun = Instant::now();
    let compared = compare(shelf, key, means, manifest, source);
    let compared = match compared {
        Ok(differences) if differences.is_empty() => Compared::Equal,
        Ok(differences) => Compared::Differs(listed(&differences)),
        Err(error) => Compared::Failed(format!("{error:#}")),
    };
    Deep { compared, tables: manifest.table_count, rows: manifest.rows(), elapsed_ms: milliseconds(begun) }
}

fn listed(differences: &[String]) -> String {
    let more = if differences.len() > SHOWN { "; …" } else { "" };
    format!("{}{more}", differences[..differences.len().min(SHOWN)].join("; "))
}

/// What differs after a restore.
fn compare(
    shelf: &Shelf,
    key: &Key,
    means: &Means,
    manifest: &Manifest,
    source: Option<&Source>,
) -> Result<Vec<String>> {
    match (manifest.origin.kind, source) {
        (Kind::Files, _) => {
            let mut content = Content::of(shelf.file(&manifest.file)?)?;
            let members = files::members(&mut content)?;
            content.finish(&seal(manifest))?;
            Ok(if members == manifest.files { vec![] } else { vec!["the files differ".to_owned()] })
        }
        (Kind::Sqlite, _) => compare_sqlite(shelf, means, manifest),
        (Kind::Mysql, Some(Source::Mysql(login))) => {
            let scratch = login.with_database(&key.scratch_name());
            mysql::remove(means, login, scratch.database())?;
            let tables = mysql::create(means, login, scratch.database())
                .context(NO_SCRATCH)
                .and_then(|()| restored(shelf, manifest, |content| mysql::restore(means, &scratch, content)))
                .and_then(|()| mysql::look(means, &scratch));
            finish(tables, mysql::remove(&means.patient(), login, scratch.database()), manifest)
        }
        (Kind::Postgres, Some(Source::Postgres(login))) => {
            compare_postgres(shelf, key, means, manifest, login)
        }
        _ => bail!("the config names no database {} to restore it beside", manifest.origin.name),
    }
}

fn compare_postgres(
    shelf: &Shelf,
    key: &Key,
    means: &Means,
    manifest: &Manifest,
    login: &Login,
) -> Result<Vec<String>> {
    let scratch = login.with_database(&key.scratch_name());
    postgres::remove(means, login, scratch.database())?;
    let into = postgres::Into::Empty;
    let tables = postgres::create(means, login, scratch.database())
        .context(NO_SCRATCH)
        .and_then(|()| restored(shelf, manifest, |content| postgres::restore(means, &scratch, into, content)))
        .and_then(|()| postgres::look(means, &scratch));
    finish(tables, postgres::remove(&means.patient(), login, scratch.database()), manifest)
}

fn restored(
    shelf: &Shelf,
    manifest: &Manifest,
    restore: impl FnOnce(&mut Content) -> Result<()>,
) -> Result<()> {
    let mut content = Content::of(shelf.file(&manifest.file)?)?;
    restore(&mut content).context("it cannot be restored")?;
    content.finish(&seal(manifest))?;
    Ok(())
}

/// The scratch database has to be gone, whatever else came of it.
fn finish(tables: Result<Vec<Table>>, removed: Result<()>, manifest: &Manifest) -> Result<Vec<String>> {
    match (tables, removed.context("the scratch database cannot be removed")) {
        (Ok(tables), Ok(())) => Ok(differences(&manifest.tables, &tables)),
        (Err(error), Ok(())) | (Ok(_), Err(error)) => Err(error),
        (Err(error), Err(left)) => bail!("{error:#}; {left:#}"),
    }
}

fn compare_sqlite(shelf: &Shelf, means: &Means, manifest: &Manifest) -> Result<Vec<String>> {
    let name = format!("{}.drill", manifest.file);
    let scratch = shelf.begin(&name)?;
    let mut content = Content::of(shelf.file(&manifest.file)?)?;
    io::copy(&mut content, &mut scratch.file())?;
    content.finish(&seal(manifest))?;
    let looked = sqlite::look(&shelf.path().join(Shelf::scratch_name(&name)), &means.interrupt)?;
    Ok(differences(&manifest.tables, &looked.tables))
}

/// What is not as it was. Both are in the order of their names.
fn differences(wanted: &[Table], found: &[Table]) -> Vec<String> {
    let mut differences = Vec::new();
    let mut found = found.iter().peekable();
    for table in wanted {
        while let Some(more) = found.next_if(|found| found.name < table.name) {
            differences.push(format!("{} was not dumped", more.name));
        }
        match found.next_if(|found| found.name == table.name) {
            None => differences.push(format!("{} is missing", table.name)),
            Some(same) if same.rows != table.rows => {
                differences.push(format!("{} has {} rows, not {}", table.name, same.rows, table.rows));
            }
            Some(same) if same.sha256 != table.sha256 => {
                differences.push(format!("{} has other rows", table.name));
            }
            Some(_) => {}
        }
    }
    differences.extend(found.map(|more| format!("{} was not dumped", more.name)));
    differences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_is_told() {
        let table = |name: &str, rows, sha: &str| Table { name: name.into(), rows, sha256: sha.into() };
        let wanted = [table("b", 1, "x"), table("c", 2, "x"), table("d", 3, "x"), table("e", 4, "x")];
        let found = [
            table("a", 1, "x"),
            table("c", 3, "x"),
            table("d", 3, "y"),
            table("e", 4, "x"),
            table("f", 0, "x"),
        ];
        assert_eq!(
            differences(&wanted, &found),
            [
                "a was not dumped",
                "b is missing",
                "c has 3 rows, not 2",
                "d has other rows",
                "f was not dumped"
            ]
        );
        assert!(differences(&wanted, &wanted).is_empty());
    }

    #[test]
    fn a_scratch_database_that_stays_is_told_whatever_else_failed() {
        let manifest = crate::backup::manifest::tests::manifest("a", 1);
        let failed = |why: &str| anyhow::anyhow!("{why}");
        let told = |tables, removed| format!("{:#}", finish(tables, removed, &manifest).unwrap_err());
        let left = "the scratch database cannot be removed: refused";
        assert_eq!(told(Ok(vec![]), Err(failed("refused"))), left);
        assert_eq!(told(Err(failed("interrupted")), Ok(())), "interrupted");
        let both = told(Err(failed("interrupted")), Err(failed("refused")));
        assert_eq!(both, format!("interrupted; {left}"));
    }
}
