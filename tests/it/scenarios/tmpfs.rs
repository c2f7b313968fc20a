//! A small memory file system, unmounted when dropped.

use std::path::PathBuf;
use std::process::Command;

#[derive(Debug)]
pub(super) struct Tmpfs(tempfile::TempDir);

impl Tmpfs {
    /// Mounts one with these options; nothing without the right to.
    pub(super) fn new(options: &str) -> Option<Self> {
        let dir = tempfile::Builder::new().prefix("fuelops-disk.").tempdir().unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(dir.path()).output();
        mounted.is_ok_and(|out| out.status.success()).then_some(Self(dir))
    }

    pub(super) fn path(&self) -> PathBuf {
        self.0.path().canonicalize().unwrap()
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _gone = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}
