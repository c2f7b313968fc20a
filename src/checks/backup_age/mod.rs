//! How old the newest good backup is: by the signed manifests of our own, and by the age of files where another tool
//! makes them.

mod judge;

pub(super) use judge::judge;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::Utc;

use crate::backup::{self, Newest, Origin};

/// Folders below the folder of the backups that are looked into.
const MAX_DEPTH: usize = 3;
/// Files that are looked at.
const MAX_FILES: usize = 100_000;

/// Where backups stand, and of what there should be some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackupFolder {
    pub dir: PathBuf,
    /// Holds the key that proves the manifests.
    pub state_dir: PathBuf,
    pub origins: Vec<Origin>,
}

/// What stands in the folder.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BackupObservation {
    pub(super) dir: PathBuf,
    /// By the manifests; with the reason where they cannot be read.
    pub(super) verified: Result<Vec<Newest>, String>,
    /// The newest file that is not empty; with the reason where there is none. Looked for only where no manifest tells.
    pub(super) newest_file: Result<NewestFile, String>,
}

/// A file, whoever has made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NewestFile {
    pub(super) path: PathBuf,
    pub(super) at: SystemTime,
    pub(super) bytes: u64,
    /// One of ours stands beside it, so that nobody else makes backups here.
    pub(super) has_manifests: bool,
}

/// Looks; reads no archive.
pub(super) fn observe(folder: &BackupFolder) -> BackupObservation {
    let verified = backup::newest_verified(&folder.dir, &folder.state_dir, &folder.origins, Utc::now());
    // Files tell something only where no manifest does.
    let is_told = verified.as_ref().map_or(true, |newest| newest.iter().any(|n| n.backup.is_some()));
    let newest_file = if is_told { Err("not looked for".to_owned()) } else { newest_file(&folder.dir) };
    BackupObservation {
        dir: folder.dir.clone(),
        verified: verified.map_err(|error| chain(&error)),
        newest_file,
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}

fn newest_file(dir: &Path) -> Result<NewestFile, String> {
    let mut newest: Option<NewestFile> = None;
    let mut has_manifests = false;
    let mut folders = vec![(dir.to_owned(), 0)];
    let mut looked_at = 0;
    while let Some((folder, depth)) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if depth == 0 && error.kind() == ErrorKind::NotFound => {
                return Err(format!("there is no folder {}, and so no backup", dir.display()));
            }
            Err(error) if depth == 0 => return Err(format!("{}: {error}", dir.display())),
            Err(_) => continue,
            Ok(entries) => entries,
        };
        for entry in entries.flatten() {
            looked_at += 1;
            if looked_at > MAX_FILES {
                break;
            }
            let name = entry.file_name();
            // What begins with a dot is half made, or a manager's own.
            if name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() && depth + 1 < MAX_DEPTH {
                folders.push((entry.path(), depth + 1));
            }
            has_manifests |= name.as_encoded_bytes().ends_with(b".manifest.json");
            let Ok(at) = metadata.modified() else { continue };
            let is_newer = newest.as_ref().is_none_or(|newest| newest.at < at);
            if metadata.is_file() && metadata.len() > 0 && is_newer {
                newest =
                    Some(NewestFile { path: entry.path(), at, bytes: metadata.len(), has_manifests: false });
            }
        }
    }
    let newest = newest.ok_or_else(|| format!("{} holds no backup", dir.display()))?;
    Ok(NewestFile { has_manifests, ..newest })
}
