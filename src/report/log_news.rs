//! What `fuelops analyze-logs --follow` tells, line by line.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::{Severity, Verdict};

/// Something that is not as it was a moment ago.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogNews {
    /// When it was written; where nothing tells, when it was read.
    pub at: DateTime<Utc>,
    pub kind: NewsKind,
    pub severity: Severity,
    pub summary: String,
    /// Records that it stands on: lately for what is spiking, else since the look before.
    pub count: u64,
    /// `path:line` of one of them.
    pub place: Option<String>,
    /// How it stands by now.
    pub verdict: Verdict,
}

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NewsKind {
    /// An incident, or a pattern of warnings, that was never seen before.
    New,
    /// One that comes much more often than it did.
    Spiking,
    /// One that no longer does.
    Steady,
    /// One that had stayed away, and is back.
    Regressed,
    Start,
    /// A start without a stop before.
    Crash,
    Reload,
    WorkerCrash,
    OomKill,
    /// The verdict of the last hour.
    Verdict,
}

impl NewsKind {
    /// The word that stands in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Spiking => "spiking",
            Self::Steady => "steady",
            Self::Regressed => "regressed",
            Self::Start => "start",
            Self::Crash => "crash",
            Self::Reload => "reload",
            Self::WorkerCrash => "worker-crash",
            Self::OomKill => "oom-kill",
            Self::Verdict => "verdict",
        }
    }
}
