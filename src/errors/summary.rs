//! From what the store answers to the reports that people and scripts read. Pure.

use chrono::{DateTime, Utc};

use super::store::{Counted, EventRow, Issue, IssueDetail, Overview, Span};
use crate::model::Verdict;
use crate::report::{
    EndpointCount, ErrorEvent, ErrorIssue, ErrorLoss, ErrorReport, ErrorTrend, GateReport, HourCount,
    IssueReport, TagCount, TagValues, Turn, TypeCount,
};
use crate::text::human;

/// Errors an hour from which it is yellow and red.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateBars {
    pub warn: f64,
    pub critical: f64,
}

/// Sums up a span of time.
pub fn report(overview: Overview, span: Span, bars: RateBars) -> ErrorReport {
    let worst_hour = overview.hours.iter().map(|(_, n)| *n).max().unwrap_or(0);
    let errors: u64 = overview.hours.iter().map(|(_, n)| n).sum();
    let (verdict, reason) = judge(worst_hour, overview.events, bars);
    let new_issues = overview.issues.iter().filter(|(i, _)| i.first_seen >= span.from).map(|(i, _)| i.id.0);
    let came_back = |i: &Issue| i.regressed_at.is_some_and(|at| at >= span.from);
    let regressed = overview.issues.iter().filter(|(i, _)| came_back(i)).map(|(i, _)| i.id.0);
    #[expect(clippy::cast_precision_loss, reason = "counts and microseconds as shares")]
    let (period_hours, change_percent) = (
        ((span.to - span.from) as f64 / 3.6e9 * 10.0).round() / 10.0,
        (overview.week_before > 0)
            .then(|| ((errors as f64 / overview.week_before as f64 - 1.0) * 1000.0).round() / 10.0),
    );
    ErrorReport {
        verdict,
        reason,
        period_hours,
        since_at: time(span.from),
        until_at: time(span.to),
        events: overview.events,
        worst_hour,
        new_issues: new_issues.collect(),
        regressed_issues: regressed.collect(),
        issues: overview
            .issues
            .iter()
            .map(|(issue, n)| {
                let endpoints = overview.endpoints_of.get(&issue.id).map_or(&[][..], Vec::as_slice);
                listed(issue, *n, endpoints)
            })
            .collect(),
        by_type: overview.by_type.into_iter().map(|c| TypeCount { kind: c.name, count: c.count }).collect(),
        by_endpoint: endpoints(&overview.by_endpoint),
        recent: overview.recent.iter().map(event).collect(),
        trend: ErrorTrend {
            hours: hours(&overview.hours),
            week_before: overview.week_before,
            change_percent,
        },
        losses: overview
            .losses
            .into_iter()
            .map(|l| ErrorLoss { reason: l.reason, category: l.category, count: l.count })
            .collect(),
    }
}

fn judge(worst: u64, events: u64, bars: RateBars) -> (Verdict, String) {
    #[expect(clippy::cast_precision_loss, reason = "a count against a bar")]
    let rate = worst as f64;
    let errors = human::plural(worst, "error");
    match rate {
        _ if events == 0 => (Verdict::Healthy, "no errors".to_owned()),
        r if r >= bars.critical => {
            (Verdict::Critical, format!("{errors} in the worst hour, red from {}", bars.critical))
        }
        r if r >= bars.warn => {
            (Verdict::Degraded, format!("{errors} in the worst hour, yellow from {}", bars.warn))
        }
        _ => (Verdict::Healthy, format!("{errors} in the worst hour")),
    }
}

/// An issue as it is listed.
pub fn listed(issue: &Issue, count: u64, endpoints_of: &[Counted]) -> ErrorIssue {
    ErrorIssue {
        id: issue.id.0,
        fingerprint: issue.fingerprint.clone(),
        kind: issue.kind.clone(),
        message: issue.message.clone(),
        culprit: issue.culprit.clone(),
        state: issue.state.word().to_owned(),
        level: issue.level.word().to_owned(),
        count,
        total_count: issue.count,
        first_seen_at: time(issue.first_seen),
        last_seen_at: time(issue.last_seen),
        first_release: some(&issue.first_release),
        last_release: some(&issue.last_release),
        endpoints: endpoints(endpoints_of),
    }
}

/// One issue in full.
pub fn detail(detail: IssueDetail) -> IssueReport {
    let issue = &detail.issue;
    let tag = |(tag, values): (String, Vec<Counted>)| TagValues {
        tag,
        values: values.into_iter().map(|c| TagCount { value: c.name, count: c.count }).collect(),
    };
    IssueReport {
        issue: listed(issue, issue.count, &detail.endpoints),
        regressions: issue.regressions,
        merged: issue.merged.iter().map(|id| id.0).collect(),
        alike: detail.alike.iter().map(|id| id.0).collect(),
        tags: detail.tags.into_iter().map(tag).collect(),
        trend: hours(&detail.trend),
        history: detail.turns.into_iter().map(|(at, kind, note)| Turn { at: time(at), kind, note }).collect(),
        events: detail.events.iter().map(event).collect(),
        sample: detail.sample,
    }
}

/// What is new, or came back, since a moment; what somebody has ignored or resolved since is neither.
pub fn gate(issues: &[Issue], since: i64) -> GateReport {
    let pick = |wanted: fn(&Issue, i64) -> bool| {
        let found = issues.iter().filter(|i| i.state.is_open() && wanted(i, since));
        found.map(|i| listed(i, i.count, &[])).collect::<Vec<_>>()
    };
    let new_issues = pick(|i, since| i.first_seen >= since);
    let regressed_issues =
        pick(|i, since| i.first_seen < since && i.regressed_at.is_some_and(|at| at >= since));
    let clean = new_issues.is_empty() && regressed_issues.is_empty();
    let verdict = if clean { Verdict::Healthy } else { Verdict::Critical };
    GateReport { verdict, since_at: time(since), new_issues, regressed_issues }
}

/// An event in short.
pub fn event(row: &EventRow) -> ErrorEvent {
    ErrorEvent {
        event_id: row.id.to_string(),
        issue: row.issue.0,
        at: time(row.at),
        kind: row.kind.clone(),
        message: row.message.clone(),
        level: row.level.clone(),
        count: row.count,
        source: row.source.clone(),
        endpoint: some(&row.endpoint),
        release: some(&row.release),
        environment: some(&row.environment),
        host: some(&row.host),
    }
}

fn endpoints(counts: &[Counted]) -> Vec<EndpointCount> {
    counts.iter().map(|c| EndpointCount { endpoint: c.name.clone(), count: c.count }).collect()
}

fn hours(counts: &[(i64, u64)]) -> Vec<HourCount> {
    counts.iter().map(|(at, count)| HourCount { at: time(*at), count: *count }).collect()
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn time(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bars_make_it_green_yellow_or_red() {
        let bars = RateBars { warn: 5.0, critical: 20.0 };
        for (worst, verdict) in
            [(0, Verdict::Healthy), (4, Verdict::Healthy), (5, Verdict::Degraded), (20, Verdict::Critical)]
        {
            assert_eq!(judge(worst, 1, bars).0, verdict);
        }
    }
}
