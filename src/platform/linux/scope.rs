//! A control group of our own for what we start: whoever is in it is ours, however often it forks.
//!
//! Version 2 only, wherever it is mounted: on hybrid machines it stands beside version 1, without controllers, and a
//! group is all that is needed here. Groups are made below `fuelops` at the top where root may, else below the caller's
//! own group where that was delegated to it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::{Path, PathBuf};

use super::disks::mount_lines;
use super::read_text;

/// The folder of all groups that fuelops makes.
const HOME: &str = "fuelops";
/// Put before names of services, so that none is taken for a file of the kernel (`cgroup.procs`).
const PREFIX: &str = "s-";
/// Groups below groups that are looked into.
const MAX_DEPTH: usize = 32;

/// A control group of our own.
#[derive(Debug)]
pub struct Scope {
    dir: PathBuf,
}

impl Scope {
    /// Makes a group, or takes an empty one that is left; `None` where the caller may not, or version 2 is not mounted.
    ///
    /// `tag` tells the groups of one state folder from those of another.
    pub fn create(tag: &str, name: &str) -> Option<Self> {
        bases().into_iter().find_map(|base| {
            let dir = base.join(HOME).join(tag).join(format!("{PREFIX}{name}"));
            fs::create_dir_all(&dir).ok()?;
            let scope = Self { dir };
            // Without the right to put processes into it, it is of no use.
            (scope.door().is_ok() && !scope.is_populated()).then_some(scope)
        })
    }

    /// Takes a group that was made earlier; `None` when it is gone, or is none of ours.
    pub fn open(dir: &Path) -> Option<Self> {
        let is_ours = dir.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX))
            && dir.ancestors().nth(2).and_then(Path::file_name).is_some_and(|name| name == HOME);
        let is_clean = dir.components().all(|part| !matches!(part, std::path::Component::ParentDir));
        let mounts = mount_lines().ok()?;
        let is_below = mounts.iter().any(|mount| mount.kind == "cgroup2" && dir.starts_with(&mount.path));
        (is_ours && is_clean && is_below && dir.join("cgroup.procs").exists())
            .then(|| Self { dir: dir.to_owned() })
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Everything in it, in groups below it, too.
    ///
    /// # Errors
    /// When the group is gone.
    pub fn members(&self) -> io::Result<Vec<u32>> {
        let mut found = Vec::new();
        collect(&self.dir, MAX_DEPTH, &mut found)?;
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// Whether anything lives in it.
    pub fn is_populated(&self) -> bool {
        let events = self.dir.join("cgroup.events");
        events.to_str().and_then(|path| read_text(path).ok()).is_some_and(|text| text.contains("populated 1"))
    }

    /// The way into the group.
    ///
    /// # Errors
    /// When the group is gone, or the caller may not.
    pub fn door(&self) -> io::Result<ScopeDoor> {
        let members = OpenOptions::new().write(true).open(self.dir.join("cgroup.procs"))?;
        Ok(ScopeDoor { members, dir: File::open(&self.dir)? })
    }

    /// Something to wait on for changes of [`is_populated`](Self::is_populated): exceptional readiness.
    ///
    /// # Errors
    /// When the group is gone.
    pub fn watch(&self) -> io::Result<ScopeWatch> {
        let file = File::open(self.dir.join("cgroup.events"))?;
        // Only what changes after a read makes it ready.
        io::read_to_string(&file)?;
        Ok(ScopeWatch { file })
    }

    /// Kills everything in it at once, whatever it forks meanwhile.
    ///
    /// # Errors
    /// When the kernel has no such switch (before 5.14), or the caller may not use it.
    pub fn kill(&self) -> io::Result<()> {
        // Not created where it is missing: a control group has only the kernel's files.
        OpenOptions::new()
            .write(true)
            .open(self.dir.join("cgroup.kill"))
            .and_then(|mut file| io::Write::write_all(&mut file, b"1"))
    }

    /// Removes it where it is empty, with what is empty above it.
    pub fn remove(&self) {
        remove_below(&self.dir, MAX_DEPTH);
        for dir in self.dir.ancestors().take(3) {
            // Others may live beside it; then it stays.
            if fs::remove_dir(dir).is_err() {
                return;
            }
        }
    }
}

/// The way into a scope, for a process that is about to become a program.
#[derive(Debug)]
pub struct ScopeDoor {
    members: File,
    dir: File,
}

impl ScopeDoor {
    /// Goes on inside the scope: as the caller, or as a new child of the caller's parent, while the caller ends. Whether
    /// its pid has changed is for the caller to find out. For a forked child that has one thread and is to call exec.
    ///
    /// A process that moves into a group waits until all processors have passed a quiet moment (5 to 24 ms, measured),
    /// and everybody who forks meanwhile waits with it; one that is born there waits for nothing.
    ///
    /// # Errors
    /// When the group is gone, or the caller may not.
    pub(in crate::platform) fn enter(&self) -> io::Result<()> {
        match self.be_born_inside() {
            Ok(()) => Ok(()),
            // Before Linux 5.7, and where a sandbox knows no clone3. "0" stands for the writer.
            Err(_) => rustix::io::write(&self.members, b"0").map(drop).map_err(Into::into),
        }
    }

    /// Returns in the child only.
    #[expect(unsafe_code, reason = "nothing else names a control group at birth")]
    fn be_born_inside(&self) -> io::Result<()> {
        const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;
        let request = CloneRequest {
            flags: CLONE_INTO_CGROUP | u64::from(libc::CLONE_PARENT.cast_unsigned()),
            cgroup: u64::from(self.dir.as_raw_fd().cast_unsigned()),
            ..CloneRequest::default()
        };
        // SAFETY: shares no memory, so that it is a fork; the request outlives the call and its size is its own. The
        // caller has one thread, which goes on in the child with the same stack.
        match unsafe { libc::syscall(libc::SYS_clone3, &raw const request, size_of::<CloneRequest>()) } {
            0 => Ok(()),
            -1 => Err(io::Error::last_os_error()),
            // SAFETY: ends the process without running anything of its parent's.
            _ => unsafe { libc::_exit(0) },
        }
    }
}

/// The kernel's `struct clone_args`, as of Linux 5.7.
#[repr(C)]
#[derive(Default)]
struct CloneRequest {
    flags: u64,
    pidfd: u64,
    child_tid: u64,
    parent_tid: u64,
    /// Nothing beside `CLONE_PARENT`: the caller's is taken.
    exit_signal: u64,
    stack: u64,
    stack_size: u64,
    tls: u64,
    set_tid: u64,
    set_tid_size: u64,
    cgroup: u64,
}

/// Tells when a scope may have become empty.
#[derive(Debug)]
pub struct ScopeWatch {
    file: File,
}

impl AsFd for ScopeWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// The control group that a process is in, as version 2 names it; `None` when it is gone or there is no version 2.
pub fn control_group(pid: u32) -> Option<String> {
    let groups = read_text(&format!("/proc/{pid}/cgroup")).ok()?;
    groups.lines().find_map(|line| line.strip_prefix("0::")).map(str::to_owned)
}

/// Folders below which groups may be made, the best first.
fn bases() -> Vec<PathBuf> {
    let Some(mount) = mount_lines().ok().and_then(|mounts| mounts.into_iter().find(|m| m.kind == "cgroup2"))
    else {
        return Vec::new();
    };
    let own = control_group(std::process::id()).unwrap_or_default();
    let inside = Path::new(&own).strip_prefix(&mount.root).unwrap_or(Path::new(&own));
    let inside = inside.strip_prefix("/").unwrap_or(inside);
    // What a service starts again must not lie below the service's own group.
    let own: PathBuf = inside.components().take_while(|part| part.as_os_str() != HOME).collect();
    let top = (crate::platform::caller_uid() == 0).then(|| mount.path.clone());
    top.into_iter().chain([mount.path.join(own)]).collect()
}

fn collect(dir: &Path, depth: usize, found: &mut Vec<u32>) -> io::Result<()> {
    let text = fs::read_to_string(dir.join("cgroup.procs"))?;
    found.extend(text.lines().filter_map(|line| line.parse::<u32>().ok()).filter(|pid| *pid > 0));
    if depth > 0 {
        for below in folders(dir) {
            // It may be gone by now, with all that was in it.
            collect(&below, depth - 1, found).unwrap_or(());
        }
    }
    Ok(())
}

fn remove_below(dir: &Path, depth: usize) {
    for below in folders(dir) {
        if depth > 0 {
            remove_below(&below, depth - 1);
        }
        fs::remove_dir(&below).unwrap_or(());
    }
}

fn folders(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn only_folders_of_our_own_making_are_taken() {
        for dir in ["/", "/sys/fs/cgroup", "/tmp/fuelops/x/s-y", "/sys/fs/cgroup/unified/fuelops/x/../../s-y"]
        {
            assert!(Scope::open(Path::new(dir)).is_none(), "{dir}");
        }
    }

    #[test]
    fn a_group_counts_its_members_and_kills_them_all() {
        let Some(scope) = Scope::create("test-scope", &format!("kill-{}", std::process::id())) else {
            return;
        };
        let mut child = Command::new("sh")
            .args(["-c", "sleep 60 & sleep 60 & wait"])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        fs::write(scope.dir().join("cgroup.procs"), child.id().to_string()).unwrap();
        assert!(scope.is_populated() && scope.members().unwrap().contains(&child.id()));
        assert_eq!(Scope::open(scope.dir()).unwrap().dir(), scope.dir());
        scope.kill().unwrap();
        child.wait().unwrap();
        // Those that it had started before it was moved are outside; the rest is gone.
        assert!(!scope.is_populated());
        scope.remove();
        assert!(!scope.dir().exists());
    }
}
