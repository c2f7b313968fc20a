//! How large the configured folders on a full disk are, within a budget of time.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// All the time that the question may take.
const BUDGET: Duration = Duration::from_millis(300);
/// Folders that are asked about.
const MAX_FOLDERS: usize = 32;
/// Folders that are reported.
const SHOWN: usize = 5;
/// Folders of a walk that wait to be read; beyond it the answer is "at least".
const MAX_PENDING: usize = 100_000;

/// A folder and the space that its files take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::checks) struct FolderSize {
    pub(in crate::checks) path: PathBuf,
    pub(in crate::checks) bytes: u64,
    /// The walk was cut off by the budget: there is more.
    pub(in crate::checks) is_at_least: bool,
}

/// Returns the largest of `folders` that lie on the same file system as `on`, largest first.
pub(super) fn largest(on: &Path, folders: &[PathBuf]) -> Vec<FolderSize> {
    let Ok(device) = on.metadata().map(|m| m.dev()) else { return Vec::new() };
    let end = Instant::now() + BUDGET;
    let here: Vec<&PathBuf> = folders
        .iter()
        .filter(|f| f.symlink_metadata().is_ok_and(|m| m.is_dir() && m.dev() == device))
        .filter(|f| !is_mount(f, device))
        .take(MAX_FOLDERS)
        .collect();
    let mut sizes = Vec::new();
    for (done, folder) in here.iter().enumerate() {
        let left = end.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(here.len() - done).unwrap_or(1);
        sizes.push(measure(folder, device, Instant::now() + share));
    }
    sizes.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)));
    sizes.truncate(SHOWN);
    sizes
}

/// Whether a folder is where its file system is mounted: that all of it lies there tells nothing.
fn is_mount(folder: &Path, device: u64) -> bool {
    let above = folder.parent().map(|parent| parent.metadata().map(|m| m.dev()));
    above.is_none_or(|above| above.is_ok_and(|above| above != device))
}

/// Sums the blocks of all files below, each file once, following no link and leaving the device nowhere.
fn measure(folder: &Path, device: u64, end: Instant) -> FolderSize {
    let mut size = FolderSize { path: folder.to_owned(), bytes: 0, is_at_least: false };
    let mut pending = vec![folder.to_owned()];
    let mut linked = HashSet::new();
    while let Some(dir) = pending.pop() {
        let Ok(entries) = fs::read_dir(&dir) else { continue };
        for entry in entries.flatten() {
            if Instant::now() >= end || pending.len() > MAX_PENDING {
                size.is_at_least = true;
                return size;
            }
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.dev() != device || (metadata.nlink() > 1 && !linked.insert(metadata.ino())) {
                continue;
            }
            size.bytes = size.bytes.saturating_add(metadata.blocks().saturating_mul(512));
            if metadata.is_dir() {
                pending.push(entry.path());
            }
        }
    }
    size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn largest_folder_stands_first_and_links_count_once() {
        let dir = tempfile::tempdir().unwrap();
        let (small, big) = (dir.path().join("small"), dir.path().join("big"));
        fs::create_dir_all(big.join("deep")).unwrap();
        fs::create_dir(&small).unwrap();
        fs::write(small.join("a"), vec![1; 10_000]).unwrap();
        fs::write(big.join("deep/b"), vec![1; 300_000]).unwrap();
        fs::hard_link(big.join("deep/b"), big.join("again")).unwrap();
        std::os::unix::fs::symlink("/", big.join("everything")).unwrap();
        let found = largest(dir.path(), &[small.clone(), big.clone(), dir.path().join("missing")]);
        assert_eq!(found.iter().map(|f| &f.path).collect::<Vec<_>>(), [&big, &small]);
        assert!((300_000..600_000).contains(&found[0].bytes), "{found:?}");
        assert!(!found[0].is_at_least);
    }

    #[test]
    fn walk_that_runs_out_of_time_says_at_least() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), "x").unwrap();
        let device = dir.path().metadata().unwrap().dev();
        assert!(measure(dir.path(), device, Instant::now()).is_at_least);
    }
}
