//! Entering folders: by `openat2` where the kernel has it, else level by level with the mount compared.

use std::ffi::{CStr, CString};
use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::platform::files::folder::FOLDER_FLAGS;
use crate::platform::files::{Entry, Folder};

/// A rename elsewhere on the machine makes the kernel ask for another try.
const TRIES: u32 = 8;

/// Set once the kernel, or a sandbox around us, has refused `openat2`.
static WITHOUT_OPENAT2: AtomicBool = AtomicBool::new(false);

/// Opens an absolute path that has no link in it.
pub(in crate::platform) fn open_top(path: &Path) -> io::Result<OwnedFd> {
    if !path.is_absolute() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "is no absolute path"));
    }
    let flags = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let name = CString::new(path.as_os_str().as_bytes())?;
    match openat2(CWD, &name, flags) {
        Some(opened) => Ok(opened?),
        None => open_by_level(path),
    }
}

/// Enters a folder, neither through a link nor into another mount.
pub(in crate::platform) fn enter(folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Entry> {
    let flags = ResolveFlags::BENEATH
        | ResolveFlags::NO_XDEV
        | ResolveFlags::NO_SYMLINKS
        | ResolveFlags::NO_MAGICLINKS;
    match openat2(folder, name, flags) {
        Some(Ok(fd)) => Ok(Entry::Folder(Folder::new(fd))),
        Some(Err(Errno::XDEV)) => Ok(Entry::Mount),
        Some(Err(Errno::LOOP | Errno::NOTDIR)) => Ok(Entry::Link),
        Some(Err(error)) => Err(error.into()),
        None => enter_and_compare(folder, name),
    }
}

/// `None` where there is no such call.
fn openat2(at: BorrowedFd<'_>, name: &CStr, resolve: ResolveFlags) -> Option<Result<OwnedFd, Errno>> {
    if WITHOUT_OPENAT2.load(Ordering::Relaxed) {
        return None;
    }
    for _ in 0..TRIES {
        match rustix::fs::openat2(at, name, FOLDER_FLAGS, Mode::empty(), resolve) {
            Err(Errno::AGAIN) => {}
            Err(Errno::NOSYS | Errno::PERM) => {
                WITHOUT_OPENAT2.store(true, Ordering::Relaxed);
                return None;
            }
            other => return Some(other),
        }
    }
    Some(Err(Errno::AGAIN))
}

fn open_by_level(path: &Path) -> io::Result<OwnedFd> {
    let mut at = rustix::fs::openat(CWD, c"/", FOLDER_FLAGS, Mode::empty())?;
    for component in path.components() {
        match component {
            Component::Normal(name) => at = open_child(at.as_fd(), &CString::new(name.as_bytes())?)?,
            Component::RootDir | Component::CurDir => {}
            Component::ParentDir | Component::Prefix(_) => {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "has `..` in it"));
            }
        }
    }
    Ok(at)
}

fn open_child(folder: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd, Errno> {
    rustix::fs::openat(folder, name, FOLDER_FLAGS | OFlags::NOFOLLOW, Mode::empty())
}

fn enter_and_compare(folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Entry> {
    let child = match open_child(folder, name) {
        Ok(child) => child,
        Err(Errno::LOOP | Errno::NOTDIR) => return Ok(Entry::Link),
        Err(error) => return Err(error.into()),
    };
    if mount_of(folder)? == mount_of(child.as_fd())? {
        Ok(Entry::Folder(Folder::new(child)))
    } else {
        Ok(Entry::Mount)
    }
}

/// The kernel's number for the mount that a handle is on: bind mounts of one file system differ in it.
fn mount_of(fd: BorrowedFd<'_>) -> io::Result<u64> {
    let text = fs::read_to_string(format!("/proc/self/fdinfo/{}", fd.as_raw_fd()))?;
    let line = text.lines().find_map(|line| line.strip_prefix("mnt_id:"));
    line.and_then(|id| id.trim().parse().ok())
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "/proc/self/fdinfo tells no mount"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_refuse_links_and_mounts_alike() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        fs::create_dir(top.join("in")).unwrap();
        fs::write(top.join("file"), "").unwrap();
        std::os::unix::fs::symlink(top.join("in"), top.join("link")).unwrap();
        let fd = open_by_level(&top).unwrap();
        let root = open_top(Path::new("/")).unwrap();
        type Way = fn(BorrowedFd<'_>, &CStr) -> io::Result<Entry>;
        for way in [enter as Way, enter_and_compare as Way] {
            assert!(matches!(way(fd.as_fd(), c"in"), Ok(Entry::Folder(_))));
            assert!(matches!(way(fd.as_fd(), c"link"), Ok(Entry::Link)));
            assert!(matches!(way(fd.as_fd(), c"file"), Ok(Entry::Link)));
            assert_eq!(way(fd.as_fd(), c"gone").unwrap_err().kind(), io::ErrorKind::NotFound);
            assert!(matches!(way(root.as_fd(), c"proc"), Ok(Entry::Mount)));
        }
        assert!(open_top(Path::new("relative")).is_err());
        for way in [open_top, open_by_level] {
            assert!(way(&top.join("link")).is_err());
            assert!(way(&top.join("link/..")).is_err());
        }
    }
}
