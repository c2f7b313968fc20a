//! A backend's folder with files of chosen ages, and small file systems to put it on.

use std::fs::{self, File, FileTimes};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::support::{Env, Outcome, skip};
pub(super) use crate::support::{Mounted, fill};

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

/// Whether a program is there; where not, the test is skipped aloud.
pub(super) fn has_or_skip(program: &str, test: &str) -> bool {
    let has = Command::new("sh").args(["-c", &format!("command -v {program} >/dev/null")]).status();
    let has = has.unwrap().success();
    if !has {
        skip(test, &format!("needs {program}"));
    }
    has
}
