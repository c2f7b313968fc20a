//! What others need to know of the backups: how old the newest good one is, and which files must not be cleaned away.

use std::collections::{BTreeSet, HashSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::flaw::told;
use super::key::{Key, KeyError};
use super::manifest::{Kind, Manifest, Origin};
use super::shelf::{Entry, Shelf, newest, verified};
use super::verify::prove;

/// Why nothing can be said of the backups.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("cannot read {}", path.display())]
    Shelf { path: PathBuf, source: io::Error },
}

/// The newest verified backup of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newest {
    pub origin: Origin,
    /// Absent where there is none.
    pub backup: Option<NewestBackup>,
}

/// What is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewestBackup {
    pub id: String,
    pub created_at: DateTime<Utc>,
    pub bytes: u64,
}

/// Looks for the newest verified backup of each source, by the manifests alone; no archive is read.
///
/// # Errors
/// When the folder or the key cannot be read.
pub fn newest_verified(
    dir: &Path,
    state_dir: &Path,
    origins: &[Origin],
    now: DateTime<Utc>,
) -> Result<Vec<Newest>, WatchError> {
    let entries = entries(dir, state_dir)?.0;
    let told = |manifest: &Manifest| NewestBackup {
        id: manifest.id.clone(),
        created_at: manifest.created_at,
        bytes: manifest.bytes,
    };
    let of =
        |origin: &Origin| Newest { origin: origin.clone(), backup: newest(&entries, origin, now).map(told) };
    Ok(origins.iter().map(of).collect())
}

/// The files that nobody may remove: the newest verified backup of each source with its manifest. Where a source has
/// none, or nothing can be proven, everything that looks like a backup.
///
/// # Errors
/// When the folder or the key cannot be read.
pub fn protected(dir: &Path, state_dir: &Path, now: DateTime<Utc>) -> Result<Vec<PathBuf>, WatchError> {
    let (entries, has_key) = entries(dir, state_dir)?;
    Ok(shielded(dir, &entries, has_key, &mut |origin| newest(&entries, origin, now).into_iter().collect()))
}

/// What stays once archives were read.
#[derive(Debug, Default)]
pub struct Proven {
    pub files: Vec<PathBuf>,
    /// What was read and is no good: the one before it stays as well.
    pub flaws: Vec<String>,
}

/// The same for those who are about to remove `taken`, names in that folder: of a source that loses something, what stays
/// is read to its end first. One that is damaged stays, and so do those before it down to one that is whole.
///
/// # Errors
/// When the folder or the key cannot be read.
pub fn proven(
    dir: &Path,
    state_dir: &Path,
    taken: &HashSet<OsString>,
    now: DateTime<Utc>,
) -> Result<Proven, WatchError> {
    let unreadable = |source| WatchError::Shelf { path: dir.to_owned(), source };
    let Some(shelf) = Shelf::open(dir).map_err(unreadable)? else { return Ok(Proven::default()) };
    let (entries, has_key) = entries(dir, state_dir)?;
    let loses = |origin: &Origin| {
        let mut of_origin = entries.iter().filter_map(|entry| entry.manifest.as_ref());
        let is_taken = |name: &String| taken.contains(OsStr::new(name));
        of_origin.any(|manifest| manifest.origin == *origin && names_of(manifest).iter().any(is_taken))
    };
    let mut flaws = Vec::new();
    let files = shielded(dir, &entries, has_key, &mut |origin| {
        let mut stay = Vec::new();
        for manifest in verified(&entries, origin, now) {
            stay.push(manifest);
            match if loses(origin) { prove(&shelf, manifest) } else { Ok(()) } {
                Ok(()) => return stay,
                Err(error) => flaws.push(told(manifest, &error)),
            }
        }
        Vec::new()
    });
    Ok(Proven { files, flaws })
}

/// The files of what stays by source; where that is nothing, or not all is proven, of everything.
fn shielded<'a>(
    dir: &Path,
    entries: &'a [Entry],
    has_key: bool,
    stay: &mut dyn FnMut(&Origin) -> Vec<&'a Manifest>,
) -> Vec<PathBuf> {
    let manifests = || entries.iter().filter_map(|entry| entry.manifest.as_ref());
    let origins: BTreeSet<&Origin> = manifests().map(|manifest| &manifest.origin).collect();
    let is_certain = has_key && entries.iter().all(|entry| entry.manifest.is_some());
    let mut names = Vec::new();
    for origin in origins {
        let stay = if is_certain { stay(origin) } else { Vec::new() };
        if stay.is_empty() {
            names.extend(manifests().filter(|manifest| manifest.origin == *origin).flat_map(names_of));
        } else {
            names.extend(stay.into_iter().flat_map(names_of));
        }
    }
    // Whatever they belong to: an archive stands under its manifest's name.
    for entry in entries.iter().filter(|entry| entry.manifest.is_none()) {
        names.push(Manifest::name(&entry.id));
        names.extend(Kind::ALL.iter().map(|kind| format!("{}{}", entry.id, kind.ending())));
    }
    names.into_iter().map(|name| dir.join(name)).filter(|path| path.exists()).collect()
}

fn names_of(manifest: &Manifest) -> [String; 2] {
    [Manifest::name(&manifest.id), manifest.file.clone()]
}

fn entries(dir: &Path, state_dir: &Path) -> Result<(Vec<Entry>, bool), WatchError> {
    let unreadable = |source| WatchError::Shelf { path: dir.to_owned(), source };
    let key = Key::load(state_dir)?;
    let Some(shelf) = Shelf::open(dir).map_err(unreadable)? else { return Ok((Vec::new(), key.is_some())) };
    Ok((shelf.entries(key.as_ref()).map_err(unreadable)?, key.is_some()))
}
