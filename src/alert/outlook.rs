//! What an outbox holds, for whoever looks at it from outside.

use std::path::Path;

use chrono::{DateTime, Utc};

use crate::alert::line::Counts;
use crate::alert::shelf;
use crate::alert::{Kind, OutboxError};

/// One sink's part of the outbox.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    pub sink: String,
    pub counts: Counts,
    pub last_sent_at: Option<DateTime<Utc>>,
    /// Since when the sink takes nothing.
    pub failing_since: Option<DateTime<Utc>>,
    pub retry_at: Option<DateTime<Utc>>,
    /// Why it took nothing, or what it said when it refused something for good.
    pub why: Option<String>,
    /// Oldest first.
    pub waiting: Vec<WaitingNotice>,
}

/// A notice that a sink has not taken yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingNotice {
    pub incident: String,
    pub kind: Kind,
    pub at: DateTime<Utc>,
}

/// Looks into the outbox of a state folder, also beside whoever fills it; changes nothing.
///
/// # Errors
/// When it is there and cannot be read.
pub fn outlook(state_dir: &Path) -> Result<Vec<Outlook>, OutboxError> {
    let book = shelf::read(state_dir)?;
    let outlooks = book.lines.into_iter().map(|(sink, line)| {
        let waiting = line.waiting.into_iter().map(|one| WaitingNotice {
            incident: one.incident,
            kind: one.kind,
            at: one.at,
        });
        Outlook {
            sink,
            counts: line.counts,
            last_sent_at: line.last_sent_at,
            failing_since: line.failing.as_ref().map(|failing| failing.since),
            retry_at: line.failing.as_ref().map(|failing| failing.retry_at),
            why: line.failing.map(|failing| failing.why).or(line.last_refusal),
            waiting: waiting.collect(),
        }
    });
    Ok(outlooks.collect())
}
