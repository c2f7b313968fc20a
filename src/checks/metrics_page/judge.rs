//! What a page means. Pure.

use std::time::Duration;

use serde_json::json;

use crate::checks::Subject;
use crate::checks::exposition::{Fault, Page};
use crate::checks::http::{self, Answer};
use crate::checks::metrics_page::{MAX_PAGE, MetricsObservation};
use crate::config::MetricsPageCheck;
use crate::model::{Cause, Finding, Metric, Severity, Unit};
use crate::text::{human, redact, shell};

/// Names of missing metrics that are told.
const SHOWN_NAMES: usize = 5;
/// Types of pages that Prometheus reads without being told to.
const KNOWN_TYPES: [&str; 2] = ["text/plain", "application/openmetrics-text"];

/// Judges a metrics-page check; `now` is in seconds since 1970.
pub(in crate::checks) fn judge(
    subject: &Subject,
    check: &MetricsPageCheck,
    timeout: Duration,
    seen: &MetricsObservation,
    now: i64,
) -> Finding {
    let Ok(answer) = &seen.http.outcome else {
        return http::judge_unanswered(subject, &seen.http, timeout, now);
    };
    let mut finding = match wrong(check, answer, seen) {
        Some((severity, words)) => subject
            .finding(severity, words)
            .because(Cause::MetricsInvalid)
            .hint("look at the page", look(seen)),
        None => subject.finding(Severity::Ok, good(seen)),
    };
    finding = with_facts(finding, &seen.read)
        .with("status", answer.status)
        .with("content_type", answer.content_type.clone())
        .with("format", seen.dialect.word())
        .with("body_bytes", seen.bytes)
        .with("body_is_cut", answer.is_cut);
    http::with_measures(finding, &seen.http)
}

/// What is wrong, the gravest first.
fn wrong(check: &MetricsPageCheck, answer: &Answer, seen: &MetricsObservation) -> Option<(Severity, String)> {
    let (page, red) = (&seen.read, Severity::Critical);
    if answer.status != 200 {
        return Some((red, format!("answers {}, not 200, where its metrics should be", answer.status)));
    }
    if let Some(stranger) = seen.stranger {
        return Some((red, format!("answers {stranger} where its metrics should be")));
    }
    if let Some(fault) = page.faults.iter().find(|fault| fault.is_fatal) {
        let why = told(fault);
        return Some((
            red,
            format!("is no page that Prometheus can read: {why}{}", others(page.fatal_faults)),
        ));
    }
    if !page.missing.is_empty() {
        let cut =
            if answer.is_cut { format!(" in the first {}", human::bytes(MAX_PAGE)) } else { String::new() };
        return Some((red, format!("lacks {}{cut}", missing(&page.missing, check.require.len()))));
    }
    if page.samples == 0 {
        return Some((red, "has no metrics at all".to_owned()));
    }
    if let Some(fault) = page.faults.first() {
        let why = told(fault);
        return Some((Severity::Warning, format!("has {why}{}", others(page.other_faults))));
    }
    if answer.is_cut {
        let most = human::bytes(MAX_PAGE);
        return Some((Severity::Warning, format!("is larger than {most}; reading stopped there")));
    }
    let content_type = answer.content_type.as_deref().unwrap_or("none").trim();
    if !KNOWN_TYPES.iter().any(|known| content_type.starts_with(known)) {
        let shown: String = content_type.chars().take(60).collect();
        let words = format!("is sent with content type {shown}, which Prometheus 3 refuses");
        return Some((Severity::Warning, words));
    }
    None
}

fn good(seen: &MetricsObservation) -> String {
    let took = human::duration(seen.http.phases.total);
    let samples = human::count(seen.read.samples);
    format!("{samples} series of {} in {took}", human::plural(seen.read.families, "metric"))
}

fn told(fault: &Fault) -> String {
    let text = redact::secrets(&fault.text);
    format!("{} in line {}: {text}", fault.why, human::count(fault.line))
}

fn others(count: u64) -> String {
    match count {
        0 | 1 => String::new(),
        count => format!(" (and {} more like it)", human::count(count - 1)),
    }
}

fn missing(names: &[String], wanted: usize) -> String {
    let shown = names.iter().take(SHOWN_NAMES).cloned().collect::<Vec<_>>().join(", ");
    let dots = if names.len() > SHOWN_NAMES { ", …" } else { "" };
    let all = human::plural(wanted as u64, "required metric");
    format!("{} of {all}: {shown}{dots}", names.len())
}

fn look(seen: &MetricsObservation) -> Option<String> {
    let url = &seen.http.url;
    (!url.contains(redact::MASK)).then(|| format!("curl -sS -m 10 {} | head -n 20", shell::quote(url)))
}

fn with_facts(finding: Finding, page: &Page) -> Finding {
    let faults = page.faults.iter().map(|fault| {
        json!({
            "line": fault.line,
            "why": fault.why,
            "text": redact::secrets(&fault.text),
            "fatal": fault.is_fatal,
        })
    });
    #[expect(clippy::cast_precision_loss, reason = "a count of lines")]
    let metric = Metric::new("samples", page.samples as f64, Unit::Count);
    finding
        .with("samples", page.samples)
        .with("families", page.families)
        .with("nan_samples", page.not_numbers)
        .with("faults", faults.collect::<Vec<_>>())
        .with("fatal_faults", page.fatal_faults)
        .with("other_faults", page.other_faults)
        .with("missing", page.missing.clone())
        .with("is_partly_checked", page.is_partly_checked)
        .metric(metric)
}
