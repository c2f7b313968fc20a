//! Servers that misbehave.

use std::time::{Duration, Instant};

use chrono::Utc;
use fuelops::checks;
use fuelops::config::{CheckKind, JsonMatch, TextMatch};
use fuelops::model::{Cause, Finding, Severity};

use super::plan::{TIMEOUT, check, finding_of, http, plan};
use super::servers::{answer, closed, deaf, drip, send, serve, silence};

#[track_caller]
fn asked(port: u16) -> Finding {
    finding_of(CheckKind::Http(http(&format!("http://127.0.0.1:{port}/health"))))
}

#[test]
fn good_server_is_ok_with_the_time_of_each_phase() {
    let port = serve(|stream, _| answer(stream, "200 OK", "fine"));
    let finding = finding_of(CheckKind::Http(http(&format!("http://localhost:{port}/health"))));
    assert_eq!(finding.severity, Severity::Ok, "{finding:#?}");
    for phase in ["dns_ms", "connect_ms", "first_byte_ms", "total_ms"] {
        assert!(finding.observed[phase].as_f64().is_some(), "{phase} of {finding:#?}");
    }
    assert!(finding.observed["tls_ms"].is_null());
}

#[test]
fn refused_connection_says_that_nothing_listens() {
    let finding = asked(closed());
    assert_eq!(finding.severity, Severity::Critical);
    assert!(finding.summary.contains("refused"), "{finding:#?}");
}

#[test]
fn accepted_and_never_answered_is_a_hung_process() {
    let (_listener, port) = deaf();
    let finding = asked(port);
    assert_eq!((finding.severity, finding.cause), (Severity::Critical, Some(Cause::ProcessHung)));
    assert!(finding.elapsed_ms >= u64::try_from(TIMEOUT.as_millis()).unwrap());
    let port = serve(|stream, _| silence(stream));
    assert_eq!(asked(port).cause, Some(Cause::ProcessHung));
}

#[test]
fn byte_a_while_is_cut_off_at_the_deadline() {
    let port = serve(|stream, _| {
        send(stream, "HTTP/1.1 200 OK\r\nX-Slow: ");
        drip(stream);
    });
    let finding = asked(port);
    assert_eq!((finding.severity, finding.cause), (Severity::Critical, Some(Cause::SlowResponse)));
    assert!(finding.summary.contains("not yet its headers"), "{finding:#?}");
    let port = serve(|stream, _| {
        send(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        drip(stream);
    });
    let finding = asked(port);
    assert_eq!(finding.cause, Some(Cause::SlowResponse));
    assert!(finding.summary.contains("is not done"), "{finding:#?}");
}

#[test]
fn huge_answer_is_read_to_the_cap_only() {
    let port = serve(|stream, _| {
        send(stream, "HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n");
        let block = vec![b'x'; 64 * 1024];
        while stream.write_all(&block).is_ok() {}
    });
    let finding = asked(port);
    assert_eq!(finding.severity, Severity::Ok, "{finding:#?}");
    assert_eq!(finding.observed["body_is_cut"], true);
    assert!(finding.observed["received_bytes"].as_u64().unwrap() < 8 * 1024 * 1024, "{finding:#?}");
}

#[test]
fn connection_closed_in_the_middle_is_told_by_where() {
    let of = |text: &'static str| asked(serve(move |stream, _| send(stream, text)));
    let summary = |text| of(text).summary;
    assert!(summary("").contains("without an answer"));
    assert!(summary("HTTP/1.1 200 OK\r\nConte").contains("middle of its headers"));
    assert!(summary("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc").contains("middle of its answer"));
    assert!(summary("220 mail.example ESMTP\r\n\r\n").contains("does not speak HTTP"));
    assert_eq!(of("").cause, Some(Cause::BadResponse));
}

#[test]
fn endless_headers_are_not_swallowed() {
    let port = serve(|stream, _| {
        send(stream, "HTTP/1.1 200 OK\r\n");
        while stream.write_all(b"X-Filler: 0123456789012345678901234567890123456789\r\n").is_ok() {}
    });
    let finding = asked(port);
    assert_eq!(finding.severity, Severity::Critical, "{finding:#?}");
}

#[test]
fn redirects_are_followed_on_the_same_host_only() {
    let port = serve(|stream, path| match path {
        "/health" => answer(stream, "302 Found\r\nLocation: /live", ""),
        "/elsewhere" => answer(stream, "302 Found\r\nLocation: http://192.0.2.1/", ""),
        "/circle" => answer(stream, "302 Found\r\nLocation: /back", ""),
        "/back" => answer(stream, "302 Found\r\nLocation: /circle", ""),
        path if path.starts_with("/far") => {
            answer(stream, &format!("302 Found\r\nLocation: {path}x"), "");
        }
        _ => answer(stream, "200 OK", ""),
    });
    let at = |path: &str| finding_of(CheckKind::Http(http(&format!("http://127.0.0.1:{port}{path}"))));
    let good = at("/health");
    assert_eq!((good.severity, &good.observed["redirects"]), (Severity::Ok, &1.into()));
    assert!(at("/elsewhere").summary.contains("another host, 192.0.2.1"));
    assert!(at("/circle").summary.contains("in a circle"));
    assert!(at("/far").summary.contains("more than 5 times"));
    assert_eq!(at("/circle").cause, Some(Cause::BadResponse));
}

#[test]
fn body_and_json_are_looked_into() {
    let port = serve(|stream, path| match path {
        "/html" => answer(stream, "200 OK\r\nContent-Type: text/html", "<html>maintenance</html>"),
        _ => answer(stream, "200 OK", r#"{"status": "healthy", "checks": [{"ok": true}]}"#),
    });
    let with = |path: &str, json: Vec<JsonMatch>, body: Option<TextMatch>| {
        let check = http(&format!("http://127.0.0.1:{port}{path}"));
        finding_of(CheckKind::Http(fuelops::config::HttpCheck { json, body, ..check }))
    };
    let field = |path: &[&str], equals: serde_json::Value| {
        vec![JsonMatch { path: path.iter().map(|p| (*p).to_owned()).collect(), equals }]
    };
    assert_eq!(with("/", field(&["status"], "healthy".into()), None).severity, Severity::Ok);
    assert_eq!(with("/", field(&["checks", "0", "ok"], true.into()), None).severity, Severity::Ok);
    assert!(with("/", field(&["status"], "ok".into()), None).summary.contains("\"healthy\""));
    assert!(with("/html", field(&["status"], "ok".into()), None).summary.contains("HTML"));
    let wanted = Some(TextMatch::Contains("healthy".to_owned()));
    assert_eq!(with("/", Vec::new(), wanted.clone()).severity, Severity::Ok);
    assert_eq!(with("/html", Vec::new(), wanted).cause, Some(Cause::BadResponse));
}

#[test]
fn five_hundred_checks_end_within_two_seconds_and_one_hung_delays_none() {
    let port = serve(|stream, _| answer(stream, "200 OK", "fine"));
    let (_listener, hung) = deaf();
    let dir = tempfile::tempdir().unwrap();
    let mut plan = plan(dir.path());
    for n in 0..500 {
        let port = if n == 250 { hung } else { port };
        let url = format!("http://127.0.0.1:{port}/{n}");
        let mut check = check(&format!("c{n}"), CheckKind::Http(http(&url)));
        check.timeout = Duration::from_secs(10);
        if n == 250 {
            check.timeout = Duration::from_secs(1);
        }
        plan.checks.push(check);
    }
    let start = Instant::now();
    let findings = checks::run(&plan, Utc::now()).unwrap().findings;
    let took = start.elapsed();
    let bad: Vec<_> = findings.iter().filter(|f| f.severity != Severity::Ok).collect();
    assert_eq!(bad.len(), 1, "{bad:#?}");
    assert_eq!(bad[0].check, "check.c250");
    assert!(took < Duration::from_secs(8), "{took:?}");
}
