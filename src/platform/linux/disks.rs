//! File systems: what is mounted, how full it is; open files of the machine.
//!
//! A line of `mountinfo`: id parent device root path options [tags…] - kind source options.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use super::read_text;
use crate::platform::{DiskUsage, Mount, OpenFiles};

/// Images that are always full and never written.
const IMAGES: [&str; 5] = ["squashfs", "iso9660", "udf", "erofs", "cramfs"];

/// Lists what is mounted, in mount order. Pseudo file systems are in it; see [`Mount::is_disk`].
///
/// # Errors
/// When `/proc/self/mountinfo` cannot be read.
pub fn mounts() -> io::Result<Vec<Mount>> {
    Ok(mount_lines()?.into_iter().map(MountLine::into_mount).collect())
}

/// Measures the file system that holds a path. May hang where a server or a device does.
///
/// # Errors
/// When the path does not exist or the file system does not answer.
pub fn disk_usage(path: &Path) -> io::Result<DiskUsage> {
    let stat = rustix::fs::statvfs(path)?;
    let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
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
    let text = read_text("/proc/sys/fs/file-nr").ok()?;
    let numbers: Vec<u64> = text.split_ascii_whitespace().map_while(|n| n.parse().ok()).collect();
    let &[allocated, unused, limit] = numbers.as_slice() else { return None };
    Some(OpenFiles { open: allocated.saturating_sub(unused), limit })
}

/// One line of `mountinfo`, unescaped.
#[derive(Debug)]
pub(super) struct MountLine {
    device: String,
    pub(super) root: PathBuf,
    pub(super) path: PathBuf,
    is_read_only: bool,
    pub(super) kind: String,
    source: String,
    pub(super) options: String,
}

impl MountLine {
    fn into_mount(self) -> Mount {
        let is_block_device = self.source.starts_with("/dev/");
        let is_root = self.path == Path::new("/");
        let is_image = IMAGES.contains(&self.kind.as_str());
        let is_disk = (is_block_device || self.kind == "zfs" || is_root) && !is_image && !self.is_read_only;
        // Subvolumes of btrfs have device numbers of their own and share their source's space.
        let space = if is_block_device { self.source.clone() } else { self.device };
        let Self { path, source, kind, is_read_only, .. } = self;
        Mount { path, source, kind, is_disk, is_read_only, space }
    }
}

pub(super) fn mount_lines() -> io::Result<Vec<MountLine>> {
    Ok(parse_mount_lines(&read_text("/proc/self/mountinfo")?))
}

pub(super) fn parse_mount_lines(text: &str) -> Vec<MountLine> {
    text.lines().filter_map(parse_mount_line).collect()
}

fn parse_mount_line(line: &str) -> Option<MountLine> {
    let (mount, system) = line.split_once(" - ")?;
    let mut mount = mount.split(' ').skip(2);
    let device = mount.next()?.to_owned();
    let (root, path) = (unescape(mount.next()?), unescape(mount.next()?));
    let is_read_only = mount.next()?.split(',').any(|o| o == "ro");
    let mut system = system.splitn(3, ' ');
    let kind = system.next()?.to_owned();
    let source = unescape(system.next()?).to_string_lossy().into_owned();
    let options = system.next().unwrap_or("").to_owned();
    let is_read_only = is_read_only || options.split(',').any(|o| o == "ro");
    Some(MountLine { device, root, path, is_read_only, kind, source, options })
}

/// Undoes `\040` and its like.
fn unescape(field: &str) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let octal = tail.get(..3).and_then(|d| std::str::from_utf8(d).ok());
        match octal.and_then(|d| u8::from_str_radix(d, 8).ok()) {
            Some(byte) if first == b'\\' => {
                bytes.push(byte);
                rest = &tail[3..];
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    PathBuf::from(OsString::from_vec(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
40 27 0:40 / /run rw - tmpfs tmpfs rw,size=5k
41 27 7:1 / /snap/core ro shared:1 - squashfs /dev/loop1 ro
42 27 8:1 / /mnt/my\\040disk rw shared:7 - xfs /dev/sdb1 rw
43 27 0:50 / /home rw - btrfs /dev/sdc1 rw,subvol=/home
44 27 0:51 / /var rw - btrfs /dev/sdc1 rw,subvol=/var
45 27 0:60 / /net rw - nfs4 server:/export rw
46 27 254:0 /etc/hosts /etc/hosts rw - ext4 /dev/vda rw
broken line
";

    #[test]
    fn only_disks_that_fill_up_are_disks() {
        let mounts: Vec<_> = parse_mount_lines(TEXT).into_iter().map(MountLine::into_mount).collect();
        let disks: Vec<_> = mounts.iter().filter(|m| m.is_disk).map(|m| m.path.to_str().unwrap()).collect();
        assert_eq!(disks, ["/", "/mnt/my disk", "/home", "/var", "/etc/hosts"]);
    }

    #[test]
    fn bind_mounts_and_subvolumes_show_the_same_space() {
        let mounts: Vec<_> = parse_mount_lines(TEXT).into_iter().map(MountLine::into_mount).collect();
        let space = |path: &str| &mounts.iter().find(|m| m.path == Path::new(path)).unwrap().space;
        assert_eq!(space("/"), space("/etc/hosts"));
        assert_eq!(space("/home"), space("/var"));
        assert_ne!(space("/"), space("/home"));
    }

    #[test]
    fn usage_agrees_with_df() {
        let out =
            std::process::Command::new("df").args(["-B1", "--output=size,avail", "/"]).output().unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        let size: u64 = text.lines().nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
        assert_eq!(disk_usage(Path::new("/")).unwrap().total_bytes, size);
    }

    #[test]
    fn this_machine_has_open_files() {
        let files = open_files().unwrap();
        assert!(files.open > 0 && files.limit >= files.open);
    }
}
