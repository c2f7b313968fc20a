//! A backend's folder with files of chosen ages, and small file systems to put it on.

use std::fs::{self, File, FileTimes};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::support::{Env, Outcome, skip};

const DAY: Duration = Duration::from_secs(86_400);

/// Removes what is older than a week, the newest of each series too.
pub(super) const WEEK: &str = r#"
[[clean.rule]]
paths = ["logs/**"]
older_than = "7d"
keep_last = 0
"#;

/// Compresses whatever matches.
pub(super) const COMPRESS: &str = r#"
[[clean.rule]]
paths = ["logs/*.log.*"]
older_than = "1d"
action = "compress"
"#;

/// Writes the config of an environment.
pub(super) fn config(env: &Env, rules: &str) {
    env.write("fuelops.toml", format!("name = \"fuel\"\n{rules}"));
}

/// A file that was last written to so many days ago.
pub(super) fn aged(path: impl AsRef<Path>, content: impl AsRef<[u8]>, days: u32) -> PathBuf {
    let path = path.as_ref();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
    age(path, days);
    path.to_owned()
}

/// Makes a file look as old as that.
pub(super) fn age(path: &Path, days: u32) {
    let times = FileTimes::new().set_modified(SystemTime::now() - DAY * days);
    File::options().append(true).open(path).unwrap().set_times(times).unwrap();
}

/// Lines of a log that compress as logs do.
pub(super) fn lines(count: usize) -> Vec<u8> {
    let line = |n: usize| {
        format!("2026-01-02 03:04:05,{:03} INFO api: request {n} took {} ms\n", n % 1000, n * 7919 % 997)
    };
    (0..count).map(line).collect::<String>().into_bytes()
}

/// Runs with `--yes` and JSON.
pub(super) fn clean(env: &Env) -> Outcome {
    env.run(&["clean", "--yes", "--format", "json"])
}

/// The values of one key in a list of the report, sorted.
pub(super) fn each(report: &Value, list: &str, key: &str) -> Vec<String> {
    let entries = report[list].as_array().unwrap();
    let mut found: Vec<String> =
        entries.iter().map(|entry| entry[key].as_str().unwrap().to_owned()).collect();
    found.sort();
    found
}

/// Names in a folder, sorted.
pub(super) fn names(folder: impl AsRef<Path>) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut found: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    found.sort();
    found
}

/// A file system of its own, unmounted when dropped.
pub(super) struct Mounted {
    point: PathBuf,
}

impl Mounted {
    /// Memory, with options such as `size=1m,nr_inodes=16`.
    pub(super) fn tmpfs(point: PathBuf, options: &str) -> Self {
        fs::create_dir_all(&point).unwrap();
        run(Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("mode=755,{options}"), "tmpfs"])
            .arg(&point));
        Self { point }
    }

    /// An image with ext4 on it; nothing where the kernel has no loop devices left.
    pub(super) fn ext4(env: &Env, point: PathBuf, size: &str) -> Option<Self> {
        fs::create_dir_all(&point).unwrap();
        let image = env.tmp().join("image");
        run(Command::new("truncate").args(["-s", size]).arg(&image));
        let mkfs = Command::new("mkfs.ext4").args(["-q", "-F", "-m", "0"]).arg(&image).status();
        let is_mounted = mkfs.is_ok_and(|status| status.success())
            && Command::new("mount").args(["-o", "loop"]).arg(&image).arg(&point).status().unwrap().success();
        is_mounted.then_some(Self { point })
    }

    /// Another name for a folder.
    pub(super) fn bind(from: &Path, point: PathBuf) -> Self {
        fs::create_dir_all(&point).unwrap();
        run(Command::new("mount").arg("--bind").arg(from).arg(&point));
        Self { point }
    }

    /// What somebody else has mounted.
    pub(super) fn adopt(point: PathBuf) -> Self {
        Self { point }
    }

    pub(super) fn remount(&self, options: &str) {
        run(Command::new("mount").arg("-o").arg(format!("remount,{options}")).arg(&self.point));
    }

    pub(super) fn unmount(self) {}

    /// Bytes that are free for everybody.
    pub(super) fn available(&self) -> u64 {
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
pub(super) fn fill(path: PathBuf) -> PathBuf {
    use std::io::Write;
    let mut file = File::create(&path).unwrap();
    for size in [65_536, 4_096, 512] {
        while file.write_all(&vec![b'x'; size]).is_ok() {}
    }
    path
}

/// Whether a program is there; where not, the test is skipped aloud.
pub(super) fn has_or_skip(program: &str, test: &str) -> bool {
    let has = Command::new("sh").args(["-c", &format!("command -v {program} >/dev/null")]).status();
    let has = has.unwrap().success();
    if !has {
        skip(test, &format!("needs {program}"));
    }
    has
}
