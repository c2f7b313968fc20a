//! The reports of `fuelops monitor status` and `why`: every target, what is done about it and when, and why.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::{Hint, Severity, Verdict};

/// What a running monitor says of itself and of what it watches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonitorReport {
    /// Name of the system, from the config.
    pub name: String,
    pub verdict: Verdict,
    /// Absent where no monitor runs.
    pub pid: Option<u32>,
    pub uptime_seconds: Option<u64>,
    pub targets: Vec<MonitoredTarget>,
    /// Lines that the disk could not keep up with.
    pub lost_lines: u64,
    /// The last config that was refused, and why.
    pub refused_config: Option<String>,
    /// Of what nobody is told, and until when.
    #[serde(default)]
    pub silences: Vec<MonitorSilence>,
    /// What to type, the most helpful first.
    #[serde(default)]
    pub next: Vec<Hint>,
}

/// A span in which nobody is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorSilence {
    /// Absent where it is about everything.
    pub target: Option<String>,
    pub since: DateTime<Utc>,
    pub until: DateTime<Utc>,
    pub reason: Option<String>,
}

/// All spans in which nobody is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorSilenceReport {
    pub name: String,
    pub silences: Vec<MonitorSilence>,
}

/// One service or check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonitoredTarget {
    pub target: String,
    pub kind: MonitoredKind,
    /// `healthy`, `starting`, `suspect`, `failing`, `backing-off`, `slow-retry`, `held`, `stopped`, …
    pub phase: String,
    pub severity: Severity,
    pub pid: Option<u32>,
    pub is_paused: bool,
    /// By this monitor and those before it.
    pub restarts: u64,
    /// Within the last 24 hours.
    pub restarts_today: u64,
    /// Since when it is no good.
    pub incident_seconds: Option<u64>,
    pub is_acknowledged: bool,
    /// The target whose trouble explains this one's.
    #[serde(default)]
    pub caused_by: Option<String>,
    /// Why it is no good, where it is.
    pub why: Option<String>,
    /// What comes next, in words.
    pub next: String,
    pub next_ms: u64,
}

/// What is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MonitoredKind {
    Service,
    Check,
}

/// What a running monitor says to what it was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorAnswerReport {
    pub summary: String,
}

/// What was decided about one target, and what that rested on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorWhyReport {
    pub target: String,
    /// Oldest first.
    pub entries: Vec<MonitorEntry>,
}

/// What was decided on a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorReplayReport {
    pub file: String,
    pub events: u64,
    /// Lines that are no record, or have nothing to be played on.
    pub skipped_lines: u64,
    pub decisions: Vec<ReplayedDecision>,
}

/// One decision on a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayedDecision {
    /// Since the recording began.
    pub at_ms: u64,
    pub target: String,
    /// One word: what was decided.
    pub what: String,
    pub summary: String,
}

/// One line of the monitor's journal: a decision with its evidence, or what the monitor did itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorEntry {
    pub at: DateTime<Utc>,
    /// Absent where it is about the monitor itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// One word: what was decided.
    pub what: String,
    /// In words.
    pub summary: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
}
