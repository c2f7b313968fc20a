//! `[clean]` and `[backup]`: which files may go, and which must stay.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::{ByteSize, PathPattern, Percent, Reopen};

/// When files are removed, and which.
#[derive(Clone, Debug, PartialEq)]
pub struct Clean {
    /// Absent: always.
    pub if_disk_above_percent: Option<Percent>,
    pub until_disk_below_percent: Option<Percent>,
    /// Absolute folders outside `root` that rules may touch.
    pub roots: Vec<PathBuf>,
    /// Empty: the built-in rules.
    pub rules: Vec<CleanRule>,
}

/// What happens to the files of some series.
#[derive(Clone, Debug, PartialEq)]
pub struct CleanRule {
    pub paths: Vec<PathPattern>,
    pub older_than: Option<Duration>,
    pub larger_than: Option<ByteSize>,
    pub total_above: Option<ByteSize>,
    /// Newest of each series that stay, whatever else is said.
    pub keep_last: u32,
    pub action: Action,
    pub reopen: Option<Reopen>,
    pub copytruncate: bool,
}

/// What is done with a file that a rule takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Delete,
    Compress,
    Truncate,
    Rotate,
}

/// What is backed up, where to, and how long it stays.
#[derive(Clone, Debug, PartialEq)]
pub struct Backup {
    pub dir: PathBuf,
    pub include: Vec<PathPattern>,
    /// Names of checks.
    pub databases: Vec<String>,
    pub max_age: Duration,
    pub keep_last: u32,
}
