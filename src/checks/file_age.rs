//! A file that must not be older than so, such as a log that must not fall silent.

use std::io;
use std::path::Path;
use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};

use crate::checks::Subject;
use crate::config::FileAgeCheck;
use crate::model::{Cause, Finding, Metric, Severity, Unit};
use crate::text::human;

/// When the file was last written to, or why that is not known.
pub(super) type FileAgeObservation = Result<SystemTime, FileAgeFailure>;

/// Why a file has no age.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FileAgeFailure {
    Missing,
    Unreadable(String),
}

/// Looks at a file. May hang where its file system does.
pub(super) fn observe(path: &Path) -> FileAgeObservation {
    path.metadata().and_then(|metadata| metadata.modified()).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => FileAgeFailure::Missing,
        _ => FileAgeFailure::Unreadable(e.to_string()),
    })
}

/// Judges a file-age check. A file that says it was written in the future is new.
pub(super) fn judge(
    subject: &Subject,
    check: &FileAgeCheck,
    seen: &FileAgeObservation,
    now: DateTime<Utc>,
) -> Finding {
    let name = check.path.display();
    let finding = match seen {
        Err(FileAgeFailure::Missing) => {
            subject.finding(Severity::Critical, format!("{name} does not exist")).because(Cause::StaleLog)
        }
        Err(FileAgeFailure::Unreadable(why)) => subject.unknown(format!("{name} cannot be looked at: {why}")),
        Ok(modified) => {
            let age = SystemTime::from(now).duration_since(*modified).unwrap_or_default();
            let limit = human::duration(check.max_age);
            let is_old = age > check.max_age;
            let summary = format!("{name} was written to {} ago, limit {limit}", human::duration(age));
            let severity = if is_old { Severity::Critical } else { Severity::Ok };
            let mut finding = subject.finding(severity, summary);
            finding.cause = is_old.then_some(Cause::StaleLog);
            let mut metric = Metric::new("age", age.as_secs_f64(), Unit::Seconds);
            metric.critical = Some(check.max_age.as_secs_f64());
            let at = DateTime::<Utc>::from(*modified).to_rfc3339_opts(SecondsFormat::Secs, true);
            finding.with("age_seconds", age.as_secs()).with("modified_at", at).metric(metric)
        }
    };
    finding.with("path", check.path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn judged(seen: &FileAgeObservation) -> Finding {
        let check = FileAgeCheck { path: "a.log".into(), max_age: Duration::from_secs(60) };
        let now = DateTime::from_timestamp(1_000_000, 0).unwrap();
        judge(&Subject::check("quiet"), &check, seen, now)
    }

    fn at(seconds: u64) -> FileAgeObservation {
        Ok(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
    }

    #[test]
    fn silence_beyond_the_limit_is_red() {
        assert_eq!(judged(&at(1_000_000 - 60)).severity, Severity::Ok);
        let finding = judged(&at(1_000_000 - 61));
        assert_eq!((finding.severity, finding.cause), (Severity::Critical, Some(Cause::StaleLog)));
        assert_eq!(judged(&at(1_000_500)).severity, Severity::Ok);
    }

    #[test]
    fn missing_is_red_and_unreadable_unknown() {
        let dir = tempfile::tempdir().unwrap();
        let missing = observe(&dir.path().join("none"));
        assert_eq!(missing, Err(FileAgeFailure::Missing));
        assert_eq!(judged(&missing).severity, Severity::Critical);
        assert_eq!(judged(&Err(FileAgeFailure::Unreadable("denied".into()))).severity, Severity::Unknown);
    }
}
