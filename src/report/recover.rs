//! The report of `fuelops recover`: what was planned, done and proved.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::{Cause, Hint, Severity, Verdict};

/// How a recovery ended, or why it did not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Everything that was down answers again, and has kept answering.
    Recovered,
    /// The services are up; something that matters less was skipped or failed.
    Degraded,
    /// A service does not answer, or not long enough.
    Failed,
    /// The cure would touch what is not ours, or would not help.
    Refused,
    /// A plan was shown, nothing was done.
    Planned,
    /// Nothing is wrong that a restart could cure.
    NotNeeded,
    /// It was recovered again and again and did not hold.
    CircuitOpen,
}

impl Outcome {
    /// The kebab-case word of the JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Recovered => "recovered",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Planned => "planned",
            Self::NotNeeded => "not-needed",
            Self::CircuitOpen => "circuit-open",
        }
    }

    /// The verdict whose exit code the outcome has. A plan is degraded: it was shown for want of `--yes`.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Recovered | Self::NotNeeded => Verdict::Healthy,
            Self::Degraded | Self::Planned => Verdict::Degraded,
            Self::Failed | Self::Refused | Self::CircuitOpen => Verdict::Critical,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Everything one run of `recover` found and did; `schema` and `generated_at` are added where it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecoverReport {
    /// Name of the system, from the config.
    pub name: String,
    /// Names the run in the journal, in the logs' folder and in `recovery.log`.
    pub run_id: String,
    pub outcome: Outcome,
    /// Why it ended so, in one line.
    pub summary: String,
    /// What was wrong, the worst first.
    pub causes: Vec<RecoverCause>,
    /// In the order in which they were taken.
    pub steps: Vec<RecoverStep>,
    pub stopped: Vec<StoppedProcess>,
    /// Processes that were not touched although they look concerned, and why.
    pub refused: Vec<RefusedProcess>,
    pub started: Vec<StartedService>,
    /// Services that were left alone although they were looked at, and why.
    pub left: Vec<LeftService>,
    pub preserved: Preserved,
    /// What the file system gained.
    pub freed_bytes: u64,
    /// From the first signal, or from the beginning where nothing ran, until the services were proved to answer.
    pub downtime_ms: Option<u64>,
    /// Since when what was started had been down before, where its own files tell.
    pub outage: Option<Outage>,
    pub elapsed_ms: u64,
    /// What happened when.
    pub timeline: Vec<RecoverEvent>,
    /// What to type next.
    pub next: Vec<Hint>,
    /// Where this report was saved.
    pub report_path: Option<String>,
}

/// A cause, with the line that supports it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecoverCause {
    /// The check that found it.
    pub check: String,
    pub severity: Severity,
    pub cause: Option<Cause>,
    pub summary: String,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepStatus {
    /// Would be taken.
    Planned,
    Done,
    /// Nothing was to be done.
    Empty,
    /// Left out on request.
    Skipped,
    /// Done in part; what is missing does not matter for the services.
    Partial,
    Failed,
}

impl StepStatus {
    /// The word of the JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Done => "done",
            Self::Empty => "empty",
            Self::Skipped => "skipped",
            Self::Partial => "partial",
            Self::Failed => "failed",
        }
    }
}

/// One step of a recovery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecoverStep {
    /// `lock`, `snapshot`, `stop`, `preserve`, `free`, `start`, `verify`, `archive` or `report`.
    pub name: String,
    pub status: StepStatus,
    pub elapsed_ms: u64,
    pub detail: String,
}

/// A process that was ended, or would be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoppedProcess {
    pub service: String,
    pub pid: u32,
    /// RFC 3339, UTC.
    pub started_at: String,
    pub command: String,
    /// The last signal that it needed; absent in a plan, and where it ended by itself.
    pub signal: Option<String>,
    /// Why it is ours.
    pub proof: String,
}

/// A process that was left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedProcess {
    pub pid: u32,
    pub command: String,
    pub why: String,
}

/// A service that was started, or would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartedService {
    pub service: String,
    /// Absent in a plan, and where a manager keeps it to itself.
    pub pid: Option<u32>,
}

/// A service that was left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftService {
    pub service: String,
    pub why: String,
}

/// Logs that were put aside before anything could overwrite them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preserved {
    /// The folder; absent where nothing was put aside.
    pub path: Option<String>,
    pub files: u64,
    pub bytes: u64,
    /// Names, sizes and hashes of the files.
    pub manifest: Option<String>,
}

/// A moment of a recovery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoverEvent {
    /// RFC 3339, UTC.
    pub at: String,
    /// Since the beginning.
    pub elapsed_ms: u64,
    pub text: String,
}

/// Since when a service was down, and how that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
    pub since: DateTime<Utc>,
    pub known_by: OutageClue,
}

/// What tells when a service went down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutageClue {
    /// Its keeper saw it end.
    CrashRecord,
    /// It printed nothing after that.
    LastLogLine,
}
