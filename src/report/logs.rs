//! The report of `fuelops analyze-logs`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::{Level, Severity, Verdict};

/// Everything that one analysis found. Lists are complete: `--top` cuts tables only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogReport {
    pub verdict: Verdict,
    /// Why the verdict is what it is, the weightiest first.
    pub reasons: Vec<String>,
    pub coverage: Coverage,
    /// Records by the level that they were written at.
    pub levels: LevelCounts,
    /// Records by the level that they deserve; each counted once, in how many files it may stand.
    pub effective_levels: LevelCounts,
    pub mislevelled: Vec<Mislevelled>,
    /// Most frequent first; counts count records, so their sum and `other_records` make `coverage.records`.
    pub patterns: Vec<Pattern>,
    pub other_records: u64,
    pub exceptions: Vec<Exception>,
    pub http: Http,
    pub restarts: Restarts,
    /// Failures that belong together, in causal order: what explains others stands first.
    pub incidents: Vec<Incident>,
    /// What is new, gone, spiking or back, against the earlier part of the log or the analysis before.
    pub changes: Vec<Change>,
    /// Logs that stopped while others went on, heartbeats that ceased; the longest silence first.
    #[serde(default)]
    pub silences: Vec<Silence>,
    pub recommendations: Vec<Recommendation>,
    /// Records over time.
    pub timeline: Timeline,
    /// What could not be read, and anything else that the reader should know about the input.
    pub problems: Vec<InputProblem>,
}

/// What was read. The books balance: `lines` = `records` + `continuation_lines` + `unattached_lines`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// Bytes of log text, after decompression.
    pub bytes: u64,
    pub lines: u64,
    pub records: u64,
    /// Records among them that stand in another file, too; everything but `levels` counts them once.
    #[serde(default)]
    pub copied_records: u64,
    pub continuation_lines: u64,
    /// Lines that belong to no record, such as the tail of a traceback whose head was rotated away.
    pub unattached_lines: u64,
    /// Records whose time was inferred from their neighbours, or that have none.
    pub undated_records: u64,
    pub first_at: Option<DateTime<Utc>>,
    pub last_at: Option<DateTime<Utc>>,
    pub files: Vec<FileCoverage>,
    /// Which time zone times without an offset were read in.
    pub timezone: String,
}

/// What was read of one file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FileCoverage {
    pub path: String,
    pub bytes: u64,
    pub lines: u64,
    /// Formats met, most frequent first.
    pub formats: Vec<String>,
    /// The log that holds the same records, or the errors among them.
    #[serde(default)]
    pub copy_of: Option<String>,
}

/// Records by level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelCounts {
    pub trace: u64,
    pub debug: u64,
    pub info: u64,
    pub warning: u64,
    pub error: u64,
    pub critical: u64,
    /// Records without a level.
    pub none: u64,
}

impl LevelCounts {
    /// Counts `n` records of a level.
    pub fn add(&mut self, level: Option<Level>, n: u64) {
        *match level {
            Some(Level::Trace) => &mut self.trace,
            Some(Level::Debug) => &mut self.debug,
            Some(Level::Info) => &mut self.info,
            Some(Level::Warning) => &mut self.warning,
            Some(Level::Error) => &mut self.error,
            Some(Level::Critical) => &mut self.critical,
            None => &mut self.none,
        } += n;
    }

    /// Errors and criticals together.
    pub fn errors(&self) -> u64 {
        self.error + self.critical
    }

    /// All records.
    pub fn total(&self) -> u64 {
        self.trace + self.debug + self.info + self.warning + self.error + self.critical + self.none
    }
}

/// The level of a pattern in JSON: a word, `none` where the records have none.
mod level_or_none {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::model::Level;

    pub(super) fn serialize<S: Serializer>(level: &Option<Level>, serializer: S) -> Result<S::Ok, S::Error> {
        match level {
            Some(level) => level.serialize(serializer),
            None => serializer.serialize_str("none"),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Level>, D::Error> {
        let word = String::deserialize(deserializer)?;
        Ok(Level::ALL.into_iter().find(|level| level.word() == word))
    }
}

/// Records whose level says something else than their text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mislevelled {
    /// Template of the pattern.
    pub pattern: String,
    #[serde(with = "level_or_none")]
    pub written: Option<Level>,
    #[serde(with = "level_or_none")]
    pub effective: Option<Level>,
    pub count: u64,
    /// `debug-text`, `hidden-exception`, `handled-not-found`, or the team's own reason.
    pub why: String,
    /// `file:line` of the call to mend, where the source is at hand.
    pub source: Option<String>,
}

/// Messages alike but for their variable parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pattern {
    /// Stable across runs, hosts and threads.
    pub id: String,
    pub template: String,
    #[serde(with = "level_or_none")]
    pub level: Option<Level>,
    pub count: u64,
    /// Records among them that stand in another file, too.
    #[serde(default)]
    pub copies: u64,
    pub first_at: Option<DateTime<Utc>>,
    pub last_at: Option<DateTime<Utc>>,
    pub change: ChangeClass,
    /// Up to three records, redacted.
    pub samples: Vec<String>,
    /// `file:line` of the logging call that wrote it.
    pub source: Option<String>,
    /// Where one value makes up most of a variable part.
    pub skew: Vec<Skew>,
    /// Records in each bar of the timeline.
    pub trend: Vec<u64>,
}

/// One value that dominates a variable part of a pattern.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Skew {
    /// Which placeholder of the template, from 1.
    pub slot: usize,
    pub value: String,
    pub percent: f64,
}

/// How a pattern changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeClass {
    Steady,
    New,
    Gone,
    Spiking,
    /// Was gone in the analysis before, and is back.
    Regressed,
    /// Nothing to compare with.
    Unknown,
}

impl ChangeClass {
    /// The word that stands in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::New => "new",
            Self::Gone => "gone",
            Self::Spiking => "spiking",
            Self::Regressed => "regressed",
            Self::Unknown => "unknown",
        }
    }
}

/// A pattern that changed, with when and by how much.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub class: ChangeClass,
    pub pattern_id: String,
    pub template: String,
    #[serde(with = "level_or_none")]
    pub level: Option<Level>,
    /// When it began, or ended where it is gone.
    pub onset_at: Option<DateTime<Utc>>,
    pub rate_before_per_minute: f64,
    pub rate_after_per_minute: f64,
    /// What it was compared with: `previous-analysis` or `earlier-part`.
    pub against: String,
    /// The restart that it followed within minutes, in words.
    pub near_restart: Option<String>,
}

/// Printed traceback chains alike in types and in-app frames.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exception {
    pub fingerprint: String,
    /// The last raised, as printed.
    pub r#type: String,
    /// The first raised of the chain.
    pub root_type: String,
    pub message: String,
    /// The in-app frame to look at: `main.py:118 in get_fleet`.
    pub location: Option<String>,
    /// Printed chains.
    pub count: u64,
    /// Chains among them that stand in another file, too.
    #[serde(default)]
    pub copies: u64,
    pub first_at: Option<DateTime<Utc>>,
    pub last_at: Option<DateTime<Utc>>,
    pub sample: String,
}

impl Pattern {
    /// Its records, each once.
    pub fn once(&self) -> u64 {
        self.count.saturating_sub(self.copies)
    }
}

impl Exception {
    /// Its chains, each once.
    pub fn once(&self) -> u64 {
        self.count.saturating_sub(self.copies)
    }
}

/// What access lines tell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Http {
    pub requests: u64,
    pub by_status: BTreeMap<String, u64>,
    /// Most requests first.
    pub endpoints: Vec<Endpoint>,
}

/// One method and route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Endpoint {
    pub method: String,
    /// Ids folded: `/trucks/{truck_id}`.
    pub route: String,
    pub requests: u64,
    /// `2xx`, `3xx`, `4xx`, `5xx`.
    pub by_class: BTreeMap<String, u64>,
    /// Absent where no latency is logged.
    pub latency_ms: Option<LatencyPercentiles>,
    /// Asked for by scanners only.
    pub scanner: bool,
    pub first_5xx_at: Option<DateTime<Utc>>,
    pub last_5xx_at: Option<DateTime<Utc>>,
}

/// Latency percentiles in milliseconds, within 1 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LatencyPercentiles {
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
}

/// Process starts and ends that the logs tell of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Restarts {
    /// All starts; `crashes` and `reloads` are among them.
    pub starts: u64,
    /// Starts without a stop before.
    pub crashes: u64,
    /// Starts by a developer's autoreloader.
    pub reloads: u64,
    pub events: Vec<RestartEvent>,
    /// At least three crashes within ten minutes.
    pub crash_loop: bool,
}

/// One start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RestartEvent {
    pub at: Option<DateTime<Utc>>,
    /// `start`, `crash`, `reload`, `worker-crash` or `oom-kill`.
    pub kind: String,
    pub path: String,
    pub line: u64,
    pub pid: Option<u32>,
    /// Time since the last line before, where both are dated.
    pub downtime_ms: Option<u64>,
    /// The last lines before a crash.
    pub last_words: Vec<String>,
}

/// Failures that belong together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    pub id: String,
    pub severity: Severity,
    pub summary: String,
    /// Known fault, such as `mysql-connection-refused`; absent where no rule knows it.
    pub rule: Option<String>,
    /// The incident that explains this one.
    pub caused_by: Option<String>,
    /// Real errors that belong to it, its consequences included.
    pub errors: u64,
    /// Share of all real errors.
    pub explains_percent: f64,
    pub first_at: Option<DateTime<Utc>>,
    pub last_at: Option<DateTime<Utc>>,
    /// `path:line` of a record that shows it.
    pub evidence: Vec<String>,
    pub pattern_ids: Vec<String>,
    pub exception_fingerprints: Vec<String>,
    pub endpoints: Vec<String>,
    /// `path:line` of crashes that followed while it lasted, or right behind.
    #[serde(default)]
    pub crashes: Vec<String>,
    /// What to do about a known fault, and the command to type.
    pub advice: Option<String>,
    pub command: Option<String>,
}

/// Something that should have been written and was not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Silence {
    pub kind: SilenceKind,
    /// Path of the log, or template of the pattern.
    pub subject: String,
    pub pattern_id: Option<String>,
    pub last_at: Option<DateTime<Utc>>,
    /// How long the logs went on without it.
    pub silent_ms: u64,
    /// The longest pause before, or the period.
    pub usual_ms: u64,
}

/// What fell silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SilenceKind {
    /// A whole log, while others went on.
    LogStopped,
    /// A pattern that came at even intervals, while its log went on.
    HeartbeatCeased,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recommendation {
    pub severity: Severity,
    pub summary: String,
    /// `path:line`, with the line's text.
    pub evidence: Option<String>,
    /// Can be pasted into a shell as it stands.
    pub command: Option<String>,
}

/// Records over time, in bars of equal length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    pub bucket_seconds: u64,
    pub buckets: Vec<TimelineBucket>,
}

/// One bar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimelineBucket {
    pub at: DateTime<Utc>,
    pub records: u64,
    pub warnings: u64,
    /// By effective level: errors and criticals.
    pub errors: u64,
}

/// Input that could not be read, or only in part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputProblem {
    pub path: String,
    pub problem: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_without_level_says_none() {
        let mislevelled = Mislevelled {
            pattern: "x".into(),
            written: None,
            effective: Some(Level::Error),
            count: 1,
            why: "hidden-exception".into(),
            source: None,
        };
        let json = serde_json::to_value(&mislevelled).unwrap();
        assert_eq!((&json["written"], &json["effective"]), (&"none".into(), &"error".into()));
        assert_eq!(serde_json::from_value::<Mislevelled>(json).unwrap(), mislevelled);
    }

    #[test]
    fn level_counts_add_up() {
        let mut counts = LevelCounts::default();
        for level in Level::ALL {
            counts.add(Some(level), 2);
        }
        counts.add(None, 1);
        assert_eq!((counts.total(), counts.errors()), (13, 4));
    }
}
