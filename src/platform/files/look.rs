//! What is known of a file without opening it, and of the file system that it lies on.

use std::ffi::CStr;

/// A file, whatever names it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId {
    pub device: u64,
    pub inode: u64,
}

/// What stands behind a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    File,
    Folder,
    Link,
    Fifo,
    Socket,
    Device,
    /// The listing does not say, or it is something else.
    Other,
}

impl From<rustix::fs::FileType> for FileKind {
    fn from(kind: rustix::fs::FileType) -> Self {
        use rustix::fs::FileType;
        match kind {
            FileType::RegularFile => Self::File,
            FileType::Directory => Self::Folder,
            FileType::Symlink => Self::Link,
            FileType::Fifo => Self::Fifo,
            FileType::Socket => Self::Socket,
            FileType::CharacterDevice | FileType::BlockDevice => Self::Device,
            FileType::Unknown => Self::Other,
        }
    }
}

/// A name in a folder's listing.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    pub name: &'a CStr,
    /// [`FileKind::Other`] where the file system's listings do not tell.
    pub kind: FileKind,
}

/// One look at a file. Times are nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub id: FileId,
    pub kind: FileKind,
    /// Length, holes included.
    pub size: u64,
    /// What it takes up on the disk.
    pub allocated: u64,
    pub links: u64,
    pub uid: u32,
    pub gid: u32,
    /// Permission bits.
    pub mode: u32,
    pub modified: i64,
    pub changed: i64,
    /// Absent where the file system does not record it.
    pub born: Option<i64>,
    /// Something else is mounted on this name.
    pub is_mount: bool,
    /// The file system refuses to change or remove it (`chattr +i` or `+a`, `chflags uchg`).
    pub is_locked: bool,
}

/// How full a file system is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Space {
    pub total_bytes: u64,
    /// Free for root.
    pub free_bytes: u64,
    /// Free for everybody.
    pub available_bytes: u64,
    /// 0 where the file system does not count them.
    pub inodes_total: u64,
    pub inodes_free: u64,
    pub inodes_available: u64,
}

/// Nanoseconds since 1970; times outside what fits are pulled to its edges.
pub(super) fn nanoseconds(seconds: i64, fraction: i64) -> i64 {
    seconds.saturating_mul(1_000_000_000).saturating_add(fraction)
}
