//! The error store: how many errors were kept in the last hour, and what is new since a service was last started.
//!
//! Errors that the store read from logs are not counted where the logs are counted themselves. What cannot be read is a
//! remark and no finding: the store belongs to whoever keeps it, and others may not look into it.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::checks::Subject;
use crate::checks::seen::Seen;
use crate::checks::system::against;
use crate::config::Thresholds;
use crate::errors::IssueState;
use crate::errors::store::{Access, FromLogs, Issue, News, Span, Store, StoreError};
use crate::model::{Cause, Finding, Metric, Severity, Unit};
use crate::text::human;

/// Time for the store to answer; somebody may hold it for long.
pub(super) const DEADLINE: Duration = Duration::from_secs(1);
/// Numbers of new issues that are told.
const TOLD: usize = 20;

/// What the store said: nothing where there is none, why it could not be read, or what it holds.
pub(super) type KeptErrors = Option<Result<News, String>>;

/// When a service was last started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Restart<'a> {
    pub(super) service: &'a str,
    pub(super) at: DateTime<Utc>,
}

/// Asks the store; creates nothing.
pub(super) fn observe(path: &Path, from_logs: FromLogs, now: DateTime<Utc>) -> KeptErrors {
    let span = Span { from: (now - TimeDelta::hours(1)).timestamp_micros(), to: now.timestamp_micros() };
    match Store::open(path, Access::Read, span.to).and_then(|store| store.news(span, from_logs)) {
        Err(StoreError::Missing { .. }) => None,
        other => Some(other.map_err(|error| format!("{:#}", anyhow::Error::from(error)))),
    }
}

/// Judges what was kept by the errors of an hour; a remark instead where it could not be read.
pub(super) fn judge(
    seen: &Seen<KeptErrors>,
    bars: &Thresholds,
    restart: Option<Restart<'_>>,
    now: DateTime<Utc>,
) -> Result<Option<Finding>, String> {
    let news = match seen {
        Seen::Done { value: None, .. } => return Ok(None),
        Seen::Done { value: Some(Ok(news)), .. } => news,
        Seen::Done { value: Some(Err(why)), .. } => {
            return Err(format!("the error store was not read: {why}"));
        }
        Seen::Missed { .. } | Seen::Broken => return Err("the error store did not answer in time".to_owned()),
    };
    let bars = bars.errors_per_hour;
    #[expect(clippy::cast_precision_loss, reason = "a count of errors fits 52 bits")]
    let errors = news.errors as f64;
    let severity = against(errors, bars);
    let since = restart.map_or_else(|| now - TimeDelta::hours(1), |restart| restart.at);
    let fresh: Vec<&Issue> =
        news.fresh.iter().filter(|issue| issue.came_at() >= since.timestamp_micros()).collect();
    let least = if news.is_at_least { "at least " } else { "" };
    let mut summary = format!("{least}{} kept in the last hour", human::plural(news.errors, "error"));
    if let Some(first) = fresh.first() {
        summary = format!("{summary}; {}", told(first, fresh.len() - 1, restart, now));
    }
    let mut metric = Metric::new("errors", errors, Unit::Count).bars(bars.warn, bars.critical);
    metric.min = Some(0.0);
    let newest = news.newest.as_ref().map(|(kind, message)| format!("{kind}: {message}"));
    let mut finding = Subject::new("errors.rate", "errors").finding(severity, summary);
    finding.cause = (severity != Severity::Ok).then_some(Cause::ErrorRate);
    finding.elapsed_ms = u64::try_from(seen.elapsed().as_millis()).unwrap_or(u64::MAX);
    if let Some(first) = fresh.first() {
        let command = format!("fuelops track-errors show {}", first.id);
        finding = finding.hint("look at the newest issue: frames, request, history", Some(command));
    } else if severity != Severity::Ok {
        let command = "fuelops track-errors --since 1h".to_owned();
        finding = finding.hint("see which errors they are", Some(command));
    }
    let numbers: Vec<i64> = fresh.iter().take(TOLD).map(|issue| issue.id.0).collect();
    Ok(Some(
        finding
            .with("errors_per_hour", news.errors)
            .with("is_at_least", news.is_at_least)
            .with("fresh_issues", numbers)
            .with("newest", newest)
            .metric(metric),
    ))
}

/// `new since backend was started 4m ago: #7 KeyError at main.py:118 in get_fleet (and 2 more)`
fn told(issue: &Issue, more: usize, restart: Option<Restart<'_>>, now: DateTime<Utc>) -> String {
    let word = if issue.state == IssueState::Regressed { "back" } else { "new" };
    let since = restart.map_or_else(
        || "in it".to_owned(),
        |Restart { service, at }| {
            format!(
                "since {service} was started {} ago",
                human::duration((now - at).to_std().unwrap_or_default())
            )
        },
    );
    let place = if issue.culprit.is_empty() { String::new() } else { format!(" at {}", issue.culprit) };
    let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
    format!("{word} {since}: #{} {}{place}{more}", issue.id, issue.kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Environment};
    use crate::errors::door::{Arrival, Door, Source};
    use crate::errors::store::Room;

    const NOW: i64 = 1_795_000_000;

    fn thresholds() -> Thresholds {
        config::parse("", Path::new("/"), &Environment::default()).unwrap().thresholds
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(NOW + seconds, 0).unwrap()
    }

    /// A store with these errors: type, source, seconds before now, how many.
    fn kept(path: &Path, errors: &[(&str, Source, i64, u64)]) {
        let mut store = Store::open(path, Access::Write, 0).unwrap();
        for (kind, source, before, count) in errors {
            let event = serde_json::json!({"exception": {"values": [{"type": kind, "value": "x"}]}, "timestamp": NOW - before});
            let received = (NOW - before) * 1_000_000;
            let arrival = Arrival { received, source: *source, count: *count, keeps_body: false, id: None };
            store.apply(&[Door::default().admit(event, arrival)], received, Room::Bodies).unwrap();
        }
    }

    fn judged(seen: KeptErrors, restart: Option<Restart<'_>>) -> Result<Option<Finding>, String> {
        let seen = Seen::Done { value: seen, elapsed: Duration::ZERO };
        judge(&seen, &thresholds(), restart, at(0))
    }

    #[test]
    fn errors_of_logs_count_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("e.db");
        kept(&path, &[("A", Source::Sdk, 60, 4), ("B", Source::Log, 60, 30), ("C", Source::Sdk, 7200, 50)]);
        let rate = |from_logs| {
            let finding = judged(observe(&path, from_logs, at(0)), None).unwrap().unwrap();
            (finding.observed["errors_per_hour"].as_u64(), finding.severity, finding.cause)
        };
        assert_eq!(rate(FromLogs::LeftOut), (Some(4), Severity::Ok, None));
        assert_eq!(rate(FromLogs::Counted), (Some(34), Severity::Critical, Some(Cause::ErrorRate)));
    }

    #[test]
    fn an_issue_that_is_new_since_the_restart_is_named_with_its_command() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("e.db");
        kept(&path, &[("Old", Source::Sdk, 900, 1), ("Young", Source::Sdk, 60, 1)]);
        let seen = || observe(&path, FromLogs::Counted, at(0));
        let restart = |before: i64| Some(Restart { service: "api", at: at(-before) });
        let finding = judged(seen(), restart(300)).unwrap().unwrap();
        assert_eq!(
            finding.summary,
            "2 errors kept in the last hour; new since api was started 5m ago: #2 Young"
        );
        assert_eq!(finding.hint.unwrap().command.unwrap(), "fuelops track-errors show 2");
        let both = judged(seen(), restart(1800)).unwrap().unwrap();
        assert!(both.summary.ends_with("#2 Young (and 1 more)"), "{}", both.summary);
        let none = judged(seen(), restart(10)).unwrap().unwrap();
        assert!(none.hint.is_none() && none.summary.ends_with("hour"), "{}", none.summary);
    }

    #[test]
    fn no_store_is_no_finding_and_one_that_cannot_be_read_is_a_remark() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("e.db");
        assert_eq!(judged(observe(&path, FromLogs::Counted, at(0)), None), Ok(None));
        std::fs::write(&path, "no database, and long enough to be read as one ".repeat(40)).unwrap();
        let note = judged(observe(&path, FromLogs::Counted, at(0)), None).unwrap_err();
        assert!(note.contains("e.db"), "{note}");
    }
}
