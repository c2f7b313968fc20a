//! `fuelops health` on a real FastAPI backend under uvicorn, healthy and broken in the ways that teams have met.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::support::{Backend, Env, Outcome, is_root_or_skip, wait_until};

/// The config that the team would write for its backend. The machine under the tests is not what is tested.
fn write_config(env: &Env, port: u16, command: &str) {
    let text = format!(
        r#"name = "fuel-analytics"

[thresholds]
cpu_percent = {{ warn = 101, critical = 101 }}
memory_percent = {{ warn = 101, critical = 101 }}
disk_percent = {{ warn = 101, critical = 101 }}

[[service]]
name = "backend"
command = {command}
pid_file = "backend.pid"
log_file = "backend.log"
port = {port}
health_url = "http://127.0.0.1:{port}/health"
health_timeout = "1s"

[[check]]
name = "fleet"
type = "http"
url = "http://127.0.0.1:{port}/fuelAnalytics/api/fleet"
json = {{ count = 3 }}
timeout = "2s"
"#
    );
    env.write("fuelops.toml", text);
}

const SINGLE: &str = r#"["python3", "main.py"]"#;

fn two_workers(port: u16) -> String {
    format!(r#"["python3", "-m", "uvicorn", "main:app", "--port", "{port}", "--workers", "2"]"#)
}

/// A backend with its config, started as the team starts it.
fn healthy(env: &Env) -> Backend {
    let backend = Backend::start(env);
    write_config(env, backend.port, SINGLE);
    backend
}

fn health(env: &Env) -> Outcome {
    env.run(&["health", "--target", "backend", "--format", "json"])
}

/// The findings that name a cause, and are no consequence of another.
fn causes(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let roots = findings.filter(|f| f["severity"] != "ok" && f["caused_by"].is_null());
    roots.filter_map(|f| f["cause"].as_str().map(str::to_owned)).collect()
}

#[track_caller]
fn assert_cause(outcome: &Outcome, cause: &str) {
    assert!(causes(&outcome.json()).iter().any(|found| found == cause), "no {cause}\n{outcome}");
}

/// The finding of a check.
#[track_caller]
fn finding<'a>(report: &'a Value, check: &str) -> &'a Value {
    let found = report["findings"].as_array().unwrap().iter().find(|f| f["check"] == check);
    found.unwrap_or_else(|| panic!("no {check} in {report:#}"))
}

#[test]
fn healthy_backend_ends_with_0_and_knows_its_process() {
    let env = Env::new();
    let backend = healthy(&env);
    let outcome = health(&env).expect(0);
    let report = outcome.json();
    assert_eq!(report["verdict"], "healthy", "{outcome}");
    assert_eq!(finding(&report, "service.backend.process")["observed"]["pid"], backend.pid(), "{outcome}");
    for check in ["service.backend.process", "service.backend.port", "service.backend.http"] {
        assert_eq!(finding(&report, check)["severity"], "ok", "{outcome}");
    }
}

#[test]
fn json_field_of_a_route_is_compared() {
    let env = Env::new();
    let _backend = healthy(&env);
    let report = env.run(&["health", "--target", "fleet", "--format", "json"]).expect(0).json();
    assert_eq!(finding(&report, "check.fleet")["severity"], "ok");
}

#[test]
fn two_workers_are_one_healthy_service() {
    let env = Env::new();
    let backend = Backend::start_with_workers(&env, 2);
    write_config(&env, backend.port, &two_workers(backend.port));
    health(&env).expect(0);
}

#[test]
fn backend_killed_by_sigkill_is_down() {
    let env = Env::new();
    let mut backend = healthy(&env);
    backend.kill_leader();
    let outcome = health(&env).expect(2);
    assert_cause(&outcome, "process-down");
}

#[test]
fn workers_without_their_parent_are_orphans_although_they_answer_200() {
    let env = Env::new();
    let mut backend = Backend::start_with_workers(&env, 2);
    write_config(&env, backend.port, &two_workers(backend.port));
    backend.kill_leader();
    assert!(backend.get("/health").unwrap().starts_with("HTTP/1.1 200"));
    let outcome = health(&env).expect(2);
    assert_cause(&outcome, "orphan-process");
}

#[test]
fn stopped_backend_accepts_and_does_not_answer_so_it_hangs() {
    let env = Env::new();
    let backend = healthy(&env);
    backend.signal(Signal::SIGSTOP);
    let outcome = health(&env).expect(2);
    assert_cause(&outcome, "process-hung");
    assert!(outcome.elapsed < Duration::from_secs(4), "the deadline is one second\n{outcome}");
    backend.signal(Signal::SIGCONT);
    assert!(wait_until(Duration::from_secs(10), || backend.get("/health").is_some()));
    health(&env).expect(0);
}

#[test]
fn answer_200_from_a_stranger_is_a_taken_port() {
    let env = Env::new();
    let mut backend = healthy(&env);
    backend.kill_leader();
    let stranger = TcpListener::bind(("127.0.0.1", backend.port)).unwrap();
    thread::spawn(move || {
        for stream in stranger.incoming().flatten() {
            let mut stream = stream;
            let _request = stream.read(&mut [0; 4096]);
            let _sent =
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
        }
    });
    let outcome = health(&env).expect(2);
    assert_cause(&outcome, "port-taken");
    let holder = std::process::id().to_string();
    assert!(outcome.stdout.contains(&holder), "the listener's pid {holder} is not named\n{outcome}");
}

#[test]
fn answer_500_is_a_bad_response() {
    let env = Env::new();
    let backend = healthy(&env);
    let path = env.path("fuelops.toml");
    let text = std::fs::read_to_string(&path).unwrap().replace("/health\"", "/boom\"");
    env.write("fuelops.toml", text);
    let outcome = health(&env).expect(2);
    assert_cause(&outcome, "bad-response");
    assert!(wait_until(Duration::from_secs(5), || backend.log().contains("ZeroDivisionError")));
}

#[test]
fn slow_answer_costs_its_own_deadline_only() {
    let env = Env::new();
    let backend = healthy(&env);
    let text = std::fs::read_to_string(env.path("fuelops.toml")).unwrap();
    let slow = format!(
        "{text}\n[[check]]\nname = \"slow\"\ntype = \"http\"\nurl = \"http://127.0.0.1:{}/sleep?seconds=30\"\ntimeout = \"1s\"\n",
        backend.port
    );
    env.write("fuelops.toml", slow);
    let outcome = env.run(&["health", "--format", "json"]).expect(2);
    let report = outcome.json();
    assert_eq!(finding(&report, "check.slow")["severity"], "critical", "{outcome}");
    assert_eq!(finding(&report, "service.backend.http")["severity"], "ok", "{outcome}");
    assert!(finding(&report, "service.backend.http")["elapsed_ms"].as_u64().unwrap() < 900, "{outcome}");
    assert!(outcome.elapsed < Duration::from_secs(4), "{outcome}");
}

#[test]
fn nagios_line_says_what_is_wrong_and_carries_perfdata() {
    let env = Env::new();
    let mut backend = healthy(&env);
    let good = env.run(&["health", "--target", "backend", "--format", "nagios"]).expect(0);
    let line = good.stdout.lines().next().unwrap();
    assert!(line.contains(" OK") && line.contains('|'), "{good}");
    backend.kill_leader();
    let bad = env.run(&["health", "--target", "backend", "--format", "nagios"]).expect(2);
    assert!(bad.stdout.lines().next().unwrap().contains("CRITICAL"), "{bad}");
}

#[test]
fn prometheus_text_is_what_promtool_would_take() {
    let env = Env::new();
    let _backend = healthy(&env);
    let file = env.path("fuelops.prom");
    let file = file.to_str().unwrap();
    let outcome = env.run(&["health", "--format", "prometheus", "--output", file]);
    assert!(outcome.stdout.is_empty(), "{outcome}");
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.ends_with('\n') && text.contains("service.backend.http"), "{text}");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        assert!(series.starts_with("fuelops_"), "{line}");
        assert!(value.parse::<f64>().is_ok(), "{line}");
    }
}

#[test]
fn markdown_and_html_stand_for_themselves() {
    let env = Env::new();
    let _backend = healthy(&env);
    let markdown = env.run(&["health", "--target", "backend", "--format", "markdown"]).expect(0);
    markdown.says("| --- |").says("service.backend.http");
    let html = env
        .run(&["health", "--target", "backend", "--format", "html"])
        .expect(0)
        .says("service.backend.http");
    let page = html.stdout.to_ascii_lowercase();
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"), "{html}");
    assert!(
        !page.contains("src=\"http") && !page.contains("href=\"http"),
        "the page needs nothing else\n{html}"
    );
}

#[test]
fn ordinary_user_never_takes_what_he_may_not_see_for_broken() {
    if !is_root_or_skip("fastapi: an ordinary user looks at root's backend") {
        return;
    }
    let env = Env::new();
    let _backend = healthy(&env);
    let outcome = env.finish(env.fuelops_as_nobody(&["health", "--target", "backend", "--format", "json"]));
    assert!(matches!(outcome.code, Some(0 | 1 | 3)), "{outcome}");
    let found = causes(&outcome.json());
    assert!(found.is_empty(), "{found:?}\n{outcome}");
    assert_eq!(finding(&outcome.json(), "service.backend.http")["severity"], "ok", "{outcome}");
}

#[test]
fn backend_that_is_a_zombie_is_down() {
    let env = Env::new();
    let backend = healthy(&env);
    // Killed and not collected: its parent, this test, has not asked yet.
    kill(Pid::from_raw(i32::try_from(backend.pid()).unwrap()), Signal::SIGKILL).unwrap();
    assert!(wait_until(Duration::from_secs(5), || backend.get("/health/live").is_none()));
    let outcome = health(&env).expect(2);
    assert_cause(&outcome, "process-down");
}
