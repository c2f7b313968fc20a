//! Memory limits of control groups, version 2 and 1.
//!
//! `/proc/PID/cgroup` says which group, `/proc/self/mountinfo` where the hierarchy is mounted and which part of it is
//! seen. A limit may stand on any level above the process, so every level up to the mount is read.

use std::path::{Path, PathBuf};

use super::disks::{MountLine, mount_lines};
use super::read_text;
use crate::platform::MemoryLimit;

/// Version 1 writes "no limit" as the largest multiple of a page.
const UNLIMITED_V1: u64 = 1 << 60;
/// Deepest nesting that is walked; the kernel's own trees are far flatter.
const MAX_LEVELS: usize = 64;

/// Returns the tightest memory limit above a process; `None` without one, or when it cannot be read.
pub fn limit_of(pid: u32) -> Option<MemoryLimit> {
    let groups = read_text(&format!("/proc/{pid}/cgroup")).ok()?;
    let mounts = mount_lines().ok()?;
    let place = place(&groups, &mounts)?;
    let levels = place.dir.ancestors().take_while(|dir| dir.starts_with(&place.top)).take(MAX_LEVELS);
    levels.filter_map(|dir| place.version.read(dir)).min_by_key(|limit| limit.limit_bytes)
}

/// Where the memory group of a process is seen from here.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    version: Version,
    top: PathBuf,
    dir: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

impl Version {
    fn read(self, dir: &Path) -> Option<MemoryLimit> {
        let (limit, current, cache) = match self {
            Self::One => ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "),
            Self::Two => ("memory.max", "memory.current", "inactive_file "),
        };
        let text = |name: &str| read_text(dir.join(name).to_str()?).ok();
        let limit_bytes = text(limit)?.trim().parse().ok().filter(|n| *n < UNLIMITED_V1)?;
        let current: u64 = text(current)?.trim().parse().ok()?;
        let cache = text("memory.stat").and_then(|stat| {
            stat.lines().find_map(|l| l.strip_prefix(cache)).and_then(|n| n.trim().parse().ok())
        });
        Some(MemoryLimit { limit_bytes, used_bytes: current.saturating_sub(cache.unwrap_or(0)) })
    }
}

/// Version 1 goes first: where both are mounted, the memory controller is on its side if it has a line there.
fn place(groups: &str, mounts: &[MountLine]) -> Option<Place> {
    let one = groups.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let has_memory = parts.next()?.split(',').any(|c| c == "memory");
        has_memory.then(|| parts.next()).flatten()
    });
    if let Some(path) = one {
        let mount =
            mounts.iter().find(|m| m.kind == "cgroup" && m.options.split(',').any(|o| o == "memory"))?;
        return Some(seen(Version::One, path, mount));
    }
    let path = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    let mount = mounts.iter().find(|m| m.kind == "cgroup2")?;
    Some(seen(Version::Two, path, mount))
}

fn seen(version: Version, path: &str, mount: &MountLine) -> Place {
    // In a container without a namespace of its own the path starts with the part that the mount hides.
    let inside = Path::new(path).strip_prefix(&mount.root).unwrap_or(Path::new(""));
    let inside = inside.strip_prefix("/").unwrap_or(inside);
    Place { version, top: mount.path.clone(), dir: mount.path.join(inside) }
}

#[cfg(test)]
mod tests {
    use super::super::disks::parse_mount_lines;
    use super::*;

    #[test]
    fn version_2_is_found_below_its_mount() {
        let mounts = parse_mount_lines("31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
        let place = place("0::/system.slice/app.service\n", &mounts).unwrap();
        assert_eq!(place.version, Version::Two);
        assert_eq!(place.dir, Path::new("/sys/fs/cgroup/system.slice/app.service"));
    }

    #[test]
    fn container_that_sees_only_its_own_part_reads_the_mount_itself() {
        let mounts =
            parse_mount_lines("35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
        let place = place("4:memory:/docker/abc\n0::/\n", &mounts).unwrap();
        assert_eq!(place.version, Version::One);
        assert_eq!(place.dir, Path::new("/sys/fs/cgroup/memory"));
    }

    #[test]
    fn limit_is_read_without_droppable_cache() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("memory.max"), "1000\n").unwrap();
        std::fs::write(dir.path().join("memory.current"), "800\n").unwrap();
        std::fs::write(dir.path().join("memory.stat"), "anon 5\ninactive_file 300\n").unwrap();
        assert_eq!(Version::Two.read(dir.path()), Some(MemoryLimit { limit_bytes: 1000, used_bytes: 500 }));
        std::fs::write(dir.path().join("memory.max"), "max\n").unwrap();
        assert_eq!(Version::Two.read(dir.path()), None);
    }
}
