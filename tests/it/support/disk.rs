//! Small file systems, and filling them.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Env;

/// A file system of its own, unmounted when dropped.
#[derive(Debug)]
pub(crate) struct Mounted {
    point: PathBuf,
}

impl Mounted {
    /// Memory, with options such as `size=1m,nr_inodes=16`.
    pub(crate) fn tmpfs(point: PathBuf, options: &str) -> Self {
        fs::create_dir_all(&point).unwrap();
        run(Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("mode=755,{options}"), "tmpfs"])
            .arg(&point));
        Self { point }
    }

    /// An image with ext4 on it; nothing where the kernel has no loop devices left.
    pub(crate) fn ext4(env: &Env, point: PathBuf, size: &str) -> Option<Self> {
        fs::create_dir_all(&point).unwrap();
        let image = env.tmp().join("image");
        run(Command::new("truncate").args(["-s", size]).arg(&image));
        let mkfs = Command::new("mkfs.ext4").args(["-q", "-F", "-m", "0"]).arg(&image).status();
        let is_mounted = mkfs.is_ok_and(|status| status.success())
            && Command::new("mount").args(["-o", "loop"]).arg(&image).arg(&point).status().unwrap().success();
        is_mounted.then_some(Self { point })
    }

    /// Another name for a folder.
    pub(crate) fn bind(from: &Path, point: PathBuf) -> Self {
        fs::create_dir_all(&point).unwrap();
        run(Command::new("mount").arg("--bind").arg(from).arg(&point));
        Self { point }
    }

    /// What somebody else has mounted.
    pub(crate) fn adopt(point: PathBuf) -> Self {
        Self { point }
    }

    pub(crate) fn remount(&self, options: &str) {
        run(Command::new("mount").arg("-o").arg(format!("remount,{options}")).arg(&self.point));
    }

    pub(crate) fn unmount(self) {}

    /// Bytes that are free for everybody.
    pub(crate) fn available(&self) -> u64 {
        let stat = rustix::fs::statvfs(&self.point).unwrap();
        stat.f_bavail * stat.f_frsize
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let gone = Command::new("umount").arg(&self.point).status();
        if !gone.is_ok_and(|status| status.success()) {
            let _lazy = Command::new("umount").arg("-l").arg(&self.point).status();
        }
    }
}

#[track_caller]
fn run(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?}");
}

/// Writes into a file until the disk is full; the answer is the file.
pub(crate) fn fill(path: PathBuf) -> PathBuf {
    let mut file = File::create(&path).unwrap();
    for size in [65_536, 4_096, 512] {
        while file.write_all(&vec![b'x'; size]).is_ok() {}
    }
    path
}
