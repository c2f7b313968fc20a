//! Errors an hour in log files.
//!
//! Who counts is handed in with the plan; [`ErrorCounter::of_records`] counts what deserves the level error after the
//! audit of levels, in the last hour, from the ends of the files.

mod count;

use std::fmt;
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};

use crate::checks::Subject;
use crate::checks::log_rate::count::Known;
use crate::checks::system::against;
use crate::config::{Bars, LogRule, PathPattern, Timezone};
use crate::logs::audit::TeamRules;
use crate::model::{Cause, Finding, Metric, Severity, Unit};
use crate::text::{human, redact};

/// Characters of an error that are shown.
const SHOWN: usize = 160;
/// Patterns that are named where none matches.
const PATTERNS_NAMED: usize = 3;

/// Errors of one hour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogRate {
    pub errors: u64,
    /// Those among them that stand where no line bears a time, in a file that was written within the hour.
    pub undated: u64,
    /// Files were too long to be read back for the whole hour.
    pub is_at_least: bool,
    /// Files that were looked at.
    pub files: u64,
    /// Files that could not be read, with the reason of the first.
    pub unread: u64,
    pub problem: Option<String>,
    /// The newest error; hostile text.
    pub newest: Option<String>,
}

type Count = dyn Fn(&[PathPattern], DateTime<Utc>) -> LogRate + Send + Sync;

/// Counts errors in logs. May take long: it is run under a deadline.
#[derive(Clone)]
pub struct ErrorCounter(Arc<Count>);

impl ErrorCounter {
    /// Takes a way of counting; it is given the patterns and the present time.
    pub fn new(count: impl Fn(&[PathPattern], DateTime<Utc>) -> LogRate + Send + Sync + 'static) -> Self {
        Self(Arc::new(count))
    }

    /// Counts the real errors of the last hour: records that the team's rules and the audit leave at error or worse.
    pub fn of_records(rules: Vec<LogRule>, timezone: Timezone) -> Self {
        let known = LazyLock::new(move || Known::new(TeamRules::new(rules), timezone));
        Self::new(move |patterns, now| known.count(patterns, now))
    }

    pub(super) fn count(&self, patterns: &[PathPattern], now: DateTime<Utc>) -> LogRate {
        (self.0)(patterns, now)
    }
}

impl fmt::Debug for ErrorCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ErrorCounter")
    }
}

/// What is said where no file matches.
pub(super) fn nothing_at(patterns: &[PathPattern]) -> String {
    let shown: Vec<String> = patterns.iter().take(PATTERNS_NAMED).map(PathPattern::absolute).collect();
    format!("there is no log at {}", shown.join(", "))
}

/// Judges the errors of an hour; `None` where there is no log at all.
pub(super) fn judge(subject: &Subject, seen: &LogRate, bars: Bars) -> Option<Finding> {
    if seen.files == 0 {
        let why = seen.problem.as_ref()?;
        return Some(subject.unknown(format!("no log can be read: {why}")));
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of errors fits 52 bits")]
    let errors = seen.errors as f64;
    let severity = against(errors, bars);
    let least = if seen.is_at_least { "at least " } else { "" };
    let mut summary = format!(
        "{least}{} in the last hour in {}",
        human::plural(seen.errors, "error"),
        human::plural(seen.files, "file")
    );
    if seen.undated > 0 {
        summary = format!("{summary}; {} without a time", human::count(seen.undated));
    }
    if seen.unread > 0 {
        let why = seen.problem.as_deref().unwrap_or("");
        summary = format!("{summary}; {} could not be read: {why}", human::plural(seen.unread, "file"));
    }
    let mut metric = Metric::new("errors", errors, Unit::Count).bars(bars.warn, bars.critical);
    metric.min = Some(0.0);
    let newest =
        seen.newest.as_deref().map(|line| redact::secrets(line).chars().take(SHOWN).collect::<String>());
    let mut finding = subject.finding(severity, summary);
    finding.cause = (severity != Severity::Ok).then_some(Cause::ErrorRate);
    Some(
        finding
            .with("errors_per_hour", seen.errors)
            .with("undated_errors", seen.undated)
            .with("is_at_least", seen.is_at_least)
            .with("files", seen.files)
            .with("unread_files", seen.unread)
            .with("newest", newest)
            .metric(metric),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARS: Bars = Bars { warn: 5.0, critical: 20.0 };

    fn judged(seen: &LogRate) -> Option<Finding> {
        judge(&Subject::new("logs.errors", "logs"), seen, BARS)
    }

    #[test]
    fn errors_are_judged_by_the_hour() {
        let at = |errors| judged(&LogRate { errors, files: 1, ..LogRate::default() }).unwrap();
        assert_eq!(at(4).severity, Severity::Ok);
        assert_eq!((at(5).severity, at(5).cause), (Severity::Warning, Some(Cause::ErrorRate)));
        assert_eq!(at(20).severity, Severity::Critical);
    }

    #[test]
    fn log_that_is_not_there_is_named() {
        let pattern = PathPattern::new(std::path::Path::new("/srv"), "logs/*.log").unwrap();
        assert_eq!(nothing_at(&[pattern]), "there is no log at /srv/logs/*.log");
    }

    #[test]
    fn no_log_is_no_finding_and_an_unreadable_one_is_unknown() {
        assert_eq!(judged(&LogRate::default()), None);
        let denied = LogRate { unread: 1, problem: Some("denied".into()), ..LogRate::default() };
        assert_eq!(judged(&denied).unwrap().severity, Severity::Unknown);
    }
}
