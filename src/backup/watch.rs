//! What others need to know of the backups: how old the newest good one is, and which files must not be cleaned away.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::key::{Key, KeyError};
use super::manifest::{Manifest, Origin};
use super::shelf::{Entry, Shelf, newest};

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
    let origins: BTreeSet<&Origin> =
        entries.iter().filter_map(|entry| entry.manifest.as_ref()).map(|m| &m.origin).collect();
    let is_certain = has_key && entries.iter().all(|entry| entry.manifest.is_some());
    let mut names = Vec::new();
    for origin in origins {
        let all = entries.iter().filter_map(|entry| entry.manifest.as_ref()).filter(|m| m.origin == *origin);
        match newest(&entries, origin, now) {
            Some(manifest) if is_certain => names.extend(names_of(manifest)),
            _ => names.extend(all.flat_map(names_of)),
        }
    }
    if !is_certain {
        // Whatever they belong to: an archive stands under its manifest's name.
        let unproven = entries.iter().filter(|entry| entry.manifest.is_none());
        for entry in unproven {
            names.push(Manifest::name(&entry.id));
            let endings = super::manifest::Kind::ALL.iter().map(|kind| kind.ending());
            names.extend(endings.map(|ending| format!("{}{ending}", entry.id)));
        }
    }
    Ok(names.into_iter().map(|name| dir.join(name)).filter(|path| path.exists()).collect())
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
