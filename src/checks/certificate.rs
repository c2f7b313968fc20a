//! Certificates: how long one is still valid.

use std::path::Path;
use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat};
use tokio::time::timeout_at;

use crate::checks::Subject;
use crate::checks::connect::{ConnectFailure, connect, resolve};
use crate::checks::tls::{CertificateFacts, Strictness, TlsFailure, Trust, handshake, read_certificates};
use crate::config::{Address, CertificateCheck, DayBars};
use crate::model::{Cause, Finding, Metric, Severity, Unit};
use crate::text::human;

const DAY: i64 = 86_400;

/// Days that must be left.
#[derive(Clone, Copy, Debug)]
pub(super) struct CertificateBars {
    warn: i64,
    critical: i64,
}

impl CertificateBars {
    /// For certificates that an http check meets on its way.
    pub(super) const DEFAULT: Self = Self { warn: 21, critical: 7 };
}

impl From<DayBars> for CertificateBars {
    fn from(bars: DayBars) -> Self {
        Self { warn: i64::from(bars.warn), critical: i64::from(bars.critical) }
    }
}

/// Why no certificate was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CertificateFailure {
    /// The file cannot be read or holds none: a matter of the config.
    Unreadable(String),
    NoConnection(String),
    NoSession(String),
    Timeout,
}

/// The certificate that ends first, or why there is none.
pub(super) type CertificateObservation = Result<CertificateFacts, CertificateFailure>;

/// Looks at a server's certificate, whoever signed it.
pub(super) async fn observe_address(
    address: Address,
    trust: &Trust,
    timeout: Duration,
) -> CertificateObservation {
    let deadline = Instant::now() + timeout;
    let no_connection = |failure| match failure {
        ConnectFailure::DnsTimeout | ConnectFailure::Timeout => CertificateFailure::Timeout,
        ConnectFailure::Refused => CertificateFailure::NoConnection("connection refused".to_owned()),
        ConnectFailure::Dns(why) | ConnectFailure::Other(why) => CertificateFailure::NoConnection(why),
        ConnectFailure::NotReady(why) => CertificateFailure::Unreadable(why),
    };
    let addresses = resolve(&address.host, address.port, deadline).await.map_err(no_connection)?;
    let stream = connect(&addresses, deadline).await.map_err(no_connection)?;
    let session = handshake(stream, &address.host, trust, Strictness::LookOnly);
    let (session, facts) =
        timeout_at(deadline.into(), session).await.map_err(|_| CertificateFailure::Timeout)?;
    // A server that wants a certificate of ours ends the session after it has shown its own.
    facts.ok_or_else(|| match session {
        Err(TlsFailure::NotReady(why) | TlsFailure::Broken(why)) => CertificateFailure::NoSession(why),
        _ => CertificateFailure::NoSession("the server showed no certificate".to_owned()),
    })
}

/// Reads a file of certificates; the one that ends first counts.
pub(super) fn observe_file(path: &Path) -> CertificateObservation {
    let found = read_certificates(path).map_err(CertificateFailure::Unreadable)?;
    let facts = found.iter().filter_map(|der| CertificateFacts::read(der));
    facts
        .min_by_key(|c| c.not_after)
        .ok_or_else(|| CertificateFailure::Unreadable(format!("{} holds no certificate", path.display())))
}

/// Judges a certificate check; `now` is in seconds since 1970.
pub(super) fn judge(
    subject: &Subject,
    check: &CertificateCheck,
    timeout: Duration,
    seen: &CertificateObservation,
    now: i64,
) -> Finding {
    let bars = CertificateBars::from(check.days);
    let finding = match seen {
        Ok(facts) => {
            let left = remaining(facts, bars, now);
            let mut finding = subject.finding(left.severity, left.summary);
            finding.cause = (left.severity != Severity::Ok).then_some(Cause::CertificateExpiring);
            let mut metric = Metric::new("remaining", seconds_left(facts, now), Unit::Seconds);
            metric.warn = Some(to_float(bars.warn * DAY));
            metric.critical = Some(to_float(bars.critical * DAY));
            with_facts(finding, facts).metric(metric)
        }
        Err(CertificateFailure::Unreadable(why)) => subject.finding(Severity::Unknown, why.clone()),
        Err(CertificateFailure::NoConnection(why)) => {
            subject.finding(Severity::Critical, format!("no connection: {why}"))
        }
        Err(CertificateFailure::NoSession(why)) => {
            subject.finding(Severity::Critical, format!("no TLS session: {why}"))
        }
        Err(CertificateFailure::Timeout) => subject.missed(timeout),
    };
    let finding = match &check.address {
        Some(address) => finding.with("address", address.to_string()),
        None => finding,
    };
    match &check.file {
        Some(path) => finding.with("path", path.to_string_lossy()),
        None => finding,
    }
}

/// How a certificate stands.
#[derive(Debug)]
pub(super) struct Remaining {
    pub(super) severity: Severity,
    pub(super) summary: String,
}

/// Compares what is left of a certificate with its bars.
pub(super) fn remaining(facts: &CertificateFacts, bars: CertificateBars, now: i64) -> Remaining {
    let left = facts.not_after - now;
    let span = human::duration(Duration::from_secs(left.unsigned_abs()));
    let (severity, summary) = if now < facts.not_before {
        (Severity::Critical, "certificate is not valid yet".to_owned())
    } else if left <= 0 {
        (Severity::Critical, format!("certificate expired {span} ago"))
    } else if left < bars.critical * DAY {
        (Severity::Critical, format!("certificate expires in {span}"))
    } else if left < bars.warn * DAY {
        (Severity::Warning, format!("certificate expires in {span}"))
    } else {
        (Severity::Ok, format!("certificate is valid for another {span}"))
    };
    Remaining { severity, summary }
}

/// Adds what a certificate says to a finding.
pub(super) fn with_facts(finding: Finding, facts: &CertificateFacts) -> Finding {
    let expires =
        DateTime::from_timestamp(facts.not_after, 0).map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
    finding
        .with("certificate_expires_at", expires)
        .with("certificate_subject", facts.subject.clone())
        .with("certificate_names", facts.names.clone())
}

fn seconds_left(facts: &CertificateFacts, now: i64) -> f64 {
    to_float(facts.not_after - now)
}

#[expect(clippy::cast_precision_loss, reason = "seconds of centuries fit 52 bits")]
fn to_float(seconds: i64) -> f64 {
    seconds as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn until(not_after: i64) -> CertificateFacts {
        CertificateFacts { not_before: 0, not_after, subject: "CN=x".into(), names: vec!["x".into()] }
    }

    #[test]
    fn days_left_are_judged_below_the_bars() {
        let at = |days: i64| remaining(&until(days * DAY), CertificateBars::DEFAULT, 1).severity;
        assert_eq!(at(22), Severity::Ok);
        assert_eq!(at(21), Severity::Warning);
        assert_eq!(at(7), Severity::Critical);
        assert_eq!(at(0), Severity::Critical);
    }

    #[test]
    fn expired_and_future_certificates_say_so() {
        let bars = CertificateBars::DEFAULT;
        assert_eq!(remaining(&until(DAY), bars, 3 * DAY).summary, "certificate expired 2d ago");
        assert_eq!(remaining(&until(DAY), bars, -5).summary, "certificate is not valid yet");
    }
}
