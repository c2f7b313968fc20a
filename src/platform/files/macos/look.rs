//! Looking at files by `fstatat`, and listing folders with `readdir`.

use std::ffi::CStr;
use std::io;
use std::os::fd::BorrowedFd;

use rustix::fs::{AtFlags, Dir, FileType, Stat};

use crate::platform::files::look::nanoseconds;
use crate::platform::files::{Buffer, FileId, Found, Look};

const LOCKED: u32 = libc::UF_IMMUTABLE | libc::UF_APPEND | libc::SF_IMMUTABLE | libc::SF_APPEND;

pub(in crate::platform) fn look(folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Look> {
    Ok(read(&rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?))
}

pub(in crate::platform) fn look_at(file: BorrowedFd<'_>) -> io::Result<Look> {
    Ok(read(&rustix::fs::fstat(file)?))
}

fn read(stat: &Stat) -> Look {
    let mode = u32::from(stat.st_mode);
    Look {
        id: FileId { device: u64::from(stat.st_dev.cast_unsigned()), inode: stat.st_ino },
        kind: FileType::from_raw_mode(stat.st_mode).into(),
        size: stat.st_size.cast_unsigned(),
        allocated: stat.st_blocks.cast_unsigned().saturating_mul(512),
        links: u64::from(stat.st_nlink),
        uid: stat.st_uid,
        gid: stat.st_gid,
        mode: mode & 0o7777,
        modified: nanoseconds(stat.st_mtime, stat.st_mtime_nsec),
        changed: nanoseconds(stat.st_ctime, stat.st_ctime_nsec),
        born: Some(nanoseconds(stat.st_birthtime, stat.st_birthtime_nsec)),
        // Only folders are mounted on here, and entering compares the mounts.
        is_mount: false,
        is_locked: stat.st_flags & LOCKED != 0,
    }
}

pub(in crate::platform) fn list(
    folder: BorrowedFd<'_>,
    _buffer: &mut Buffer,
    visit: &mut dyn FnMut(Found<'_>) -> io::Result<()>,
) -> io::Result<()> {
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name != c"." && name != c".." {
            visit(Found { name, kind: entry.file_type().into() })?;
        }
    }
    Ok(())
}
