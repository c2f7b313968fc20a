//! Entering folders level by level.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;

use crate::platform::files::folder::FOLDER_FLAGS;
use crate::platform::files::{Entry, Folder};

/// Opens an absolute path that has no link in it.
pub(in crate::platform) fn open_top(path: &Path) -> io::Result<OwnedFd> {
    if !path.is_absolute() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "is no absolute path"));
    }
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

/// Enters a folder, neither through a link nor into another mount.
pub(in crate::platform) fn enter(folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Entry> {
    let child = match open_child(folder, name) {
        Ok(child) => child,
        Err(Errno::LOOP | Errno::NOTDIR) => return Ok(Entry::Link),
        Err(error) => return Err(error.into()),
    };
    let mount = |fd: BorrowedFd<'_>| rustix::fs::fstatfs(fd).map(|stat| stat.f_mntonname);
    if mount(folder)? == mount(child.as_fd())? {
        Ok(Entry::Folder(Folder::new(child)))
    } else {
        Ok(Entry::Mount)
    }
}

fn open_child(folder: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd, Errno> {
    rustix::fs::openat(folder, name, FOLDER_FLAGS | OFlags::NOFOLLOW, Mode::empty())
}
