//! Limits of control groups on memory and processor time, and whom the kernel kills for them, version 2 and 1.
//!
//! `/proc/PID/cgroup` says which group, `/proc/self/mountinfo` where the hierarchy is mounted and which part of it is
//! seen. A limit may stand on any level above the process, so every level up to the mount is read.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::disks::{MountLine, mount_lines};
use super::read_text;
use crate::platform::{CpuQuota, MemoryLimit};

/// Version 1 writes "no limit" as the largest multiple of a page.
const UNLIMITED_V1: u64 = 1 << 60;
/// Deepest nesting that is walked; the kernel's own trees are far flatter.
const MAX_LEVELS: usize = 64;

/// Returns the tightest memory limit above a process; `None` without one, or when it cannot be read.
pub fn limit_of(pid: u32) -> Option<MemoryLimit> {
    let place = Place::of(pid, "memory")?;
    place.levels().filter_map(|dir| place.version.memory(dir)).min_by_key(|limit| limit.limit_bytes)
}

/// Returns the tightest grant of processor time above this process; `None` without one, or when it cannot be read.
pub fn cpu_quota() -> Option<CpuQuota> {
    let pid = std::process::id();
    let place = Place::of(pid, "cpu")?;
    let granted = place.levels().filter_map(|dir| Some((place.version.processors(dir)?, dir)));
    let (processors, dir) = granted.min_by(|a, b| a.0.total_cmp(&b.0))?;
    let (used, throttled) = match place.version {
        Version::Two => {
            (number_in(dir, "cpu.stat", "usage_usec ")?, number_in(dir, "cpu.stat", "throttled_usec "))
        }
        Version::One => {
            // What is used is counted by a controller of its own, which may be mounted elsewhere.
            let group = dir.strip_prefix(&place.top).ok()?;
            let counted = Place::of(pid, "cpuacct")?.top.join(group);
            let used: u64 = text_of(&counted, "cpuacct.usage")?.trim().parse().ok()?;
            (used / 1_000, number_in(dir, "cpu.stat", "throttled_time ").map(|ns| ns / 1_000))
        }
    };
    let throttled = Duration::from_micros(throttled.unwrap_or(0));
    Some(CpuQuota { processors, used: Duration::from_micros(used), throttled })
}

/// How many processes of a group the kernel has killed for want of memory: told in a container, too, which does not see the
/// kernel's log.
#[derive(Clone, Debug)]
pub struct GroupKills {
    version: Version,
    dir: PathBuf,
    count: u64,
}

impl GroupKills {
    /// Those of the group that a process is in, or the nearest above it that counts; `None` where none does.
    pub fn of(pid: u32) -> Option<Self> {
        let place = Place::of(pid, "memory")?;
        let version = place.version;
        place.levels().find_map(|dir| Some(Self { version, count: version.kills(dir)?, dir: dir.to_owned() }))
    }

    /// Whether there were more since they were counted.
    pub fn has_grown(&self) -> bool {
        self.version.kills(&self.dir).is_some_and(|now| now > self.count)
    }

    /// Counts anew.
    pub fn recount(&mut self) {
        self.count = self.version.kills(&self.dir).unwrap_or(self.count);
    }
}

/// Where the group of a process is seen from here.
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

impl Place {
    fn of(pid: u32, controller: &str) -> Option<Self> {
        let groups = read_text(&format!("/proc/{pid}/cgroup")).ok()?;
        place(&groups, &mount_lines().ok()?, controller)
    }

    /// From the group itself up to the mount.
    fn levels(&self) -> impl Iterator<Item = &Path> {
        self.dir.ancestors().take_while(|dir| dir.starts_with(&self.top)).take(MAX_LEVELS)
    }
}

impl Version {
    fn memory(self, dir: &Path) -> Option<MemoryLimit> {
        let (limit, current, cache) = match self {
            Self::One => ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "),
            Self::Two => ("memory.max", "memory.current", "inactive_file "),
        };
        let limit_bytes = text_of(dir, limit)?.trim().parse().ok().filter(|n| *n < UNLIMITED_V1)?;
        let current: u64 = text_of(dir, current)?.trim().parse().ok()?;
        let cache = number_in(dir, "memory.stat", cache);
        Some(MemoryLimit { limit_bytes, used_bytes: current.saturating_sub(cache.unwrap_or(0)) })
    }

    fn kills(self, dir: &Path) -> Option<u64> {
        let counts = match self {
            Self::One => "memory.oom_control",
            Self::Two => "memory.events",
        };
        number_in(dir, counts, "oom_kill ")
    }

    /// Processors that a level grants; `None` where it grants all.
    fn processors(self, dir: &Path) -> Option<f64> {
        let (quota, period): (f64, f64) = match self {
            Self::One => {
                let quota: i64 = text_of(dir, "cpu.cfs_quota_us")?.trim().parse().ok()?;
                let period: u32 = text_of(dir, "cpu.cfs_period_us")?.trim().parse().ok()?;
                // No limit is written as -1.
                (f64::from(u32::try_from(quota).ok()?), f64::from(period))
            }
            Self::Two => {
                let text = text_of(dir, "cpu.max")?;
                let (quota, period) = text.trim().split_once(' ')?;
                (quota.parse().ok()?, period.parse().ok()?)
            }
        };
        (quota > 0.0 && period > 0.0).then(|| quota / period)
    }
}

fn text_of(dir: &Path, name: &str) -> Option<String> {
    read_text(dir.join(name).to_str()?).ok()
}

/// The number behind a word at the start of a line.
fn number_in(dir: &Path, name: &str, word: &str) -> Option<u64> {
    text_of(dir, name)?.lines().find_map(|line| line.strip_prefix(word)?.trim().parse().ok())
}

/// Version 1 goes first: where both are mounted, a controller is on its side if it has a line there.
fn place(groups: &str, mounts: &[MountLine], controller: &str) -> Option<Place> {
    let one = groups.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let is_there = parts.next()?.split(',').any(|c| c == controller);
        is_there.then(|| parts.next()).flatten()
    });
    if let Some(path) = one {
        let mount =
            mounts.iter().find(|m| m.kind == "cgroup" && m.options.split(',').any(|o| o == controller))?;
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
        let place = place("0::/system.slice/app.service\n", &mounts, "memory").unwrap();
        assert_eq!(place.version, Version::Two);
        assert_eq!(place.dir, Path::new("/sys/fs/cgroup/system.slice/app.service"));
    }

    #[test]
    fn container_that_sees_only_its_own_part_reads_the_mount_itself() {
        let mounts =
            parse_mount_lines("35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
        let place = place("4:memory:/docker/abc\n0::/\n", &mounts, "memory").unwrap();
        assert_eq!(place.version, Version::One);
        assert_eq!(place.dir, Path::new("/sys/fs/cgroup/memory"));
    }

    #[test]
    fn limit_is_read_without_droppable_cache() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("memory.max"), "1000\n").unwrap();
        std::fs::write(dir.path().join("memory.current"), "800\n").unwrap();
        std::fs::write(dir.path().join("memory.stat"), "anon 5\ninactive_file 300\n").unwrap();
        assert_eq!(Version::Two.memory(dir.path()), Some(MemoryLimit { limit_bytes: 1000, used_bytes: 500 }));
        std::fs::write(dir.path().join("memory.max"), "max\n").unwrap();
        assert_eq!(Version::Two.memory(dir.path()), None);
    }

    #[test]
    fn kills_are_counted_by_both_versions() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("memory.events"), "oom 3\noom_kill 2\n").unwrap();
        std::fs::write(dir.path().join("memory.oom_control"), "oom_kill_disable 0\noom_kill 1\n").unwrap();
        let kills = |version: Version| version.kills(dir.path());
        assert_eq!((kills(Version::Two), kills(Version::One)), (Some(2), Some(1)));
        let mut counted = GroupKills { version: Version::Two, dir: dir.path().to_owned(), count: 1 };
        assert!(counted.has_grown());
        counted.recount();
        assert!(!counted.has_grown());
    }

    /// Only where groups of version 1 may be made; under version 2 the controller would have to be handed down first.
    #[test]
    fn a_kill_for_want_of_memory_is_counted_where_it_happens() {
        let own = Place::of(std::process::id(), "memory").filter(|place| place.version == Version::One);
        let Some(dir) = own.map(|own| own.dir.join(format!("fuelops-test-{}", std::process::id()))) else {
            return;
        };
        if std::fs::create_dir(&dir).is_err() {
            return;
        }
        std::fs::write(dir.join("memory.limit_in_bytes"), (16 << 20).to_string()).unwrap();
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", "read go; tail /dev/zero"]).stdin(std::process::Stdio::piped());
        let mut child = shell.stderr(std::process::Stdio::null()).spawn().unwrap();
        std::fs::write(dir.join("cgroup.procs"), child.id().to_string()).unwrap();
        let kills = GroupKills::of(child.id());
        drop(child.stdin.take());
        child.wait().unwrap();
        let is_counted = kills.as_ref().is_some_and(GroupKills::has_grown);
        std::fs::remove_dir(&dir).unwrap_or(());
        assert!(is_counted, "{kills:?}");
    }

    #[test]
    fn granted_processors_may_be_a_part_of_one() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        write("cpu.max", "50000 100000\n");
        assert_eq!(Version::Two.processors(dir.path()), Some(0.5));
        write("cpu.max", "max 100000\n");
        assert_eq!(Version::Two.processors(dir.path()), None);
        write("cpu.cfs_quota_us", "150000\n");
        write("cpu.cfs_period_us", "100000\n");
        assert_eq!(Version::One.processors(dir.path()), Some(1.5));
        write("cpu.cfs_quota_us", "-1\n");
        assert_eq!(Version::One.processors(dir.path()), None);
    }
}
