//! The report of `fuelops backup`: one shape for all of its subcommands.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What a run of `fuelops backup` did or found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackupReport {
    /// Name of the system, from the config.
    pub name: String,
    pub action: BackupAction,
    pub outcome: BackupOutcome,
    /// The folder of the backups.
    pub dir: String,
    /// Made, listed, looked at or restored, newest first.
    pub backups: Vec<BackupEntry>,
    /// Retention: what was, or is to be, removed.
    pub removed: Vec<BackupRemoval>,
    pub freed_bytes: u64,
    /// What `restore` does, or has done.
    pub restore: Option<BackupRestore>,
    /// What was left out of a backup.
    pub skipped: Vec<BackupSkip>,
    /// What failed: the source or the backup, and why.
    pub errors: Vec<BackupError>,
    pub notes: Vec<String>,
    pub elapsed_ms: u64,
}

/// Which subcommand it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackupAction {
    Create,
    List,
    Verify,
    Restore,
    Prune,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackupOutcome {
    Done,
    /// Done, but for something that does not matter for the main result.
    Degraded,
    /// Something was not backed up, is damaged, or was not restored.
    Failed,
    /// Shown, and not done.
    Planned,
    NothingToDo,
    /// There is nothing that could be backed up or looked at.
    Unknown,
}

/// One backup.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackupEntry {
    pub id: String,
    /// `verified`, `suspicious`, `unproven`, `incomplete` or `damaged`.
    pub state: String,
    /// Why it is not verified.
    pub why: Option<String>,
    /// It is what a restore has replaced, and is restored by its id only.
    #[serde(default)]
    pub is_safety: bool,
    /// What it is a backup of; absent where nothing is proven.
    pub source: Option<BackupSource>,
    pub created_at: Option<DateTime<Utc>>,
    pub path: Option<String>,
    pub bytes: u64,
    pub content_bytes: u64,
    pub sha256: Option<String>,
    pub table_count: u64,
    pub rows: u64,
    pub tables: Vec<BackupTable>,
    pub files: Vec<BackupFile>,
    pub versions: BackupVersions,
    pub remarks: Vec<String>,
    pub dump_ms: u64,
    pub verify_ms: u64,
    /// What restoring it for a moment has shown.
    pub drill: Option<BackupDrill>,
}

/// What a backup is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupSource {
    /// The check's name, the database's file, or `logs`.
    pub name: String,
    /// `mysql`, `postgres`, `sqlite` or `files`.
    pub kind: String,
    /// Host and database, without any secret.
    pub place: String,
    /// The machine that it was made on.
    pub host: String,
}

/// A table and what was counted in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupTable {
    pub name: String,
    pub rows: u64,
    /// Of its rows as they were dumped; empty where they were not looked at one by one.
    pub sha256: String,
}

/// A file of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupFile {
    pub path: String,
    pub bytes: u64,
    pub sha256: String,
}

/// Who made a backup of what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupVersions {
    pub fuelops: Option<String>,
    pub tool: Option<String>,
    pub server: Option<String>,
}

/// What restoring a backup for a moment has shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupDrill {
    /// Tables, rows and checksums are those of the manifest.
    pub equal: bool,
    pub why: Option<String>,
    pub tables: u64,
    pub rows: u64,
    pub elapsed_ms: u64,
}

/// A backup that goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupRemoval {
    pub id: String,
    pub source: String,
    pub created_at: DateTime<Utc>,
    pub bytes: u64,
}

/// A restore, planned or done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupRestore {
    pub id: String,
    /// Where to.
    pub target: String,
    /// Whether something is there that it replaces.
    pub replaces: bool,
    /// The backup of what was replaced.
    pub safety: Option<String>,
    pub done: bool,
    #[serde(default)]
    pub target_state: BackupTarget,
    pub tables: u64,
    pub rows: u64,
    pub files: u64,
    pub bytes: u64,
}

/// How a restore leaves what it goes into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackupTarget {
    /// As it was before.
    #[default]
    Untouched,
    /// It may hold a part of the backup.
    HalfRestored,
    Restored,
}

/// Something that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupSkip {
    pub path: String,
    pub why: String,
}

/// Something that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupError {
    /// The source or the backup that it is about.
    pub target: String,
    pub error: String,
}
