//! Metrics pages and the targets of a Prometheus, real ones and bad ones; Prometheus itself says which are readable.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fuelops::model::{Cause, Finding, Severity};

use super::faults::serve;
use super::{expect, look_at, look_at_all};
use crate::support::servers::{NodeExporter, Prometheus};
use crate::support::{free_port, wait_until};

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const OPEN: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Serves one page to everybody.
fn page(content_type: &str, body: impl Into<Vec<u8>>) -> u16 {
    let body = body.into();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let (head, body) = (Arc::new(head), Arc::new(body));
    serve(move |mut stream| {
        if stream.read(&mut [0; 4096]).is_ok_and(|n| n > 0) {
            let _gone = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
            let _read_to_end = stream.read(&mut [0; 1]);
        }
    })
}

fn check(port: u16) -> String {
    format!("type = \"metrics-page\"\nurl = \"http://127.0.0.1:{port}/metrics\"")
}

#[test]
fn pages_of_real_exporters_are_good() {
    let Some(node) = NodeExporter::shared() else { return };
    let require = "require = [\"node_load1\", \"process_start_time_seconds\", \"go_gc_duration_seconds\"]";
    let finding = look_at(&format!("{}\n{require}", check(node.port)));
    expect(&finding, Severity::Ok, "series of");
    assert!(finding.observed["samples"].as_u64().unwrap() > 100, "{finding:#?}");
    assert_eq!(
        (&finding.observed["faults"], &finding.observed["missing"]),
        (&[0; 0][..].into(), &[0; 0][..].into())
    );
    let lacking = look_at(&format!("{}\nrequire = [\"node_load1\", \"fuel_level\"]", check(node.port)));
    expect(&lacking, Severity::Critical, "lacks 1 of 2 required metrics: fuel_level");
    assert_eq!(lacking.cause, Some(Cause::MetricsInvalid));
    let Some(prometheus) = Prometheus::start(&[]) else { return };
    expect(&look_at(&check(prometheus.port)), Severity::Ok, "series of");
}

#[test]
fn both_pages_of_the_python_client_are_good() {
    let recorded = |name: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/exposition");
        std::fs::read(folder.join(format!("python_client_{name}.txt"))).unwrap()
    };
    for (content_type, format) in [(OPEN, "openmetrics"), (TEXT, "text")] {
        let finding = look_at(&check(page(content_type, recorded(format))));
        expect(&finding, Severity::Ok, "series of");
        assert_eq!(
            (&finding.observed["format"], &finding.observed["nan_samples"]),
            (&format.into(), &1.into())
        );
    }
}

/// Pages with one fault each: type, body, how grave, what is said.
const BAD: [(&str, &str, Severity, &str); 16] = [
    (TEXT, "a 1\nb two\n", Severity::Critical, "no number where the value should be in line 2: b two"),
    (TEXT, "a{b=\"c} 1\n", Severity::Critical, "a quote that is not closed in line 1"),
    (TEXT, "a{b=c} 1\n", Severity::Critical, "without quotes"),
    (TEXT, "1a 1\n", Severity::Critical, "no name of a metric"),
    (TEXT, "# TYPE a thing\na 1\n", Severity::Critical, "a type that there is none of"),
    (TEXT, "a 1 soon\n", Severity::Critical, "no time after the value"),
    (TEXT, "a{b=\"1\",b=\"2\"} 1\n", Severity::Critical, "a label that is there twice"),
    (TEXT, "a{b=\"1\"} 1\na{b=\"1\"} 2\n", Severity::Warning, "a series that was there already in line 2"),
    (TEXT, "a{b=\"C:\\dir\"} 1\n", Severity::Warning, "an escape that there is none of"),
    (TEXT, "a 1\nb 1\na{x=\"1\"} 1\n", Severity::Warning, "do not stand together"),
    (TEXT, "a 1", Severity::Warning, "no line end after the last line"),
    (TEXT, "a NaN\nb +Inf\nc -Inf\nd 0x1p-2\n", Severity::Critical, "no number"),
    (OPEN, "# TYPE a gauge\na 1\n", Severity::Critical, "no # EOF at the end"),
    (OPEN, "a 1\n# EOF\nb 1\n", Severity::Critical, "something after # EOF"),
    (OPEN, "a 1\n\n# EOF\n", Severity::Critical, "a blank line"),
    (TEXT, "", Severity::Critical, "has no metrics at all"),
];

#[test]
fn faults_are_told_with_their_line_and_prometheus_agrees_which_are_grave() {
    let ports: Vec<_> = BAD.iter().map(|(content_type, body, ..)| page(content_type, *body)).collect();
    for (port, (_, body, severity, words)) in ports.iter().zip(BAD) {
        let finding = look_at(&check(*port));
        assert_eq!(finding.cause, Some(Cause::MetricsInvalid), "{body:?}");
        expect(&finding, severity, words);
    }
    let jobs: Vec<_> = (0..ports.len()).map(|n| format!("j{n}")).collect();
    let targets: Vec<_> =
        jobs.iter().zip(&ports).map(|(job, port)| (job.as_str(), format!("127.0.0.1:{port}"))).collect();
    let Some(prometheus) = Prometheus::start(&targets) else { return };
    let health = || -> Vec<String> {
        let looks: Vec<_> = jobs.iter().map(|job| asking(prometheus.port, job)).collect();
        let word = |f: Finding| f.observed["targets"][0]["health"].as_str().unwrap().to_owned();
        look_at_all(&looks).into_iter().map(word).collect()
    };
    assert!(wait_until(Duration::from_secs(60), || health().iter().all(|word| word != "unknown")));
    for (health, (_, body, severity, _)) in health().iter().zip(BAD) {
        // An empty page is one that Prometheus reads, and a hexadecimal number one of those that it might.
        if body.is_empty() || body.contains("0x") {
            continue;
        }
        let expected = if severity == Severity::Critical { "down" } else { "up" };
        assert_eq!(health, expected, "{body:?}");
    }
}

#[test]
fn what_is_no_page_is_told_in_words() {
    let html = page("text/html; charset=utf-8", "<!doctype html><title>Dashboard</title>");
    expect(&look_at(&check(html)), Severity::Critical, "answers HTML where its metrics should be");
    let json = page("application/json", "{\"status\":\"ok\"}");
    expect(&look_at(&check(json)), Severity::Critical, "answers JSON where its metrics should be");
    let zipped = page(TEXT, [0x1f, 0x8b, 8, 0]);
    expect(&look_at(&check(zipped)), Severity::Critical, "answers gzip, which nobody asked for");
    let odd = page("application/x-thing", "a 1\n");
    expect(&look_at(&check(odd)), Severity::Warning, "content type application/x-thing");
    let numbers = page(TEXT, "a NaN\nb +Inf\nc -Inf 1700000000000\n");
    let finding = look_at(&check(numbers));
    expect(&finding, Severity::Ok, "3 series of 3 metrics");
    assert_eq!(finding.observed["nan_samples"], 1);
    let none = look_at(&check(free_port()));
    expect(&none, Severity::Critical, "connection refused: nothing listens there");
    let Some(prometheus) = Prometheus::start(&[]) else { return };
    let missing = look_at(&check(prometheus.port).replace("/metrics", "/nowhere/metrics"));
    assert_eq!((missing.severity, missing.cause), (Severity::Critical, Some(Cause::MetricsInvalid)));
}

/// The most memory that this process has had, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() * 1024
}

#[test]
fn pages_of_a_hundred_megabytes_and_of_a_million_series_stay_within_bounds() {
    // Made while it is sent, so that only the reader's memory counts.
    let endless = |line: fn(usize) -> String, count: usize| {
        serve(move |mut stream| {
            let _request = stream.read(&mut [0; 4096]);
            let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {TEXT}\r\nConnection: close\r\n\r\n");
            if stream.write_all(head.as_bytes()).is_err() {
                return;
            }
            for block in 0..count / 1_000 {
                let lines: String = (block * 1_000..(block + 1) * 1_000).map(line).collect();
                if stream.write_all(lines.as_bytes()).is_err() {
                    return;
                }
            }
        })
    };
    let patient = |port: u16| format!("{}\ntimeout = \"120s\"", check(port));
    let before = peak();
    let million = endless(|n| format!("a{{n=\"{n}\"}} 1\n"), 1_000_000);
    let finding = look_at_all(&[patient(million)]).remove(0);
    expect(&finding, Severity::Ok, "1,000,000 series of 1 metric");
    let wide = endless(|n| format!("a{{n=\"{n}\",pad=\"{}\"}} 1\n", "x".repeat(1_000)), 100_000);
    let finding = look_at_all(&[patient(wide)]).remove(0);
    expect(&finding, Severity::Warning, "is larger than 64.0 MiB; reading stopped there");
    assert_eq!(finding.observed["body_is_cut"], true);
    // Other tests run meanwhile in this process; the page itself would show.
    assert!(peak() - before < 200 << 20, "{} MiB", (peak() - before) >> 20);
}

fn asking(port: u16, job: &str) -> String {
    format!("type = \"prometheus-target\"\nurl = \"http://127.0.0.1:{port}\"\njob = \"{job}\"")
}

fn target(port: u16, job: &str) -> Finding {
    look_at(&asking(port, job))
}

#[test]
fn targets_are_told_as_a_real_prometheus_sees_them() {
    let Some(node) = NodeExporter::shared() else { return };
    let html = page("text/html", "<!doctype html><title>Dashboard</title>");
    let gone = free_port();
    let targets = [("node", node.port), ("pages", html), ("gone", gone)];
    let targets = targets.map(|(job, port)| (job, format!("127.0.0.1:{port}")));
    let Some(server) = Prometheus::start(&targets) else { return };
    let port = server.port;
    assert!(wait_until(Duration::from_secs(60), || !server.targets().contains("\"health\":\"unknown\"")));
    expect(&target(port, "node"), Severity::Ok, "is up, looked at");
    let down = target(port, "gone");
    expect(&down, Severity::Critical, "connection refused");
    assert_eq!(down.cause, Some(Cause::TargetDown));
    assert!(down.hint.unwrap().command.unwrap().contains(&format!("http://127.0.0.1:{gone}/metrics")));
    let pages = target(port, "pages");
    expect(&pages, Severity::Critical, "is down: ");
    let unknown = target(port, "nodes");
    expect(&unknown, Severity::Critical, "no target of job \"nodes\" (did you mean \"node\"?)");
    let instance = format!("node\"\ninstance = \"127.0.0.1:{gone}");
    expect(&target(port, &instance), Severity::Critical, "job node has no instance");
}

#[test]
fn servers_that_are_no_prometheus_are_told_in_words() {
    let html = page("text/html", "<!doctype html><title>Dashboard</title>");
    let finding = target(html, "node");
    expect(&finding, Severity::Critical, "answers HTML where the targets API of Prometheus should be");
    assert_eq!(finding.cause, Some(Cause::BadResponse));
    expect(&target(page("application/json", "{}"), "node"), Severity::Critical, "not the targets API's");
    let error = page("application/json", "{\"status\":\"error\",\"error\":\"shutting down\"}");
    expect(&target(error, "node"), Severity::Critical, "answers an error: shutting down");
    expect(&target(free_port(), "node"), Severity::Critical, "connection refused");
    let Some(node) = NodeExporter::shared() else { return };
    expect(&target(node.port, "node"), Severity::Critical, "answers HTML where");
}
