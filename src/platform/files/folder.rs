//! An open directory, and what can be done with the names in it.

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::look::{FileId, Found, Look, Space};
use super::os;

/// Bytes of directory entries that are asked for at once.
const LISTING: usize = 64 * 1024;

/// Room for a listing, to be used for one folder after the other.
#[derive(Debug)]
#[cfg_attr(target_os = "macos", expect(dead_code, reason = "a listing brings its own room there"))]
pub struct Buffer(pub(super) Vec<MaybeUninit<u8>>);

impl Default for Buffer {
    fn default() -> Self {
        Self(vec![MaybeUninit::uninit(); LISTING])
    }
}

/// What came of entering a name.
#[derive(Debug)]
pub enum Entry {
    Folder(Folder),
    /// A symbolic link, or no folder at all.
    Link,
    /// Another file system, or another part of this one, is mounted there.
    Mount,
}

/// An open directory. Names are single components; a slash in one is refused.
#[derive(Debug)]
pub struct Folder {
    fd: OwnedFd,
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Folder {
    pub(super) fn new(fd: OwnedFd) -> Self {
        Self { fd }
    }

    /// Opens an absolute path in which no component is a symbolic link.
    ///
    /// # Errors
    /// When there is no such folder, a component is a link, or it may not be read.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self::new(os::open_top(path)?))
    }

    /// Opens a folder by whatever path leads to it, links followed: for places that the caller names and trusts.
    ///
    /// # Errors
    /// When there is no such folder or it may not be read.
    pub fn open_trusted(path: &Path) -> io::Result<Self> {
        Ok(Self::new(rustix::fs::openat(CWD, path, FOLDER_FLAGS, Mode::empty())?))
    }

    /// Enters a folder of this one.
    ///
    /// # Errors
    /// When it is gone or may not be read.
    pub fn enter(&self, name: &CStr) -> io::Result<Entry> {
        single(name)?;
        os::enter(self.as_fd(), name)
    }

    /// Enters a folder of this one, also where another file system is mounted on it; still no link.
    ///
    /// # Errors
    /// When it is gone or may not be read.
    pub fn enter_mount(&self, name: &CStr) -> io::Result<Entry> {
        single(name)?;
        match rustix::fs::openat(self, name, FOLDER_FLAGS | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(fd) => Ok(Entry::Folder(Self::new(fd))),
            Err(Errno::LOOP | Errno::NOTDIR) => Ok(Entry::Link),
            Err(error) => Err(error.into()),
        }
    }

    /// Looks at a name without following it.
    ///
    /// # Errors
    /// When it is gone.
    pub fn look(&self, name: &CStr) -> io::Result<Look> {
        os::look(self.as_fd(), name)
    }

    /// Looks at the folder itself.
    ///
    /// # Errors
    /// When the file system does not answer.
    pub fn look_at_self(&self) -> io::Result<Look> {
        os::look_at(self.as_fd())
    }

    /// Which folder this is.
    ///
    /// # Errors
    /// When the file system does not answer.
    pub fn id(&self) -> io::Result<FileId> {
        Ok(self.look_at_self()?.id)
    }

    /// Calls `visit` with every name but `.` and `..`, from the start of the listing.
    ///
    /// # Errors
    /// When the listing cannot be read to its end, or `visit` says so.
    pub fn list(
        &self,
        buffer: &mut Buffer,
        visit: &mut dyn FnMut(Found<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        os::list(self.as_fd(), buffer, visit)
    }

    /// Opens a regular file for reading; nothing else is opened, and nothing waits.
    ///
    /// # Errors
    /// When it is gone, no regular file, or may not be read.
    pub fn open_file(&self, name: &CStr) -> io::Result<File> {
        self.open_regular(name, OFlags::RDONLY)
    }

    /// Opens a regular file for reading and writing.
    ///
    /// # Errors
    /// When it is gone, no regular file, or may not be written.
    pub fn open_file_to_write(&self, name: &CStr) -> io::Result<File> {
        self.open_regular(name, OFlags::RDWR)
    }

    /// The first bytes of a file that has as many. For a look at very many of them: what else it is, it does not ask.
    pub fn start<const N: usize>(&self, name: &CStr) -> Option<[u8; N]> {
        let mut found = [0; N];
        self.open_at(name, OFlags::RDONLY).and_then(|file| file.read_exact_at(&mut found, 0)).ok()?;
        Some(found)
    }

    /// Opens what waits for nobody.
    fn open_at(&self, name: &CStr, access: OFlags) -> io::Result<File> {
        single(name)?;
        let flags = access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        Ok(File::from(rustix::fs::openat(self, name, flags, Mode::empty())?))
    }

    fn open_regular(&self, name: &CStr, access: OFlags) -> io::Result<File> {
        let file = self.open_at(name, access)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "is no regular file any more"));
        }
        Ok(file)
    }

    /// Creates a file that was not there, readable by its owner only.
    ///
    /// # Errors
    /// When the name is taken or the disk is full.
    pub fn create_file(&self, name: &CStr) -> io::Result<File> {
        single(name)?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::from(rustix::fs::openat(self, name, flags, Mode::RUSR | Mode::WUSR)?))
    }

    /// Removes a name that is no folder.
    ///
    /// # Errors
    /// When it is gone, or may not be removed.
    pub fn remove_file(&self, name: &CStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(self, name, AtFlags::empty())?)
    }

    /// Removes an empty folder.
    ///
    /// # Errors
    /// When it is gone, not empty, or may not be removed.
    pub fn remove_folder(&self, name: &CStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(self, name, AtFlags::REMOVEDIR)?)
    }

    /// Renames within the folder, replacing nothing.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] where the new name is taken.
    pub fn rename_new(&self, from: &CStr, to: &CStr) -> io::Result<()> {
        single(to)?;
        match rustix::fs::renameat_with(self, from, self, to, RenameFlags::NOREPLACE) {
            // Not every file system knows the flag; a second name and the loss of the first come to the same.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
                self.link(from, to)?;
                self.remove_file(from)
            }
            other => Ok(other?),
        }
    }

    /// Renames into another folder of the same file system, replacing nothing.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] where the new name is taken, [`io::ErrorKind::CrossesDevices`] where the other
    /// folder lies on another file system.
    pub fn rename_into(&self, from: &CStr, other: &Self, to: &CStr) -> io::Result<()> {
        single(from)?;
        single(to)?;
        match rustix::fs::renameat_with(self, from, other, to, RenameFlags::NOREPLACE) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
                rustix::fs::linkat(self, from, other, to, AtFlags::empty())?;
                self.remove_file(from)
            }
            result => Ok(result?),
        }
    }

    /// Makes a folder that was not there, open to its owner only.
    ///
    /// # Errors
    /// When the name is taken or the disk is full.
    pub fn create_folder(&self, name: &CStr) -> io::Result<()> {
        single(name)?;
        Ok(rustix::fs::mkdirat(self, name, Mode::RWXU)?)
    }

    /// Renames within the folder, replacing what had the new name.
    ///
    /// # Errors
    /// When the old name is gone or the folder may not be written.
    pub fn rename_over(&self, from: &CStr, to: &CStr) -> io::Result<()> {
        single(to)?;
        Ok(rustix::fs::renameat(self, from, self, to)?)
    }

    /// Gives a file a second name.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] where that name is taken.
    pub fn link(&self, from: &CStr, to: &CStr) -> io::Result<()> {
        single(to)?;
        Ok(rustix::fs::linkat(self, from, self, to, AtFlags::empty())?)
    }

    /// Waits until the folder's names are on the disk. File systems that cannot do so for folders do not fail here.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn sync(&self) -> io::Result<()> {
        match rustix::fs::fsync(self) {
            Err(Errno::INVAL | Errno::NOTSUP) => Ok(()),
            other => Ok(other?),
        }
    }

    /// Measures the file system that the folder lies on.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn space(&self) -> io::Result<Space> {
        let stat = rustix::fs::fstatvfs(self)?;
        let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
        Ok(Space {
            total_bytes: bytes(stat.f_blocks),
            free_bytes: bytes(stat.f_bfree),
            available_bytes: bytes(stat.f_bavail),
            inodes_total: stat.f_files,
            inodes_free: stat.f_ffree,
            inodes_available: stat.f_favail,
        })
    }
}

/// Looks at an open file.
///
/// # Errors
/// When the file system does not answer.
pub fn look_at(file: &File) -> io::Result<Look> {
    os::look_at(file.as_fd())
}

pub(super) const FOLDER_FLAGS: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

fn single(name: &CStr) -> io::Result<()> {
    let bytes = name.to_bytes();
    if bytes.is_empty() || bytes == b"." || bytes == b".." || bytes.contains(&b'/') {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "is no name of a file in a folder"));
    }
    Ok(())
}
