//! Small file systems, and filling them.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{Env, wait_until};

/// For what the kernel does by itself.
const SOON: Duration = Duration::from_secs(10);

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

    /// Has an ext4 find itself broken, which makes it read-only under those who have it open, too.
    pub(crate) fn fail(&self) -> bool {
        self.remount("errors=remount-ro");
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
        let is_this = |line: &&str| line.split(' ').nth(1) == self.point.to_str();
        let device = mounts.lines().find(is_this).and_then(|line| line.split(' ').next()?.rsplit('/').next());
        let trigger = |device: &str| format!("/sys/fs/ext4/{device}/trigger_fs_error");
        let is_played = device.is_some_and(|device| fs::write(trigger(device), "played").is_ok());
        is_played && wait_until(SOON, || File::create(self.point.join("probe")).is_err())
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
        let unmount = || Command::new("umount").arg(&self.point).stderr(Stdio::null()).status();
        // What was killed a moment ago may still hold it.
        if !wait_until(SOON, || unmount().is_ok_and(|status| status.success())) {
            let _lazy = Command::new("umount").arg("-l").arg(&self.point).status();
        }
    }
}

/// A file system that takes no write until this is dropped.
#[derive(Debug)]
pub(crate) struct Frozen(PathBuf);

impl Frozen {
    /// Nothing where that is not possible.
    pub(crate) fn freeze(point: &Path) -> Option<Self> {
        let frozen = Command::new("fsfreeze").arg("-f").arg(point).status();
        frozen.is_ok_and(|status| status.success()).then(|| Self(point.to_owned()))
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        let _thawed = Command::new("fsfreeze").arg("-u").arg(&self.0).status();
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
