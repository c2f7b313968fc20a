//! What `alert` reports: whom it tells, what waits, and what a receiver answered.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::model::Verdict;

/// Every sink, and what stands in the outbox for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlertListReport {
    pub sinks: Vec<AlertSink>,
}

/// One sink.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlertSink {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub min_severity: String,
    /// Messages that it took.
    pub sent: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Notices that it refused for good.
    pub refused: u64,
    /// Notices for which there was no room or time.
    pub dropped: u64,
    /// Repeats within a cooldown.
    pub folded: u64,
    pub last_sent_at: Option<DateTime<Utc>>,
    pub failing_since: Option<DateTime<Utc>>,
    pub retry_at: Option<DateTime<Utc>>,
    /// Why it takes nothing, or what it said when it refused something.
    pub why: Option<String>,
    /// Oldest first.
    pub waiting: Vec<AlertWaiting>,
}

/// Something that a sink has not taken yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlertWaiting {
    pub incident: String,
    pub kind: String,
    pub at: DateTime<Utc>,
}

/// What came of telling each sink something.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlertTestReport {
    /// Healthy where every sink took it, critical where one did not, unknown where there is none.
    pub verdict: Verdict,
    pub sinks: Vec<AlertTest>,
}

/// What came of telling one sink.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlertTest {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub is_delivered: bool,
    /// What the receiver answered, or why it was not reached.
    pub answer: String,
    pub elapsed_ms: u64,
}
