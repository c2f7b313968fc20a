//! Certificates that are not what they should be.

use chrono::{DateTime, Utc};
use fuelops::checks;
use fuelops::config::{Address, CertificateCheck, CheckKind, DayBars, HttpCheck};
use fuelops::model::{Cause, Finding, Severity};

use super::plan::{check, finding_of, http, plan};
use super::servers::{answer, deaf, serve, serve_raw, serve_tls, silence, tls_file};

fn asked(url: &str) -> Finding {
    let ca = Some(tls_file("ca.pem"));
    finding_of(CheckKind::Http(HttpCheck { ca, ..http(url) }))
}

fn fine(name: &str) -> u16 {
    serve_tls(name, |stream, _| answer(stream, "200 OK", "fine"))
}

#[test]
fn certificate_of_a_trusted_authority_is_good() {
    let port = fine("good");
    for host in ["localhost", "127.0.0.1"] {
        let finding = asked(&format!("https://{host}:{port}/health"));
        assert_eq!(finding.severity, Severity::Ok, "{finding:#?}");
        assert!(finding.observed["tls_ms"].as_f64().is_some());
        assert_eq!(finding.observed["certificate_expires_at"], "2125-01-01T00:00:00Z");
    }
}

#[test]
fn expired_foreign_and_unknown_certificates_are_told_apart() {
    let expired = asked(&format!("https://localhost:{}/", fine("expired")));
    assert_eq!((expired.severity, expired.cause), (Severity::Critical, Some(Cause::CertificateExpiring)));
    assert!(expired.summary.contains("expired"), "{expired:#?}");
    let other = asked(&format!("https://localhost:{}/", fine("other")));
    assert!(other.summary.contains("another host (other.example)"), "{other:#?}");
    let url = format!("https://localhost:{}/", fine("good"));
    let unknown = finding_of(CheckKind::Http(http(&url)));
    assert!(unknown.summary.contains("nobody that is trusted"), "{unknown:#?}");
    assert_eq!(unknown.severity, Severity::Critical);
}

#[test]
fn server_without_tls_and_a_silent_one_end_within_the_deadline() {
    let plain = serve_raw(|mut stream| answer(&mut stream, "400 Bad Request", "plain HTTP here"));
    let finding = asked(&format!("https://localhost:{plain}/"));
    assert_eq!(finding.severity, Severity::Critical, "{finding:#?}");
    assert!(finding.summary.ends_with("what listens there does not speak TLS"), "{finding:#?}");
    let (_listener, port) = deaf();
    let finding = asked(&format!("https://localhost:{port}/"));
    assert!(finding.summary.contains("no TLS session within"), "{finding:#?}");
    let port = serve_tls("good", |stream, _| silence(stream));
    assert_eq!(asked(&format!("https://localhost:{port}/")).cause, Some(Cause::ProcessHung));
}

#[test]
fn server_with_tls_that_is_asked_without_is_told_so() {
    let finding = asked(&format!("http://localhost:{}/", fine("good")));
    assert_eq!(finding.severity, Severity::Critical, "{finding:#?}");
    assert!(finding.summary.starts_with("speaks TLS, and was asked in plain HTTP"), "{finding:#?}");
    let rude = serve(|_, _| ());
    let finding = asked(&format!("http://localhost:{rude}/"));
    assert_eq!(finding.summary, "closed the connection without an answer");
}

#[test]
fn authority_file_that_cannot_be_read_is_unknown() {
    let ca = Some("/nonexistent/ca.pem".into());
    let url = format!("https://localhost:{}/", fine("good"));
    let finding = finding_of(CheckKind::Http(HttpCheck { ca, ..http(&url) }));
    assert_eq!(finding.severity, Severity::Unknown);
    assert!(finding.summary.contains("/nonexistent/ca.pem"), "{finding:#?}");
}

fn certificate(address: Option<u16>, file: Option<&str>, now: &str) -> Finding {
    let days = DayBars { warn: 21, critical: 7 };
    let address = address.map(|port| Address { host: "localhost".to_owned(), port });
    let file = file.map(tls_file);
    let dir = tempfile::tempdir().unwrap();
    let mut plan = plan(dir.path());
    plan.checks.push(check("x", CheckKind::Certificate(CertificateCheck { address, file, days })));
    let now = now.parse::<DateTime<Utc>>().unwrap();
    checks::run(&plan, now).unwrap().findings.remove(0)
}

#[test]
fn certificate_check_counts_the_days_whoever_signed_it() {
    let port = fine("good");
    for (now, severity) in [
        ("2124-11-01T00:00:00Z", Severity::Ok),
        ("2124-12-20T00:00:00Z", Severity::Warning),
        ("2124-12-28T00:00:00Z", Severity::Critical),
        ("2125-06-01T00:00:00Z", Severity::Critical),
        ("2024-06-01T00:00:00Z", Severity::Critical),
    ] {
        for finding in [certificate(Some(port), None, now), certificate(None, Some("good.pem"), now)] {
            assert_eq!(finding.severity, severity, "{now}: {finding:#?}");
        }
    }
    let expired = certificate(Some(fine("expired")), None, "2026-01-01T00:00:00Z");
    assert_eq!(expired.cause, Some(Cause::CertificateExpiring));
    assert_eq!(certificate(None, Some("make"), "2026-01-01T00:00:00Z").severity, Severity::Unknown);
}
