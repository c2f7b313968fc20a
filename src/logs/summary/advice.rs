//! What to do, with the evidence and the command.

use std::time::Duration;

use crate::logs::Analysis;
use crate::logs::summary::judged::Judged;
use crate::model::Severity;
use crate::report::{Incident, Recommendation, Restarts, Silence, SilenceKind};
use crate::text::{human, sanitize, shell};

/// Incidents that get advice of their own.
const ADVISED: usize = 5;
/// Lines around a place in a log.
const CONTEXT: u64 = 8;
/// Lines of a traceback that are worth a screen.
const MAX_TRACE: u64 = 60;

/// Says what explains most errors.
pub(super) fn story(incidents: &[Incident]) -> Option<String> {
    let incident = incidents.iter().find(|i| i.caused_by.is_none()).filter(|i| i.explains_percent > 0.0)?;
    let share = human::percent(incident.explains_percent.min(100.0));
    Some(format!("{} explains {share} of them", incident.summary))
}

/// Advice for the weightiest incidents, for crashes, and for levels that hide or cry wolf.
pub(super) fn recommendations(
    incidents: &[Incident],
    starts: &Restarts,
    silences: &[Silence],
    judged: &[Judged<'_>],
    analysis: &Analysis,
) -> Vec<Recommendation> {
    let roots = incidents.iter().filter(|i| i.caused_by.is_none());
    let mut advice: Vec<Recommendation> = roots.take(ADVISED).map(|root| look_at(root, analysis)).collect();
    advice.extend(crashes(starts));
    advice.extend(silences.iter().take(ADVISED).map(silence));
    advice.extend(wrong_levels(judged));
    advice.extend(unread(analysis));
    advice.sort_by_key(|a| std::cmp::Reverse(a.severity));
    advice
}

fn look_at(incident: &Incident, analysis: &Analysis) -> Recommendation {
    let lines = CONTEXT.max(trace_lines(incident, analysis)).min(MAX_TRACE);
    let evidence = incident.evidence.first().cloned();
    let advice = incident.advice.as_ref().map(|advice| format!(" – {advice}")).unwrap_or_default();
    Recommendation {
        severity: incident.severity,
        summary: format!("{}: {}{advice}", human::plural(incident.errors, "error"), incident.summary),
        command: incident
            .command
            .clone()
            .or_else(|| evidence.as_deref().and_then(|place| show_lines(place, lines))),
        evidence,
    }
}

/// How long the traceback is that shows an incident: what it ends with tells most.
fn trace_lines(incident: &Incident, analysis: &Analysis) -> u64 {
    let Some(wanted) = incident.exception_fingerprints.first() else { return 0 };
    let group = analysis.exceptions.iter().find(|group| group.fingerprint.to_string() == *wanted);
    group.map_or(0, |group| group.sample.lines().count() as u64)
}

/// A command that prints `path:line` with what stands before it, and so many lines behind.
fn show_lines(place: &str, behind: u64) -> Option<String> {
    let (path, line) = place.rsplit_once(':')?;
    let line: u64 = line.parse().ok()?;
    let range = format!("{},{}p", line.saturating_sub(2).max(1), line + behind);
    let packed = [".gz", ".zst", ".xz", ".bz2"].iter().any(|ending| path.ends_with(ending));
    // A program of a Loki, `{app="api"}`, is no file.
    let is_file = path != "-" && !path.starts_with('{');
    (is_file && !packed).then(|| shell::command(["sed", "-n", &range, path]))
}

fn crashes(starts: &Restarts) -> Option<Recommendation> {
    let last = starts.events.iter().rfind(|e| e.kind == "crash")?;
    let what = if starts.crash_loop { "a crash loop" } else { "a start without a stop before it" };
    let place = format!("{}:{}", last.path, last.line);
    Some(Recommendation {
        severity: if starts.crash_loop { Severity::Critical } else { Severity::Warning },
        summary: format!("{what}: read the last words before the crash"),
        command: show_lines(&format!("{}:{}", last.path, last.line.saturating_sub(CONTEXT).max(1)), CONTEXT),
        evidence: Some(place),
    })
}

fn silence(found: &Silence) -> Recommendation {
    let span = |ms| human::duration(Duration::from_millis(ms));
    let (silent, usual) = (span(found.silent_ms), span(found.usual_ms));
    let subject = sanitize::line(&found.subject);
    let summary = match found.kind {
        SilenceKind::LogStopped => {
            format!("{subject} fell silent, while others went on for {silent}: is its program alive?")
        }
        SilenceKind::HeartbeatCeased => {
            format!("\"{subject}\" came every {usual} and has been missing for {silent}")
        }
    };
    Recommendation {
        severity: Severity::Warning,
        summary,
        evidence: None,
        command: (found.kind == SilenceKind::LogStopped).then(|| "fuelops health".to_owned()),
    }
}

fn wrong_levels(judged: &[Judged<'_>]) -> Option<Recommendation> {
    let wrong = judged.iter().flat_map(Judged::originals).filter(|s| s.why.is_some());
    let records: u64 = wrong.map(|s| s.share.count).sum();
    (records > 0).then(|| Recommendation {
        severity: Severity::Ok,
        summary: format!(
            "{} at the wrong level: mend the calls that write them",
            human::plural(records, "record")
        ),
        evidence: None,
        command: None,
    })
}

fn unread(analysis: &Analysis) -> Option<Recommendation> {
    let first = analysis.problems.first()?;
    Some(Recommendation {
        severity: Severity::Warning,
        summary: format!(
            "{} could not be read as it should: {}",
            human::plural(analysis.problems.len() as u64, "input"),
            first.detail
        ),
        evidence: Some(first.path.clone()),
        command: None,
    })
}
