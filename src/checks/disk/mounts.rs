//! Which file systems are measured: one mount for each space. Pure, over the list of mounts.

use std::path::{Path, PathBuf};

use crate::platform::Mount;

/// The mounts to measure, and which of them holds the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::checks) struct Chosen {
    pub(in crate::checks) paths: Vec<PathBuf>,
    /// Index of the mount that holds the root.
    pub(in crate::checks) root: Option<usize>,
}

/// Chooses from all mounts: every disk, and whatever holds the root or a configured folder. Mounts that show the same
/// space count once; the one that holds the root stands for it, else the one with the shortest path.
pub(in crate::checks) fn choose(
    mounts: &[Mount],
    root: &Path,
    folders: &[PathBuf],
    is_dir: &dyn Fn(&Path) -> bool,
) -> Chosen {
    let holder = |path: &Path| {
        let above = mounts.iter().enumerate().filter(|(_, m)| path.starts_with(&m.path));
        // A later mount on the same path hides the earlier one.
        above.max_by_key(|(n, m)| (m.path.as_os_str().len(), *n)).map(|(n, _)| n)
    };
    let of_root = holder(root);
    let mut wanted: Vec<usize> = of_root.into_iter().collect();
    wanted.extend(folders.iter().filter_map(|f| holder(f)));
    let mut disks: Vec<usize> = (0..mounts.len()).filter(|n| mounts[*n].is_disk).collect();
    disks.sort_by_key(|n| mounts[*n].path.as_os_str().len());
    // Container engines bind single files of the host's disk; no one looks for a disk there.
    wanted.extend(disks.into_iter().filter(|n| is_dir(&mounts[*n].path)));
    let mut chosen = Chosen::default();
    let mut spaces = Vec::new();
    for n in wanted {
        if spaces.contains(&&mounts[n].space) {
            continue;
        }
        spaces.push(&mounts[n].space);
        chosen.root = chosen.root.or((Some(n) == of_root).then_some(chosen.paths.len()));
        chosen.paths.push(mounts[n].path.clone());
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(path: &str, space: &str, is_disk: bool) -> Mount {
        Mount {
            path: path.into(),
            source: String::new(),
            kind: String::new(),
            is_disk,
            is_read_only: false,
            space: space.into(),
        }
    }

    fn chosen(mounts: &[Mount], root: &str, folders: &[&str]) -> (Vec<String>, Option<usize>) {
        let folders: Vec<PathBuf> = folders.iter().map(PathBuf::from).collect();
        let found = choose(mounts, Path::new(root), &folders, &|p| p != Path::new("/etc/hosts"));
        (found.paths.iter().map(|p| p.display().to_string()).collect(), found.root)
    }

    #[test]
    fn bind_mounts_count_once_and_the_root_names_its_disk() {
        let mounts = [
            mount("/", "sda", true),
            mount("/proc", "proc", false),
            mount("/srv/app", "sda", true),
            mount("/data", "sdb", true),
            mount("/etc/hosts", "sdc", true),
        ];
        assert_eq!(chosen(&mounts, "/srv/app/now", &[]), (vec!["/srv/app".into(), "/data".into()], Some(0)));
        assert_eq!(chosen(&mounts, "/home", &[]), (vec!["/".into(), "/data".into()], Some(0)));
    }

    #[test]
    fn memory_file_system_counts_only_where_it_holds_something_of_ours() {
        let mounts = [mount("/", "sda", true), mount("/run", "tmpfs", false), mount("/tmp", "tmp2", false)];
        assert_eq!(chosen(&mounts, "/tmp/app", &[]), (vec!["/tmp".into(), "/".into()], Some(0)));
        assert_eq!(chosen(&mounts, "/home", &["/run/logs"]), (vec!["/".into(), "/run".into()], Some(0)));
    }

    #[test]
    fn later_mount_on_the_same_path_hides_the_earlier() {
        let mounts = [mount("/mnt", "old", true), mount("/mnt", "new", true)];
        assert_eq!(chosen(&mounts, "/mnt/x", &[]).0.len(), 2);
        let found = choose(&mounts, Path::new("/mnt/x"), &[], &|_| true);
        assert_eq!(found.root, Some(0));
    }
}
