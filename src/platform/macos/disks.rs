//! File systems: what is mounted, how full it is; open files of the machine.

use std::ffi::{OsString, c_char, c_int};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use crate::platform::{DiskUsage, Mount, OpenFiles};

/// Volumes of the system itself; they share the space of the data volume beside them.
const SYSTEM_VOLUMES: [&str; 6] = ["Preboot", "VM", "Update", "xarts", "iSCPreboot", "Hardware"];

/// Lists what is mounted, in mount order.
///
/// # Errors
/// When the kernel does not list its mounts.
#[expect(unsafe_code, reason = "getfsstat has no safe wrapper in nix or rustix")]
pub fn mounts() -> io::Result<Vec<Mount>> {
    // SAFETY: a null buffer only asks for the number of mounts.
    let count = unsafe { libc::getfsstat(std::ptr::null_mut(), 0, libc::MNT_NOWAIT) };
    let room = usize::try_from(count).map_err(|_| io::Error::last_os_error())? + 8;
    // SAFETY: `statfs` is plain numbers and bytes, for which all zeroes is a valid value.
    let mut table = vec![unsafe { std::mem::zeroed::<libc::statfs>() }; room];
    let bytes = c_int::try_from(room * size_of::<libc::statfs>()).unwrap_or(c_int::MAX);
    // SAFETY: the buffer has `bytes` writable bytes. MNT_NOWAIT: a dead server cannot hang this call.
    let count = unsafe { libc::getfsstat(table.as_mut_ptr(), bytes, libc::MNT_NOWAIT) };
    table.truncate(usize::try_from(count).map_err(|_| io::Error::last_os_error())?);
    Ok(table.iter().map(mount).collect())
}

fn mount(entry: &libc::statfs) -> Mount {
    let path = path(&entry.f_mntonname);
    let source = path_text(&entry.f_mntfromname);
    let is_read_only = entry.f_flags & libc::MNT_RDONLY as u32 != 0;
    let is_local = entry.f_flags & libc::MNT_LOCAL as u32 != 0;
    let inner = path.strip_prefix("/System/Volumes").ok().and_then(|p| p.to_str());
    let is_system = inner.is_some_and(|name| SYSTEM_VOLUMES.contains(&name));
    let is_disk = is_local && source.starts_with("/dev/") && !is_system && !is_read_only;
    // Volumes of one APFS container share its space: disk3s1s1 and disk3s5 are both of disk3.
    let digits = source.strip_prefix("/dev/disk").unwrap_or("");
    let container: String = digits.chars().take_while(char::is_ascii_digit).collect();
    let kind = path_text(&entry.f_fstypename);
    let is_apfs = kind == "apfs" && !container.is_empty();
    let space = if is_apfs { format!("apfs disk{container}") } else { source.clone() };
    Mount { path, source, kind, is_disk, is_read_only, space }
}

fn path(field: &[c_char]) -> PathBuf {
    #[expect(clippy::cast_sign_loss, reason = "a character is a byte here")]
    let bytes: Vec<u8> = field.iter().map(|c| *c as u8).take_while(|b| *b != 0).collect();
    PathBuf::from(OsString::from_vec(bytes))
}

fn path_text(field: &[c_char]) -> String {
    path(field).to_string_lossy().into_owned()
}

/// Measures the file system that holds a path. May hang where a server or a device does.
///
/// # Errors
/// When the path does not exist or the file system does not answer.
pub fn disk_usage(path: &Path) -> io::Result<DiskUsage> {
    // Not statvfs: its block counts have 32 bits here.
    let stat = rustix::fs::statfs(path)?;
    let bytes = |blocks: u64| blocks.saturating_mul(u64::from(stat.f_bsize));
    Ok(DiskUsage {
        total_bytes: bytes(stat.f_blocks),
        used_bytes: bytes(stat.f_blocks.saturating_sub(stat.f_bfree)),
        free_bytes: bytes(stat.f_bavail),
        inodes_total: stat.f_files,
        inodes_free: stat.f_ffree,
    })
}

/// Returns how many files the whole machine holds open, and may.
pub fn open_files() -> Option<OpenFiles> {
    let open = super::sysctl_number(c"kern.num_files")?;
    Some(OpenFiles { open, limit: super::sysctl_number(c"kern.maxfiles")? })
}
