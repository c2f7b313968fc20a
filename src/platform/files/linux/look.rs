//! Looking at files by `statx`, and listing folders with a buffer of our own.

use std::ffi::CStr;
use std::io;
use std::os::fd::BorrowedFd;

use rustix::fs::{AtFlags, FileType, RawDir, SeekFrom, Statx, StatxAttributes, StatxFlags, StatxTimestamp};

use crate::platform::files::look::nanoseconds;
use crate::platform::files::{Buffer, FileId, Found, Look};

pub(in crate::platform) fn look(folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Look> {
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
    Ok(read(&rustix::fs::statx(folder, name, flags, wanted())?))
}

pub(in crate::platform) fn look_at(file: BorrowedFd<'_>) -> io::Result<Look> {
    Ok(read(&rustix::fs::statx(file, c"", AtFlags::EMPTY_PATH, wanted())?))
}

fn wanted() -> StatxFlags {
    StatxFlags::BASIC_STATS | StatxFlags::BTIME
}

fn read(stat: &Statx) -> Look {
    let time = |t: &StatxTimestamp| nanoseconds(t.tv_sec, i64::from(t.tv_nsec));
    let mode = u32::from(stat.stx_mode);
    let locked = StatxAttributes::IMMUTABLE | StatxAttributes::APPEND;
    let has_birth = StatxFlags::from_bits_retain(stat.stx_mask).contains(StatxFlags::BTIME);
    Look {
        id: FileId {
            device: rustix::fs::makedev(stat.stx_dev_major, stat.stx_dev_minor),
            inode: stat.stx_ino,
        },
        kind: FileType::from_raw_mode(mode).into(),
        size: stat.stx_size,
        allocated: stat.stx_blocks.saturating_mul(512),
        links: u64::from(stat.stx_nlink),
        uid: stat.stx_uid,
        gid: stat.stx_gid,
        mode: mode & 0o7777,
        modified: time(&stat.stx_mtime),
        changed: time(&stat.stx_ctime),
        born: has_birth.then(|| time(&stat.stx_btime)),
        is_mount: stat.stx_attributes.contains(StatxAttributes::MOUNT_ROOT),
        is_locked: stat.stx_attributes.intersects(locked),
    }
}

pub(in crate::platform) fn list(
    folder: BorrowedFd<'_>,
    buffer: &mut Buffer,
    visit: &mut dyn FnMut(Found<'_>) -> io::Result<()>,
) -> io::Result<()> {
    rustix::fs::seek(folder, SeekFrom::Start(0))?;
    let mut entries = RawDir::new(folder, &mut buffer.0);
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name();
        if name != c"." && name != c".." {
            visit(Found { name, kind: entry.file_type().into() })?;
        }
    }
    Ok(())
}
