//! What an answer means. Pure.

use std::time::Duration;

use serde_json::Value;

use crate::checks::Subject;
use crate::checks::certificate::{self, CertificateBars};
use crate::checks::http::{Answer, HttpFailure, HttpObservation, MAX_BODY, Phase, Phases, RedirectFault};
use crate::checks::tls::TrustFault;
use crate::config::{HttpCheck, JsonMatch, LatencyBars, Service, StatusSet, TextMatch};
use crate::model::{Cause, Finding, Metric, Severity, Unit};
use crate::text::{human, redact};

/// Characters of a bad answer that are shown.
const SHOWN_BODY: usize = 160;

/// What a good answer looks like.
#[derive(Clone, Copy, Debug)]
pub(in crate::checks) struct Expectation<'a> {
    status: &'a StatusSet,
    body: Option<&'a TextMatch>,
    json: &'a [JsonMatch],
    latency: LatencyBars,
    timeout: Duration,
    /// What a refused connection means; a service's process tells for itself.
    refusal: Option<Cause>,
}

impl<'a> Expectation<'a> {
    pub(in crate::checks) fn of_check(check: &'a HttpCheck, timeout: Duration) -> Self {
        Self {
            status: &check.status,
            body: check.body.as_ref(),
            json: &check.json,
            latency: check.latency,
            timeout,
            refusal: Some(Cause::ProcessDown),
        }
    }

    pub(in crate::checks) fn of_service(service: &'a Service) -> Self {
        Self {
            status: &service.healthy_status,
            body: None,
            json: &[],
            latency: LatencyBars::default(),
            timeout: service.health_timeout,
            refusal: None,
        }
    }
}

/// Judges an observation; `now` is in seconds since 1970.
pub(in crate::checks) fn judge(
    subject: &Subject,
    expected: &Expectation<'_>,
    seen: &HttpObservation,
    now: i64,
) -> Finding {
    let finding = match &seen.outcome {
        Err(failure) => of_failure(subject, failure, seen, expected.timeout, expected.refusal, now),
        Ok(answer) => of_answer(subject, expected, answer, seen, now),
    };
    let mut finding = with_measures(finding, seen);
    if let Some(latency) = finding.metrics.last_mut() {
        latency.warn = expected.latency.warn.map(|d| d.as_secs_f64());
        latency.critical = expected.latency.critical.map(|d| d.as_secs_f64());
    }
    finding
}

fn of_answer(
    subject: &Subject,
    expected: &Expectation<'_>,
    answer: &Answer,
    seen: &HttpObservation,
    now: i64,
) -> Finding {
    let took = human::duration(seen.phases.total);
    let status = answer.status;
    let wrong = wrong_status(expected.status, answer).or_else(|| wrong_body(expected, answer));
    if let Some(why) = wrong {
        let finding = subject.finding(Severity::Critical, format!("{why}, in {took}"));
        return finding
            .because(Cause::BadResponse)
            .with("status", status)
            .with("body_start", start_of(answer));
    }
    let aged = seen.certificate.as_ref().map(|c| certificate::remaining(c, CertificateBars::DEFAULT, now));
    let slow = slowness(expected.latency, seen.phases.total);
    let mut summary = format!("answers {status} in {took}");
    if answer.is_cut {
        summary = format!("{summary}; reading stopped after {}", human::bytes(MAX_BODY as u64));
    }
    let (severity, cause) = match (slow, &aged) {
        (Some((severity, bar)), _) => {
            summary = format!("{summary}, slower than {}", human::duration(bar));
            (severity, Some(Cause::SlowResponse))
        }
        (None, Some(aged)) if aged.severity != Severity::Ok => {
            summary = format!("{summary}; {}", aged.summary);
            (aged.severity, Some(Cause::CertificateExpiring))
        }
        _ => (Severity::Ok, None),
    };
    let mut finding = subject.finding(severity, summary).with("status", status);
    finding.cause = cause;
    finding.with("body_bytes", answer.body.len()).with("body_is_cut", answer.is_cut)
}

fn wrong_status(expected: &StatusSet, answer: &Answer) -> Option<String> {
    (!expected.contains(answer.status)).then(|| format!("answers {}, not {expected}", answer.status))
}

fn wrong_body(expected: &Expectation<'_>, answer: &Answer) -> Option<String> {
    if expected.body.is_none() && expected.json.is_empty() {
        return None;
    }
    let cut = if answer.is_cut {
        format!(" in the first {}", human::bytes(MAX_BODY as u64))
    } else {
        String::new()
    };
    let text = String::from_utf8_lossy(&answer.body);
    if let Some(wanted) = expected.body.filter(|wanted| !wanted.is_match(&text)) {
        return Some(format!("answers {} without {wanted}{cut}", answer.status));
    }
    if expected.json.is_empty() {
        return None;
    }
    let Ok(document) = serde_json::from_slice::<Value>(&answer.body) else {
        let what = if looks_like_html(answer, &text) { "HTML" } else { "something else" };
        return Some(format!("answers {} with {what} where JSON is expected{cut}", answer.status));
    };
    expected.json.iter().find_map(|field| wrong_field(field, &document))
}

fn wrong_field(field: &JsonMatch, document: &Value) -> Option<String> {
    let path = field.path.join(".");
    match field.find(document) {
        Some(value) if *value == field.equals => None,
        Some(value) => {
            let value: String = value.to_string().chars().take(SHOWN_BODY).collect();
            Some(format!("answers with {path} = {value}, not {}", field.equals))
        }
        None => Some(format!("answers without the field {path}")),
    }
}

fn looks_like_html(answer: &Answer, text: &str) -> bool {
    let declared = answer.content_type.as_deref().is_some_and(|t| t.starts_with("text/html"));
    declared || text.trim_start().starts_with('<')
}

/// The start of a bad answer, on one line and without secrets.
fn start_of(answer: &Answer) -> String {
    let text = String::from_utf8_lossy(&answer.body[..answer.body.len().min(4 * SHOWN_BODY)]);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    redact::secrets(&line).chars().take(SHOWN_BODY).collect()
}

fn slowness(bars: LatencyBars, total: Duration) -> Option<(Severity, Duration)> {
    let crossed = |bar: Option<Duration>| bar.filter(|bar| total >= *bar);
    crossed(bars.critical)
        .map(|bar| (Severity::Critical, bar))
        .or_else(|| crossed(bars.warn).map(|bar| (Severity::Warning, bar)))
}

/// Judges an exchange without an answer, for checks that look into the body themselves; `now` is in seconds since 1970.
pub(in crate::checks) fn judge_unanswered(
    subject: &Subject,
    seen: &HttpObservation,
    timeout: Duration,
    now: i64,
) -> Finding {
    let finding = match &seen.outcome {
        Err(failure) => of_failure(subject, failure, seen, timeout, Some(Cause::ProcessDown), now),
        Ok(answer) => subject.finding(Severity::Critical, format!("answers {}", answer.status)),
    };
    with_measures(finding, seen)
}

fn of_failure(
    subject: &Subject,
    failure: &HttpFailure,
    seen: &HttpObservation,
    timeout: Duration,
    refusal: Option<Cause>,
    now: i64,
) -> Finding {
    let severity =
        if matches!(failure, HttpFailure::NotReady(_)) { Severity::Unknown } else { Severity::Critical };
    let (summary, cause) = explain(failure, seen, timeout, refusal, now);
    let mut finding = subject.finding(severity, summary);
    finding.cause = cause;
    finding
}

/// Says why there was no answer.
pub(super) fn explain(
    failure: &HttpFailure,
    seen: &HttpObservation,
    timeout: Duration,
    refusal: Option<Cause>,
    now: i64,
) -> (String, Option<Cause>) {
    let within = human::duration(timeout);
    match failure {
        HttpFailure::NotReady(why) => (format!("cannot be asked: {why}"), None),
        HttpFailure::Dns(why) => (format!("name lookup failed: {why}"), None),
        HttpFailure::Refused => ("connection refused: nothing listens there".to_owned(), refusal),
        HttpFailure::Connect(why) => (format!("no connection: {why}"), None),
        HttpFailure::Untrusted(fault) => untrusted(*fault, seen, now),
        HttpFailure::Tls(why) => (format!("TLS handshake failed: {why}"), Some(Cause::BadResponse)),
        HttpFailure::WantsTls => (
            "speaks TLS, and was asked in plain HTTP: https:// belongs into its url".to_owned(),
            Some(Cause::BadResponse),
        ),
        HttpFailure::Timeout(phase) => timed_out(*phase, seen, &within),
        HttpFailure::Closed(Phase::Body) => {
            ("closed the connection in the middle of its answer".to_owned(), Some(Cause::BadResponse))
        }
        HttpFailure::Closed(_) if seen.received_bytes > 0 => {
            ("closed the connection in the middle of its headers".to_owned(), Some(Cause::BadResponse))
        }
        HttpFailure::Closed(_) => {
            ("closed the connection without an answer".to_owned(), Some(Cause::BadResponse))
        }
        HttpFailure::Protocol(why) => (format!("does not speak HTTP: {why}"), Some(Cause::BadResponse)),
        HttpFailure::Redirect(fault) => (redirected(fault), Some(Cause::BadResponse)),
    }
}

fn timed_out(phase: Phase, seen: &HttpObservation, within: &str) -> (String, Option<Cause>) {
    let got = human::plural(seen.received_bytes, "byte");
    match phase {
        Phase::Dns => (format!("name lookup did not end within {within}"), None),
        Phase::Connect => (format!("no connection within {within}"), Some(Cause::ProcessHung)),
        Phase::Tls => {
            (format!("accepts connections, but no TLS session within {within}"), Some(Cause::ProcessHung))
        }
        Phase::Headers if seen.received_bytes == 0 => {
            (format!("accepts connections and does not answer within {within}"), Some(Cause::ProcessHung))
        }
        Phase::Headers => {
            (format!("sent {got} in {within} and not yet its headers whole"), Some(Cause::SlowResponse))
        }
        Phase::Body => (format!("sent {got} in {within} and is not done"), Some(Cause::SlowResponse)),
    }
}

fn untrusted(fault: TrustFault, seen: &HttpObservation, now: i64) -> (String, Option<Cause>) {
    let facts = seen.certificate.as_ref();
    match fault {
        TrustFault::Expired => {
            let since = facts.map_or(0, |c| (now - c.not_after).max(0));
            let ago = human::duration(Duration::from_secs(since.unsigned_abs()));
            (format!("certificate expired {ago} ago"), Some(Cause::CertificateExpiring))
        }
        TrustFault::NotYetValid => ("certificate is not valid yet".to_owned(), Some(Cause::BadResponse)),
        TrustFault::WrongHost => {
            let names = facts.map_or_else(String::new, |c| c.names.join(", "));
            (format!("certificate is for another host ({names})"), Some(Cause::BadResponse))
        }
        TrustFault::UnknownIssuer => {
            ("certificate is signed by nobody that is trusted here".to_owned(), Some(Cause::BadResponse))
        }
        TrustFault::Other => ("certificate is not to be trusted".to_owned(), Some(Cause::BadResponse)),
    }
}

fn redirected(fault: &RedirectFault) -> String {
    match fault {
        RedirectFault::Circle => "redirects in a circle".to_owned(),
        RedirectFault::Elsewhere(host) => format!("redirects to another host, {host}"),
        RedirectFault::TooMany(most) => {
            format!("redirects more than {}", human::plural(u64::from(*most), "time"))
        }
        RedirectFault::Malformed => "redirects to nowhere".to_owned(),
    }
}

/// Adds what was measured of an exchange; the last number is its latency.
pub(in crate::checks) fn with_measures(finding: Finding, seen: &HttpObservation) -> Finding {
    let Phases { dns, connect, tls, first_byte, total } = seen.phases;
    let ms = |d: Duration| (d.as_secs_f64() * 1e6).round() / 1e3;
    let mut finding = finding.with("url", seen.url.clone()).with("redirects", seen.redirects);
    for (key, value) in
        [("dns_ms", dns), ("connect_ms", connect), ("tls_ms", tls), ("first_byte_ms", first_byte)]
    {
        finding = finding.with(key, value.map(ms));
    }
    finding = finding.with("total_ms", ms(total)).with("received_bytes", seen.received_bytes);
    if let Some(facts) = &seen.certificate {
        finding = certificate::with_facts(finding, facts);
    }
    let mut latency = Metric::new("latency", total.as_secs_f64(), Unit::Seconds);
    latency.min = Some(0.0);
    finding.metric(latency)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(outcome: Result<Answer, HttpFailure>) -> HttpObservation {
        let phases = Phases { total: Duration::from_millis(12), ..Phases::default() };
        let url = "http://h/health".to_owned();
        HttpObservation {
            url,
            peer: None,
            phases,
            redirects: 0,
            certificate: None,
            received_bytes: 0,
            outcome,
        }
    }

    fn answer(status: u16, body: &str) -> HttpObservation {
        let body = body.as_bytes().to_vec();
        seen(Ok(Answer { status, content_type: None, retry_after: None, body, is_cut: false }))
    }

    fn against(seen: &HttpObservation, json: &[JsonMatch], latency: LatencyBars) -> Finding {
        let status = &StatusSet::new(vec![200..=299, 404..=404]);
        let timeout = Duration::from_secs(5);
        let expected = Expectation { status, body: None, json, latency, timeout, refusal: None };
        judge(&Subject::new("check.api", "api"), &expected, seen, 0)
    }

    fn judged(seen: &HttpObservation) -> Finding {
        against(seen, &[], LatencyBars::default())
    }

    #[test]
    fn status_of_the_set_is_good_and_any_other_is_not() {
        assert_eq!(judged(&answer(404, "")).severity, Severity::Ok);
        let finding = judged(&answer(503, "Traceback token=abcdef123456"));
        assert_eq!(finding.severity, Severity::Critical);
        assert_eq!(finding.cause, Some(Cause::BadResponse));
        assert_eq!(finding.summary, "answers 503, not 200-299, 404, in 12 ms");
        assert!(!finding.observed["body_start"].as_str().unwrap().contains("abcdef123456"));
    }

    #[test]
    fn html_where_json_is_expected_is_named() {
        let field = [JsonMatch { path: vec!["status".to_owned()], equals: "ok".into() }];
        let of = |body: &str| against(&answer(200, body), &field, LatencyBars::default()).summary;
        assert_eq!(of("<html>"), "answers 200 with HTML where JSON is expected, in 12 ms");
        assert_eq!(of("{}"), "answers without the field status, in 12 ms");
        assert_eq!(of(r#"{"status":"bad"}"#), "answers with status = \"bad\", not \"ok\", in 12 ms");
        assert_eq!(of(r#"{"status":"ok"}"#), "answers 200 in 12 ms");
    }

    #[test]
    fn silence_after_accepting_is_a_hung_process() {
        let finding = judged(&seen(Err(HttpFailure::Timeout(Phase::Headers))));
        assert_eq!(finding.cause, Some(Cause::ProcessHung));
        assert_eq!(finding.severity, Severity::Critical);
        let mut dripping = seen(Err(HttpFailure::Timeout(Phase::Headers)));
        dripping.received_bytes = 5;
        assert_eq!(judged(&dripping).cause, Some(Cause::SlowResponse));
    }

    #[test]
    fn latency_has_two_bars() {
        let bars = |warn: u64, critical: u64| LatencyBars {
            warn: Some(Duration::from_millis(warn)),
            critical: Some(Duration::from_millis(critical)),
        };
        let at = |bars| against(&answer(200, ""), &[], bars);
        assert_eq!(at(bars(13, 20)).severity, Severity::Ok);
        assert_eq!(at(bars(12, 20)).severity, Severity::Warning);
        assert_eq!(at(bars(5, 12)).severity, Severity::Critical);
        assert_eq!(at(bars(5, 12)).cause, Some(Cause::SlowResponse));
    }

    #[test]
    fn what_cannot_be_asked_is_unknown() {
        let finding = judged(&seen(Err(HttpFailure::NotReady("no such variable".into()))));
        assert_eq!(finding.severity, Severity::Unknown);
    }
}
