//! Disks and their inodes: every real disk, the one that holds the root and the ones that checks name.
//!
//! A file system that does not answer hangs one thread, which is left behind, and delays nothing else. When a disk is
//! filling up, the configured folders on it are measured, within a fixed budget.

mod folders;
mod judge;
mod mounts;

pub(super) use judge::{judge_check, judge_mount, judge_mount_missed};

use std::path::{Path, PathBuf};

use crate::config::Bars;
use crate::platform::{self, DiskUsage};
use folders::FolderSize;
use mounts::Chosen;

/// What one file system says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DiskObservation {
    pub(super) usage: Result<DiskUsage, String>,
    /// The largest of the configured folders on it; measured only when it is filling up.
    pub(super) largest: Vec<FolderSize>,
}

/// Measures the file system that holds `path`. May hang where the file system does.
pub(super) fn observe(path: &Path, folders: &[PathBuf], bars: Bars) -> DiskObservation {
    let usage = platform::disk_usage(path).map_err(|e| format!("cannot measure {}: {e}", path.display()));
    let is_filling = usage.as_ref().is_ok_and(|u| u.used_percent() >= bars.warn);
    let largest = if is_filling { folders::largest(path, folders) } else { Vec::new() };
    DiskObservation { usage, largest }
}

/// Finds the mounts to measure. May hang where the folders do.
pub(super) fn find(root: &Path, folders: &[PathBuf]) -> Chosen {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folders: Vec<PathBuf> = folders.iter().map(|f| real(f)).collect();
    let mounts = platform::mounts().unwrap_or_default();
    mounts::choose(&mounts, &real(root), &folders, &|path| path.is_dir())
}
