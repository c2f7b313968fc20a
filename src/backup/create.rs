//! Makes one backup: dumped, compressed and hashed in one stream, read back, compared with those before it, signed.
//!
//! Until all of that agrees it has no name, and nothing of it counts.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, SubsecRound, Utc};

use super::archive::{Archive, Content, Seal};
use super::frame::Frame;
use super::gather::Skipped;
use super::judge::judge;
use super::key::Key;
use super::manifest::{FORMAT, Kind, Manifest, Origin, Standing, Versions};
use super::means::Means;
use super::script::Contents;
use super::shelf::{Entry, Partial, Shelf};
use super::source::Source;
use super::{files, mysql, postgres, sqlite};
use crate::platform::files::{FileId, Folder};

/// Longest part of a name that comes from outside.
const MAX_SLUG: usize = 100;
/// Backups of one source in one second.
const MAX_PER_SECOND: u32 = 100;

/// Whether a backup may replace those before, even where it holds much less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shrinking {
    Doubted,
    /// Somebody has said that it is meant so.
    Accepted,
    /// However much it holds: it is what a restore is going to replace.
    Never,
}

/// What came of making a backup.
#[derive(Debug)]
pub enum Made {
    Done {
        manifest: Box<Manifest>,
        skipped: Vec<Skipped>,
    },
    /// No file matches.
    Nothing {
        skipped: Vec<Skipped>,
    },
}

/// Makes a backup of one source. `before` is what the shelf holds, newest first.
///
/// # Errors
/// When any part of it fails; then nothing of it is left.
pub fn create(
    shelf: &Shelf,
    key: &Key,
    means: &Means,
    (origin, source): (&Origin, &Source),
    before: &[Entry],
    shrinking: Shrinking,
    now: DateTime<Utc>,
) -> Result<Made> {
    let now = now.trunc_subsecs(0);
    let id = free_id(shelf, origin, now)?;
    let file = format!("{id}{}", origin.kind.ending());
    let begun = Instant::now();
    let mut archive = Archive::begin(shelf, &file).context("cannot begin an archive")?;
    let drawn = draw(shelf, means, source, &file, &mut archive)?;
    let (partial, seal) = archive.finish().context("cannot write the archive")?;
    let dump_ms = milliseconds(begun);
    if origin.kind == Kind::Files && drawn.members.is_empty() {
        return Ok(Made::Nothing { skipped: drawn.skipped });
    }
    let begun = Instant::now();
    let inspected =
        read_back(means, origin.kind, &partial, &seal).context("the archive cannot be read back")?;
    let contents = inspected.unwrap_or(drawn.contents);
    let server = drawn.server.or(contents.server);
    let mut manifest = Manifest {
        format: FORMAT,
        id,
        origin: origin.clone(),
        place: source.place(),
        host: means.host.clone(),
        created_at: now,
        standing: Standing::Verified,
        is_safety: shrinking == Shrinking::Never,
        remarks: drawn.remarks,
        file,
        bytes: seal.bytes,
        sha256: seal.sha256,
        content_bytes: seal.content_bytes,
        tables: contents.tables,
        table_count: contents.table_count,
        files: drawn.members,
        versions: Versions { fuelops: env!("CARGO_PKG_VERSION").to_owned(), tool: drawn.tool, server },
        dump_ms,
        verify_ms: milliseconds(begun),
        flaw: None,
    };
    weigh(&mut manifest, before, shrinking);
    partial.keep_with(&manifest, key).context("cannot name the archive")?;
    Ok(Made::Done { manifest: Box::new(manifest), skipped: drawn.skipped })
}

/// Says whether a backup may replace those before it.
fn weigh(manifest: &mut Manifest, before: &[Entry], shrinking: Shrinking) {
    let origin = manifest.origin.clone();
    let before: Vec<&Manifest> =
        before.iter().filter_map(Entry::verified).filter(|m| m.origin == origin).collect();
    let judgement = judge(manifest, &before);
    manifest.remarks.extend(judgement.remarks);
    if judgement.doubts.is_empty() {
        return;
    }
    if shrinking == Shrinking::Accepted {
        manifest.remarks.extend(judgement.doubts.into_iter().map(|doubt| format!("accepted: {doubt}")));
    } else {
        manifest.standing = Standing::Suspicious;
        manifest.remarks.splice(0..0, judgement.doubts);
    }
}

/// What was drawn from a source.
#[derive(Default)]
struct Drawn {
    contents: Contents,
    members: Vec<super::manifest::Member>,
    skipped: Vec<Skipped>,
    remarks: Vec<String>,
    tool: Option<String>,
    server: Option<String>,
}

fn draw(
    shelf: &Shelf,
    means: &Means,
    source: &Source,
    file: &str,
    archive: &mut Archive<'_>,
) -> Result<Drawn> {
    match source {
        Source::Mysql(login) => Ok(of_dump(mysql::dump(means, login, archive)?)),
        Source::Postgres(login) => Ok(of_dump(postgres::dump(means, login, archive)?)),
        Source::Sqlite(path) => draw_sqlite(shelf, means, path, file, archive),
        Source::Files(patterns) => {
            let packed = files::pack(patterns, &own_folders(shelf, means), archive, &means.interrupt)?;
            let (members, skipped, remarks) = (packed.members, packed.skipped, packed.remarks);
            Ok(Drawn { members, skipped, remarks, ..Drawn::default() })
        }
    }
}

fn of_dump(dumped: mysql::Dumped) -> Drawn {
    let mysql::Dumped { contents, tool, remarks } = dumped;
    Drawn { contents, remarks, tool: Some(tool), ..Drawn::default() }
}

/// SQLite copies into a file of its own; that one is packed, and gone again.
fn draw_sqlite(
    shelf: &Shelf,
    means: &Means,
    path: &Path,
    file: &str,
    archive: &mut Archive<'_>,
) -> Result<Drawn> {
    let name = format!("{file}.copy");
    let copy = shelf.begin(&name).context("cannot begin a copy")?;
    let at = shelf.path().join(Shelf::scratch_name(&name));
    sqlite::copy(path, &at, &means.interrupt)?;
    let looked = sqlite::look(&at, &means.interrupt)?;
    let mut content = copy.file().try_clone()?;
    content.seek(SeekFrom::Start(0))?;
    let copied =
        io::copy(&mut means.interrupt.watch(content), archive).context("cannot write the archive")?;
    if copied == 0 {
        bail!("the copy is empty: {} was swapped while it was made", shelf.path().display());
    }
    let table_count = looked.tables.len() as u64;
    let contents = Contents { tables: looked.tables, table_count, ..Contents::default() };
    Ok(Drawn { contents, server: Some(format!("SQLite {}", looked.version)), ..Drawn::default() })
}

/// Folders that no pattern reaches into: the backups themselves, and what holds their key.
fn own_folders(shelf: &Shelf, means: &Means) -> HashSet<FileId> {
    let id = |path: &Path| Folder::open_trusted(path).and_then(|folder| folder.id()).ok();
    [shelf.path(), &means.state_dir].into_iter().filter_map(id).collect()
}

/// Reads an archive back as a restore would; for PostgreSQL, its own program tells what is in it.
fn read_back(means: &Means, kind: Kind, partial: &Partial<'_>, seal: &Seal) -> Result<Option<Contents>> {
    let mut file: File = partial.file().try_clone()?;
    file.seek(SeekFrom::Start(0))?;
    let mut content = Content::of(file)?;
    let inspected = match kind {
        Kind::Postgres => Some(postgres::inspect(means, &mut content)?),
        _ => {
            let mut frame = Frame::new(kind);
            io::copy(&mut means.interrupt.watch(content.by_ref()), &mut frame)?;
            frame.check()?;
            None
        }
    };
    content.finish(seal)?;
    Ok(inspected)
}

/// A name that nothing has: the source's, and the second.
fn free_id(shelf: &Shelf, origin: &Origin, now: DateTime<Utc>) -> Result<String> {
    let base = format!("{}-{}", slug(origin), now.format("%Y%m%dT%H%M%SZ"));
    for number in 1..=MAX_PER_SECOND {
        let id = if number == 1 { base.clone() } else { format!("{base}-{number}") };
        let file = format!("{id}{}", origin.kind.ending());
        if shelf.is_free(&Manifest::name(&id))? && shelf.is_free(&file)? {
            return Ok(id);
        }
    }
    bail!("{MAX_PER_SECOND} backups of {} were made in this second", origin.name)
}

/// What of a source's name may stand in the name of a file.
fn slug(origin: &Origin) -> String {
    let name = match origin.kind {
        Kind::Sqlite => {
            Path::new(&origin.name).file_name().unwrap_or_default().to_string_lossy().into_owned()
        }
        _ => origin.name.clone(),
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.@-".contains(c);
    let slug: String = name.chars().take(MAX_SLUG).map(|c| if is_plain(c) { c } else { '_' }).collect();
    let slug = slug.trim_start_matches(['.', '-']);
    if slug.is_empty() { origin.kind.word().to_owned() } else { slug.to_owned() }
}

pub(super) fn milliseconds(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::backup::interrupt::Interrupt;
    use crate::backup::tool::SearchPath;

    #[test]
    fn whenever_an_end_is_asked_for_nothing_half_made_is_left() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("app.db");
        let database = rusqlite::Connection::open(&path).unwrap();
        database.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (randomblob(100000))").unwrap();
        let shelf = Shelf::open_or_create(&place.path().join("backups")).unwrap();
        let (key, origin) = (Key::of(&[7; 32]), Origin { kind: Kind::Sqlite, name: "app.db".to_owned() });
        let attempt = |patience: u32| {
            let asked = AtomicU32::new(0);
            let means = Means {
                state_dir: place.path().to_owned(),
                path: SearchPath::new(None),
                home: None,
                host: "here".to_owned(),
                interrupt: Interrupt::new(move || asked.fetch_add(1, Ordering::SeqCst) >= patience),
            };
            let source = Source::Sqlite(path.clone());
            create(&shelf, &key, &means, (&origin, &source), &[], Shrinking::Doubted, Utc::now())
        };
        let mut patience = 0;
        while attempt(patience).is_err() {
            assert_eq!(fs::read_dir(shelf.path()).unwrap().count(), 0, "after {patience} looks");
            patience += 1;
        }
        assert!(patience > 5, "only {patience} looks");
        assert_eq!(fs::read_dir(shelf.path()).unwrap().count(), 2);
    }

    #[test]
    fn names_of_files_are_harmless() {
        let of = |kind, name: &str| slug(&Origin { kind, name: name.to_owned() });
        assert_eq!(of(Kind::Mysql, "mysql:main@1"), "mysql_main@1");
        assert_eq!(of(Kind::Sqlite, "data/it's.db"), "it_s.db");
        assert_eq!(of(Kind::Sqlite, "/.."), "sqlite");
        assert_eq!(of(Kind::Sqlite, "x/.hidden"), "hidden");
    }
}
