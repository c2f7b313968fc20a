//! What incidents are made of: exceptions, and error patterns that carry none.

use crate::grouping::ExceptionGroup;
use crate::logs::Analysis;
use crate::logs::incidents::{Known, Span, Symptom, SymptomOf};
use crate::logs::rules;
use crate::logs::summary::coverage::moment;
use crate::logs::summary::judged::Judged;
use crate::logs::summary::timeline::Axis;
use crate::model::Level;
use crate::report::{Exception, Http, Incident, Restarts};
use crate::text::{redact, sanitize};

/// Endpoints that are named for one incident.
const MAX_ENDPOINTS: usize = 5;
/// A failed answer this near to an incident belongs to it.
const SLACK_S: i64 = 5;
/// Crashes that are named for one incident.
const MAX_CRASHES: usize = 5;
/// Faults that end a process, whatever else it had to complain of.
const ENDS: [&str; 2] = ["killed", "oom-killed"];
/// A fault that its own words tell better than any rule: where, and what.
const SYNTAX: &str = "syntax-error";
/// A crash this soon behind an incident's last error follows from it.
const AFTERMATH_S: i64 = 60;

/// Exceptions as the report tells them, most frequent first.
pub(super) fn exceptions(analysis: &Analysis) -> Vec<Exception> {
    let text = |raw: &str| redact::secrets(raw).into_owned();
    let exception = |group: &ExceptionGroup| {
        let (all, once) = (group.all(), analysis.once(group));
        Exception {
            fingerprint: group.fingerprint.to_string(),
            r#type: group.kind.clone(),
            root_type: group.root_type.clone(),
            message: text(&group.message),
            location: group.location.clone(),
            count: all.count,
            copies: all.count - once.count,
            first_at: moment(once.first_at),
            last_at: moment(once.last_at),
            sample: text(&group.sample),
        }
    };
    let mut exceptions: Vec<Exception> = analysis.exceptions.iter().map(exception).collect();
    exceptions.sort_by(|a, b| b.once().cmp(&a.once()).then_with(|| a.fingerprint.cmp(&b.fingerprint)));
    exceptions
}

/// Everything that went wrong.
pub(super) fn symptoms(
    analysis: &Analysis,
    judged: &[Judged<'_>],
    axis: &Axis,
    tracks: &[Vec<u64>],
) -> Vec<Symptom> {
    let raised = analysis
        .exceptions
        .iter()
        .filter(|g| g.level.is_none_or(|l| l > Level::Debug))
        .map(|group| raised(group, analysis, axis));
    let said = judged.iter().zip(tracks).filter_map(|(judged, _)| said(analysis, judged, axis));
    raised.chain(said).collect()
}

fn raised(group: &ExceptionGroup, analysis: &Analysis, axis: &Axis) -> Symptom {
    let seconds = |us: Option<i64>| us.map(|us| us.div_euclid(1_000_000));
    let message = group.message.lines().next().unwrap_or("");
    let once = analysis.once(group);
    let buckets = analysis.raised.get(&group.fingerprint).map(|track| axis.lay(track)).unwrap_or_default();
    let mut known = known(&format!("{}\n{}: {}", group.sample, group.kind, group.message));
    if let (Some(fault), Some(place)) = (&mut known, &group.location)
        && fault.rule == SYNTAX
    {
        let told = format!("{} in {place}: {message}", group.kind);
        fault.summary = redact::secrets(&sanitize::line(&told)).into_owned();
    }
    Symptom {
        of: SymptomOf::Exception {
            fingerprint: group.fingerprint.to_string(),
            root_type: group.root_type.clone(),
            location: group.location.clone(),
        },
        title: redact::secrets(&format!("{}: {message}", group.kind)).into_owned(),
        count: once.count,
        span: Span { first_s: seconds(once.first_at), last_s: seconds(once.last_at), buckets },
        evidence: vec![format!("{}:{}", group.place.path, group.place.line)],
        known,
    }
}

/// The known fault that a text is a sign of.
fn known(text: &str) -> Option<Known> {
    let (rule, fault) = rules::find(text)?;
    let clean = |text: &str| redact::secrets(&sanitize::line(text)).into_owned();
    Some(Known {
        rule: rule.id.to_owned(),
        class: rule.class,
        severity: rule.severity,
        summary: clean(&fault.summary),
        thing: fault.detail,
        rank: rule.rank,
        advice: fault.advice.to_owned(),
        command: fault.command.as_deref().map(clean),
    })
}

/// The error records of a pattern that carry no exception.
fn said(analysis: &Analysis, judged: &Judged<'_>, axis: &Axis) -> Option<Symptom> {
    let shares: Vec<_> = judged
        .shares
        .iter()
        .filter(|s| s.is_error() && !s.share.variant.has_trace)
        .map(|s| s.share)
        .collect();
    let count: u64 = shares.iter().map(|s| s.count).sum();
    if count == 0 {
        return None;
    }
    let mut buckets = Vec::new();
    for share in shares {
        let laid = axis.lay(&share.buckets);
        buckets.resize(laid.len(), 0);
        buckets.iter_mut().zip(laid).for_each(|(sum, n): (&mut u64, u64)| *sum += n);
    }
    let pattern = judged.pattern;
    let seconds = |us: Option<i64>| us.map(|us| us.div_euclid(1_000_000));
    let evidence = |sample: &crate::logs::pattern::Sample| {
        let source = sample.place.source as usize;
        let name = analysis.source_names.get(source).map_or("", String::as_str);
        format!("{name}:{}", analysis.line_of(&sample.place))
    };
    Some(Symptom {
        of: SymptomOf::Pattern { id: pattern.id.to_string() },
        title: redact::secrets(&sanitize::line(&pattern.template)).into_owned(),
        count,
        span: Span { first_s: seconds(pattern.first_at), last_s: seconds(pattern.last_at), buckets },
        evidence: pattern.samples.iter().map(evidence).collect(),
        known: known(&judged.message),
    })
}

/// Names the crashes that came while an incident lasted, or right behind it; each with the incident that tells of the
/// process's end, else with the one that explains most.
pub(super) fn with_crashes(mut incidents: Vec<Incident>, starts: &Restarts) -> Vec<Incident> {
    for event in starts.events.iter().filter(|e| e.kind.ends_with("crash") || e.kind == "oom-kill") {
        let Some(at) = event.at.map(|at| at.timestamp()) else { continue };
        let down_s = event.downtime_ms.map_or(0, |ms| i64::try_from(ms / 1_000).unwrap_or(i64::MAX));
        let ended = at.saturating_sub(down_s);
        let precedes = |incident: &Incident| match (incident.first_at, incident.last_at) {
            (Some(from), Some(to)) => {
                from.timestamp() <= ended + SLACK_S && ended <= to.timestamp() + AFTERMATH_S
            }
            _ => false,
        };
        let candidates =
            || incidents.iter().enumerate().filter(|(_, i)| i.caused_by.is_none() && precedes(i));
        let told = candidates().find(|(_, i)| i.rule.as_deref().is_some_and(|rule| ENDS.contains(&rule)));
        if let Some(incident) =
            told.or_else(|| candidates().next()).map(|(at, _)| at).map(|at| &mut incidents[at])
            && incident.crashes.len() < MAX_CRASHES
        {
            incident.crashes.push(format!("{}:{}", event.path, event.line));
        }
    }
    incidents
}

/// Names the endpoints that failed while an incident lasted; each with the incident that explains most errors.
pub(super) fn with_endpoints(mut incidents: Vec<Incident>, http: &Http) -> Vec<Incident> {
    for endpoint in &http.endpoints {
        let (Some(first), Some(last)) = (endpoint.first_5xx_at, endpoint.last_5xx_at) else { continue };
        let overlaps = |incident: &Incident| match (incident.first_at, incident.last_at) {
            (Some(from), Some(to)) => {
                from.timestamp() - SLACK_S <= last.timestamp()
                    && first.timestamp() <= to.timestamp() + SLACK_S
            }
            _ => false,
        };
        if let Some(incident) = incidents.iter_mut().find(|i| i.caused_by.is_none() && overlaps(i))
            && incident.endpoints.len() < MAX_ENDPOINTS
        {
            incident.endpoints.push(format!("{} {}", endpoint.method, endpoint.route));
        }
    }
    incidents
}
